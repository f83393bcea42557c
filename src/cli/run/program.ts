/** The program that `quorate run` runs: started, told of signals, its end as an exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CommandError } from '../exit-codes.js';

/** As shells answer for a program that is not there, or that may not be run. */
const notFound = 127;
const notExecutable = 126;

export class Program {
  /** The exit code, or 128 and the number of the signal that ended it, as shells have it. Fails when it could not be started. */
  readonly exited: Promise<number>;
  private readonly child: ChildProcess;
  private over = false;

  /**
   * Starts it with this process's input, output and errors. It gets a session of its own, so that a terminal's Ctrl-C reaches `quorate run` alone, which
   * drains the instance first.
   */
  constructor(file: string, arguments_: readonly string[], environment: NodeJS.ProcessEnv) {
    this.child = spawn(file, arguments_, { stdio: 'inherit', detached: true, env: environment });
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        this.over = true;
        reject(cannotStart(file, error));
      });
      this.child.once('exit', (code, signal) => {
        this.over = true;
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get running(): boolean {
    return !this.over;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child.kill(signal);
  }

  /** Ends it and what it has started: SIGTERM, and SIGKILL when that does not help in time. */
  async stop(graceMs: number): Promise<void> {
    this.signal('SIGTERM');
    const killing = setTimeout(() => {
      if (this.running && this.pid !== undefined) process.kill(-this.pid, 'SIGKILL');
    }, graceMs);
    await this.exited.catch(() => {});
    clearTimeout(killing);
  }
}

function cannotStart(file: string, error: NodeJS.ErrnoException): CommandError {
  if (error.code === 'ENOENT') return new CommandError(`there is no program ${file}`, notFound);
  if (error.code === 'EACCES') return new CommandError(`${file} may not be run`, notExecutable);
  return new CommandError(`${file} cannot be run: ${error.message}`);
}
