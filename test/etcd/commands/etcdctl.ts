/** Runs etcdctl against one store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../support/until.js';
import type { Store } from '../store.js';
import type { Command } from './script.js';

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** The interrupt that ends a command that goes on counts as 0. */
  readonly exitCode: number;
}

const commandMs = 90_000;
const linesMs = 10_000;
/** After the lines that were waited for: a store that says more than the other shows it. */
const moreMs = 200;

export class Etcdctl {
  private readonly variables = new Map<string, string>();
  private readonly background: ChildProcess[] = [];

  constructor(
    readonly store: Store,
    directory: string,
  ) {
    this.variables.set('directory', directory);
    for (const [i, endpoint] of store.endpoints.entries()) this.variables.set(`endpoint${i + 1}`, endpoint);
  }

  async run({ words, stdin, mode, captures }: Command): Promise<Output> {
    if (words.some((word) => word.includes('$follower'))) await this.findFollower();
    const child = this.spawn(words);
    const output = collect(child);
    child.stdin?.on('error', () => undefined);
    // Interactive watches read on until they are interrupted.
    if (mode.kind === 'lines') child.stdin?.write(stdin);
    else child.stdin?.end(stdin);
    if (mode.kind === 'background') {
      this.background.push(child);
      return { stdout: '', stderr: '', exitCode: 0 };
    }
    if (mode.kind === 'lines') await this.interruptAfter(child, output, mode.lines);
    const exitCode = await ended(child);
    const [, id] = /([0-9a-f]{6,16})\b/.exec(output.stdout) ?? [];
    if (captures !== undefined && id !== undefined) this.variables.set(captures, id);
    return { ...output, exitCode };
  }

  async stop(): Promise<void> {
    for (const child of this.background) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }

  private spawn(words: readonly string[]): ChildProcess {
    const args = words.map((word) => word.replaceAll(/\$(\w+)/g, (all, name) => this.variables.get(name) ?? all));
    const endpoints = args.some((arg) => arg.startsWith('--endpoints'))
      ? []
      : [`--endpoints=${this.store.endpoints.join(',')}`];
    return spawn('etcdctl', [...endpoints, ...args], { env: { ...process.env, ETCDCTL_API: '3' } });
  }

  private async interruptAfter(child: ChildProcess, output: { readonly stdout: string }, lines: number): Promise<void> {
    const enough = () => output.stdout.split('\n').length > lines || child.exitCode !== null;
    await until('enough is printed', enough, linesMs).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, moreMs));
    child.kill('SIGINT');
  }

  /** `$follower`: id of a member that does not lead. */
  private async findFollower(): Promise<void> {
    const child = this.spawn(['endpoint', 'status', '-w', 'fields']);
    const output = collect(child);
    child.stdin?.end();
    await ended(child);
    const ids = (name: string) =>
      [...output.stdout.matchAll(new RegExp(`"${name}" : (\\d+)`, 'g'))].map(([, id]) => id);
    const leaders = new Set(ids('Leader'));
    const follower = ids('MemberID').find((id) => id !== undefined && !leaders.has(id));
    if (follower !== undefined) this.variables.set('follower', BigInt(follower).toString(16));
  }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString('latin1');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString('latin1');
  });
  return output;
}

async function ended(child: ChildProcess): Promise<number> {
  const timer = setTimeout(() => child.kill('SIGKILL'), commandMs);
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return child.exitCode ?? (child.signalCode === 'SIGINT' ? 0 : -1);
  } finally {
    clearTimeout(timer);
  }
}
