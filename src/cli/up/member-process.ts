/** One member as a child process of `quorate up`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { errorSentence } from './log-line.js';
import { Lines } from './prefix.js';

const main = fileURLToPath(new URL('../main.js', import.meta.url));

export interface Exit {
  readonly name: string;
  /** undefined: ended by a signal */
  readonly code: number | undefined;
  /** "exit code 69" or "SIGKILL" */
  readonly how: string;
  /** The last error that it logged, if any: of a fatal one, the sentence that explains it. */
  readonly sentence: string | undefined;
}

export class MemberProcess {
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private running = true;
  private sentence: string | undefined;

  /**
   * Starts the member. The channel between the processes makes the member stop when `up` dies without a word; its own process group keeps
   * a terminal's Ctrl-C away from it, so that `up` alone decides the order of stopping.
   */
  constructor(
    readonly name: string,
    settingsFile: string,
    onLine: (line: string) => void,
  ) {
    this.child = spawn(
      process.execPath,
      [...nodeOptions(), main, 'member', '--name', name, '--settings', settingsFile],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
      },
    );
    const { stdout, stderr } = this.child;
    for (const stream of [stdout, stderr]) {
      const lines = new Lines((line) => {
        this.sentence = errorSentence(line) ?? this.sentence;
        onLine(line);
      });
      stream?.on('data', (bytes: Buffer) => lines.push(bytes));
      stream?.on('end', () => lines.end());
    }
    this.exited = new Promise((resolve) => {
      // "close" comes after the last output, so the sentence is known.
      this.child.once('close', (code, signal) => resolve(this.onClose(code, signal)));
      this.child.once('error', (error) => {
        this.running = false;
        resolve({ name, code: undefined, how: 'not started', sentence: error.message });
      });
    });
  }

  /** undefined when the process could not be made. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  get alive(): boolean {
    return this.running;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.running) this.child.kill(signal);
  }

  private onClose(code: number | null, signal: NodeJS.Signals | null): Exit {
    this.running = false;
    return {
      name: this.name,
      code: code ?? undefined,
      how: signal ?? `exit code ${code}`,
      sentence: code === 0 ? undefined : this.sentence,
    };
  }
}

/** Options of this Node.js process that a member should have too, such as --max-old-space-size. */
function nodeOptions(): string[] {
  return process.execArgv.filter((option) => !option.startsWith('--inspect'));
}
