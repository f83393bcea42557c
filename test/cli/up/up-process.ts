/** `quorate up` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/until.js';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export class UpProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;

  constructor(settings: string) {
    this.child = spawn(process.execPath, [main, 'up', '--settings', settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString();
    });
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
  }

  /** Waits for the ready line. */
  async ready(): Promise<{ leader: string; endpoints: string[] }> {
    const line = await until('the cluster is ready', () => {
      if (this.ended) throw new Error(`up ended with ${this.child.exitCode}:\n${this.stdout}${this.stderr}`);
      return /^ready: leader (\S+), endpoints (\S+)$/m.exec(this.stdout) ?? undefined;
    });
    return { leader: line[1] ?? '', endpoints: (line[2] ?? '').split(',') };
  }

  /** Process ids of the members, in the order of the settings. */
  get members(): Map<string, number> {
    const started = this.stdout.matchAll(/^(\S+) +\| started as process (\d+)$/gm);
    return new Map([...started].map(([, name = '', id]) => [name, Number(id)]));
  }

  /** The exit code, when it has ended by itself. */
  async exitCode(): Promise<number | null> {
    if (!this.ended) await once(this.child, 'close');
    return this.child.exitCode;
  }

  /** Sends a signal and waits for the end. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.ended) this.child.kill(signal);
    return this.exitCode();
  }

  /** Ends everything at once, for the end of a test. */
  async stop(): Promise<void> {
    for (const id of this.members.values()) if (alive(id)) process.kill(id, 'SIGKILL');
    await this.signal('SIGKILL');
  }

  private get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** Whether a process of this id exists. */
export function alive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
