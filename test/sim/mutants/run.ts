/** Runs what is to find a planted bug, and says what came of it. */
import { spawn } from 'node:child_process';
import type { Mutant } from './mutant.js';
import { Copy } from './plant.js';

export type Verdict =
  | { readonly kind: 'found'; readonly by: string; readonly sentence: string; readonly seeds: number }
  | { readonly kind: 'survived' }
  /** It does not run as a program: this says nothing about the checks. */
  | { readonly kind: 'broken'; readonly sentence: string };

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly tookTooLong: boolean;
}

/** The simulator's last line when it found something. */
const violation = /^violation: ([^:]+): (.*) \(seed (\d+)\)$/m;

/** What the language throws, as against what the product or a checker asserts. */
const thrown = /\b(?:Type|Reference|Syntax|Range)Error\b|ERR_MODULE_NOT_FOUND/;

/** Simulates seeds on the tree as it is in this copy. */
export async function simulate(copy: Copy, from: number, seeds: number, limitMs: number): Promise<Verdict> {
  const ended = await node(
    copy,
    ['--import', 'tsx', 'test/sim/main.ts', '--from', `${from}`, '--seeds', `${seeds}`],
    limitMs,
  );
  if (ended.code === 0) return { kind: 'survived' };
  const [, by, sentence, seed] = violation.exec(ended.output) ?? [];
  if (by === undefined || sentence === undefined) return { kind: 'broken', sentence: lastWords(ended, limitMs) };
  if (thrown.test(sentence)) return { kind: 'broken', sentence };
  return { kind: 'found', by, sentence, seeds: Number(seed) - from + 1 };
}

/** Runs the tests that are to fail. */
export async function runTests(copy: Copy, test: string, limitMs: number): Promise<Verdict> {
  copy.write('vitest.config.ts', 'export default {};\n');
  const ended = await node(copy, ['node_modules/vitest/vitest.mjs', 'run', test, '--reporter=json'], limitMs);
  if (ended.code === 0) return { kind: 'survived' };
  const failed = /"numFailedTests":(\d+)/.exec(ended.output)?.[1];
  if (!failed || failed === '0' || thrown.test(ended.output))
    return { kind: 'broken', sentence: lastWords(ended, limitMs) };
  return { kind: 'found', by: test, sentence: `${failed} tests fail`, seeds: 0 };
}

/** Plants the bug in a copy and lets it be found there. */
export async function hunt(mutant: Mutant, from: number, limitMs: number): Promise<Verdict> {
  const copy = new Copy();
  try {
    copy.plant(mutant);
    if (mutant.unit) return await runTests(copy, mutant.unit.test, limitMs);
    const verdict = await simulate(copy, from, mutant.seeds, limitMs);
    if (verdict.kind !== 'found' || !mutant.expect || mutant.expect.includes(verdict.by)) return verdict;
    return { kind: 'broken', sentence: `found by ${verdict.by}, not by ${mutant.expect.join(' or ')}` };
  } finally {
    copy.remove();
  }
}

function lastWords({ code, output, tookTooLong }: Ended, limitMs: number): string {
  if (tookTooLong) return `it did not end within ${Math.round(limitMs / 1000)} s`;
  const lines = output.trim().split('\n');
  const telling = lines.findLast((line) => thrown.test(line)) ?? lines.at(-1) ?? '';
  return `exit code ${code}: ${telling.trim()}`;
}

function node(copy: Copy, args: readonly string[], limitMs: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let tookTooLong = false;
    const keep = (text: string): void => {
      output = (output + text).slice(-200_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const timer = setTimeout(() => {
      tookTooLong = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output, tookTooLong });
    });
  });
}
