/**
 * Plants each bug in a copy of the project and lets the simulator find it. Prints what found it, after how many seeds and seconds; fails when one
 * survives, no longer fits the code, or does not run.
 *
 *   npm run sim -- --mutants [--only name,…] [--from seed] [--seeds at most] [--skip-clean]
 */
import { parseArgs } from 'node:util';
import { mutants } from './index.js';
import type { Mutant } from './mutant.js';
import { Copy } from './plant.js';
import { hunt, simulate, type Verdict } from './run.js';

/** Longest that one bug may keep the machine. */
const limitMs = 15 * 60_000;

const { values } = parseArgs({
  options: {
    mutants: { type: 'boolean' },
    only: { type: 'string' },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    'skip-clean': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const most = values.seeds === undefined ? Number.POSITIVE_INFINITY : Number(values.seeds);
const chosen = choose(values.only).map((mutant) => ({ ...mutant, seeds: Math.min(mutant.seeds, most) }));
const width = Math.max(...chosen.map(({ name }) => name.length)) + 2;
let failures = 0;

if (!values['skip-clean']) await checkClean(Math.max(0, ...chosen.map(({ seeds }) => seeds)));
console.log(`${'planted bug'.padEnd(width)}${'found by'.padEnd(28)}${'seeds'.padStart(6)}${'seconds'.padStart(9)}`);
for (const mutant of chosen) await judge(mutant);
console.log(`${chosen.length - failures} of ${chosen.length} planted bugs found`);
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
  const started = performance.now();
  try {
    const verdict = await simulate(copy, from, seeds, 4 * limitMs);
    if (verdict.kind === 'survived') {
      console.log(`nothing planted: seeds ${from} to ${from + seeds - 1} pass in ${secondsSince(started)} s\n`);
      return;
    }
    failures++;
    const at = verdict.kind === 'found' ? `${verdict.by}, seed ${from + verdict.seeds - 1}` : 'it does not run';
    console.log(`NOTHING PLANTED AND YET: ${at}: ${verdict.sentence}\n`);
  } finally {
    copy.remove();
  }
}

async function judge(mutant: Mutant): Promise<void> {
  const started = performance.now();
  const verdict = await hunt(mutant, from, limitMs).catch(
    (error: unknown): Verdict => ({ kind: 'broken', sentence: error instanceof Error ? error.message : String(error) }),
  );
  const seconds = secondsSince(started).padStart(9);
  const name = mutant.name.padEnd(width);
  if (verdict.kind === 'found') {
    const seeds = mutant.unit ? '-' : `${verdict.seeds}`;
    console.log(`${name}${verdict.by.padEnd(28)}${seeds.padStart(6)}${seconds}   ${verdict.sentence}`);
    if (mutant.unit) console.log(`${''.padEnd(width)}not by the simulator: ${mutant.unit.because}`);
    return;
  }
  failures++;
  if (verdict.kind === 'survived')
    console.log(`${name}${'SURVIVED'.padEnd(28)}${`${mutant.seeds}`.padStart(6)}${seconds}`);
  else console.log(`${name}${'DOES NOT COUNT'.padEnd(28)}${''.padStart(6)}${seconds}   ${verdict.sentence}`);
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}
