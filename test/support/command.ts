/** Runs of the command `quorate` as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestCluster } from './cluster.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ran {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A run that goes on. */
export class Running {
  output = '';
  errors = '';
  private readonly closed: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.closed = once(child, 'close');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(): Promise<Ran> {
    await this.closed;
    return { code: this.child.exitCode, output: this.output, errors: this.errors };
  }
}

/** Starts the command in the cluster's directory, with its members as endpoints. */
export function start({ directory, endpoints }: TestCluster, ...line: string[]): Running {
  const child = spawn(process.execPath, [main, ...line], {
    cwd: directory,
    env: { ...process.env, QUORATE_ENDPOINTS: endpoints.join(',') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Running(child);
}

/** The same, to its end. */
export function quorate(cluster: TestCluster, ...line: string[]): Promise<Ran> {
  return start(cluster, ...line).ended();
}
