/** Runs of a member that is expected to end by itself. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ExitCode } from '../../src/base/errors.js';
import type { TestCluster } from './cluster.js';
import { complaints } from './undisturbed.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const deadlineMs = 30_000;

export interface EndedRun {
  /** Null: it had to be killed. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Starts a member outside any cluster and waits for its end; one that goes on for half a minute is killed. */
export function runToEnd(settings: string, name: string): Promise<EndedRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'member', '--name', name, '--settings', settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}

/** The one sentence with which a run gave up; fails when there are more, or a stack trace, or another exit code. */
export function lastWords({ exitCode, output }: EndedRun, expected: ExitCode): string {
  expect({ exitCode, output }).toEqual({ exitCode: expected, output });
  const found = complaints(output);
  expect(found).toHaveLength(1);
  const [line = ''] = found;
  const sentence = line.startsWith('{') ? String(JSON.parse(line).msg) : line.replace(/^error: /, '');
  expect(sentence).toMatch(/^\S.{20,600}$/);
  return sentence;
}

/** The same for a member of a cluster, over what it has printed since `from`. */
export async function lastWordsOf(
  cluster: TestCluster,
  name: string,
  expected: ExitCode,
  from: number,
): Promise<string> {
  const exitCode = await cluster.exitCode(name);
  return lastWords({ exitCode, output: cluster.output(name).slice(from) }, expected);
}
