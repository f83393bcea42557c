/** A share of the seeds turns to one kind of history that the mixture alone seldom makes. */
import type { Random } from '../../src/base/random.js';
import type { Swarm } from './swarm.js';

/** What a seed turns to, and how often it strikes at its moments; see aimed.ts. */
export interface Focus {
  readonly on: 'images' | 'compactions' | 'stalls' | 'nothing';
  /** Mean milliseconds between two aimed faults. */
  readonly everyMs: number;
}

export const noFocus: Focus = { on: 'nothing', everyMs: Number.POSITIVE_INFINITY };

export function withFocus(swarm: Swarm, random: Random): Swarm {
  const log = (low: number, high: number): number => low * (high / low) ** random();
  const dice = random();
  const { every, bounds } = swarm;
  const members = swarm.members === 1 ? 3 : swarm.members;
  if (dice < 0.2)
    return {
      ...swarm,
      members,
      focus: { on: 'images', everyMs: log(200, 2_000) },
      keepLogBytes: random() * 300,
      bounds: {
        ...bounds,
        logTailBytes: log(200, 5_000),
        recentChangesBytes: log(200, 20_000),
        trimEntries: 1,
        trimBytes: 1,
        trimPoints: 0,
      },
      watches: Math.max(2, swarm.watches),
      // An image has a stream of its own: it comes through where messages are lost.
      loss: random() < 0.5 ? 0.1 + 0.2 * random() : swarm.loss,
      every: { ...every, reset: log(60, 1_000), partition: log(600, 4_000) },
    };
  if (dice < 0.35)
    return {
      ...swarm,
      focus: { on: 'compactions', everyMs: log(100, 1_000) },
      bounds: { ...bounds, recentChangesBytes: log(200, 5_000), valueCacheBytes: 0 },
      keys: Math.min(4, swarm.keys),
      sessions: Math.max(1, swarm.sessions),
      watches: Math.max(2, swarm.watches),
    };
  if (dice < 0.4)
    return {
      ...swarm,
      focus: { on: 'stalls', everyMs: log(500, 3_000) },
      sessions: Math.max(2, swarm.sessions),
    };
  return swarm;
}
