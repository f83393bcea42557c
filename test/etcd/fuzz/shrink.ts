/** Finds a short sequence of steps that still shows a difference, by leaving out ever smaller parts. */
import { type Connected, type Difference, Session } from './session.js';
import type { Step } from './steps.js';

export interface Shrunk {
  readonly steps: readonly Step[];
  readonly difference: Difference;
}

/** @param budgetMs no new attempt is begun after this */
export async function shrink(
  stores: readonly [Connected, Connected],
  found: Shrunk,
  budgetMs: number,
): Promise<Shrunk> {
  const end = performance.now() + budgetMs;
  let best: Shrunk = { ...found, steps: found.steps.slice(0, found.difference.step + 1) };
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.steps.length && performance.now() < end; ) {
      const steps = best.steps.filter((_, i) => i < from || i >= from + size);
      const difference = await replay(stores, steps);
      if (difference) best = { steps: steps.slice(0, difference.step + 1), difference };
      else from += size;
    }
  }
  return best;
}

/** Plays steps again. */
export async function replay(
  stores: readonly [Connected, Connected],
  steps: readonly Step[],
): Promise<Difference | undefined> {
  let next = 0;
  return (await Session.run(stores, () => steps[next++])).difference;
}
