/**
 * Plants each bug in a copy of the project and lets the simulator find it. Prints what found it, after how many seeds and seconds; fails when one
 * survives, no longer fits the code, or does not run.
 *
 *   npm run sim -- --mutants [--only name,…] [--from seed] [--seeds at most] [--jobs at once] [--skip-clean]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mutants } from './index.js';
import type { Mutant } from './mutant.js';
import { Copy } from './plant.js';
import { inOrder } from './pool.js';
import { hunt, simulate, type Verdict } from './run.js';

/** Longest that one bug may keep a processor. */
const limitMs = 15 * 60_000;

const { values } = parseArgs({
  options: {
    mutants: { type: 'boolean' },
    only: { type: 'string' },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    jobs: { type: 'string' },
    'skip-clean': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const most = values.seeds === undefined ? Number.POSITIVE_INFINITY : Number(values.seeds);
const jobs = Math.max(1, Number(values.jobs ?? availableParallelism()));
const chosen = choose(values.only).map((mutant) => ({ ...mutant, seeds: Math.min(mutant.seeds, most) }));
const width = Math.max(...chosen.map(({ name }) => name.length)) + 2;
let failures = 0;

if (!values['skip-clean']) await checkClean(Math.max(0, ...chosen.map(({ seeds }) => seeds)));
console.log(`${'planted bug'.padEnd(width)}${'found by'.padEnd(28)}${'seeds'.padStart(6)}${'seconds'.padStart(9)}`);
const started = performance.now();
for await (const { words, found } of inOrder(chosen, jobs, judge)) {
  console.log(words);
  if (!found) failures++;
}
console.log(`${chosen.length - failures} of ${chosen.length} planted bugs found in ${secondsSince(started)} s`);
process.exitCode = failures === 0 ? 0 : 1;

function choose(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return mutants;
  const names = only.split(',');
  const unknown = names.find((name) => !mutants.some((mutant) => mutant.name === name));
  if (unknown !== undefined) throw new Error(`there is no planted bug ${unknown}`);
  return mutants.filter(({ name }) => names.includes(name));
}

/** What is found must be the planted bug: without it the same seeds pass. */
async function checkClean(seeds: number): Promise<void> {
  if (seeds === 0) return;
  const copy = new Copy();
  const began = performance.now();
  const share = Math.ceil(seeds / jobs);
  const firsts = Array.from({ length: Math.ceil(seeds / share) }, (_, i) => from + i * share);
  const run = async (first: number): Promise<{ first: number; verdict: Verdict }> => ({
    first,
    verdict: await simulate(copy, first, Math.min(share, from + seeds - first), 4 * limitMs),
  });
  let passed = true;
  try {
    for await (const { first, verdict } of inOrder(firsts, jobs, run)) {
      if (verdict.kind === 'survived') continue;
      passed = false;
      const at = verdict.kind === 'found' ? `${verdict.by}, seed ${first + verdict.seeds - 1}` : 'it does not run';
      console.log(`NOTHING PLANTED AND YET: ${at}: ${verdict.sentence}\n`);
    }
  } finally {
    copy.remove();
  }
  if (passed) console.log(`nothing planted: seeds ${from} to ${from + seeds - 1} pass in ${secondsSince(began)} s\n`);
  else failures++;
}

/** Plants one and says in words what came of it. */
async function judge(mutant: Mutant): Promise<{ readonly words: string; readonly found: boolean }> {
  const began = performance.now();
  const verdict = await hunt(mutant, from, limitMs).catch(
    (error: unknown): Verdict => ({ kind: 'broken', sentence: error instanceof Error ? error.message : String(error) }),
  );
  const seconds = secondsSince(began).padStart(9);
  const name = mutant.name.padEnd(width);
  if (verdict.kind === 'found') {
    const seeds = mutant.unit ? '-' : `${verdict.seeds}`;
    const words = `${name}${verdict.by.padEnd(28)}${seeds.padStart(6)}${seconds}   ${verdict.sentence}`;
    const why = mutant.unit ? `\n${''.padEnd(width)}not by the simulator: ${mutant.unit.because}` : '';
    return { words: words + why, found: true };
  }
  const words =
    verdict.kind === 'survived'
      ? `${name}${'SURVIVED'.padEnd(28)}${`${mutant.seeds}`.padStart(6)}${seconds}`
      : `${name}${'DOES NOT COUNT'.padEnd(28)}${''.padStart(6)}${seconds}   ${verdict.sentence}`;
  return { words, found: false };
}

function secondsSince(when: number): string {
  return ((performance.now() - when) / 1000).toFixed(1);
}
