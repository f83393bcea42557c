/**
 * Whole clusters under a seed: a phase with faults, then a healed one in which everything must come to rest. Every step is checked by the
 * invariants module and by an oracle (election safety, log matching, leader completeness, state machine safety, linearizable reads).
 *
 * RAFT_SEEDS=20000 runs more of them, RAFT_SEED=4711 one of them.
 */
import { describe, expect, it } from 'vitest';
import { runSeed } from './chaos.js';

const only = process.env.RAFT_SEED;
const first = Number(only ?? process.env.RAFT_FIRST_SEED ?? 1);
const count = only ? 1 : Number(process.env.RAFT_SEEDS ?? 300);
const chunk = 50;
/** They failed while changes of the membership were built. */
const found = only ? [] : [1007, 1189, 1210, 2559, 2683];

describe('random clusters', () => {
  for (let from = first; from < first + count; from += chunk) {
    const to = Math.min(from + chunk, first + count);
    it(`seeds ${from} to ${to - 1}`, { timeout: 120_000 }, () => {
      for (let seed = from; seed < to; seed++) run(seed);
      expect.assertions(0);
    });
  }

  it.each(found)('seed %i', (seed) => {
    run(seed);
    expect.assertions(0);
  });
});

function run(seed: number): void {
  try {
    runSeed(seed);
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
