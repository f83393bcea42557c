/** The same etcdctl commands against two stores, and where their outputs differ. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../store.js';
import { documented } from './documented.js';
import { Etcdctl } from './etcdctl.js';
import { maskedLines } from './mask.js';
import { type Command, parseScript } from './script.js';

const eventuallyMs = 10_000;
const pauseMs = 200;

export interface CompareOptions {
  /** Also what takes long. */
  readonly whole: boolean;
  readonly tell?: (line: string) => void;
}

export interface Comparison {
  readonly commands: number;
  /** One text per command whose outputs differ. */
  readonly differences: readonly string[];
}

export async function compareCommands(stores: readonly Store[], { whole, tell }: CompareOptions): Promise<Comparison> {
  const script = parseScript(await readFile(new URL('script.txt', import.meta.url), 'utf8'));
  const commands = script.filter(({ slow }) => whole || !slow);
  const directories = await Promise.all(stores.map(({ name }) => mkdtemp(path.join(tmpdir(), `etcdctl-${name}-`))));
  const runners = stores.map((store, i) => new Etcdctl(store, directories[i] ?? ''));
  const differences: string[] = [];
  try {
    for (const command of commands) {
      const found = await compare(runners, directories, command);
      if (found === undefined) continue;
      const reason = documented(command);
      if (reason !== undefined) continue;
      differences.push(found);
      tell?.(found);
    }
    return { commands: commands.length, differences };
  } finally {
    for (const runner of runners) await runner.stop();
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  }
}

async function compare(
  runners: readonly Etcdctl[],
  directories: readonly string[],
  command: Command,
): Promise<string | undefined> {
  const end = performance.now() + eventuallyMs;
  for (;;) {
    const outputs = await Promise.all(runners.map((runner) => runner.run(command)));
    const [first = [], second = []] = outputs.map((output, i) =>
      maskedLines(output, command.words, directories[i] ?? ''),
    );
    if (first.join('\n') === second.join('\n')) return undefined;
    if (command.mode.kind === 'eventually' && performance.now() < end) {
      await delay(pauseMs);
      continue;
    }
    const names = runners.map(({ store }) => store.name);
    const errors = outputs.map(({ stderr }, i) =>
      stderr === '' ? [] : [`  ${names[i]} stderr: ${stderr.slice(0, 400).trim()}`],
    );
    return [
      `line ${command.line}: etcdctl ${command.words.join(' ')}`,
      ...first.filter((line) => !second.includes(line)).map((line) => `  ${names[0]}: ${line}`),
      ...second.filter((line) => !first.includes(line)).map((line) => `  ${names[1]}: ${line}`),
      ...(first.length === second.length && first.every((line) => second.includes(line))
        ? ['  the order differs']
        : []),
      ...errors.flat(),
    ].join('\n');
  }
}
