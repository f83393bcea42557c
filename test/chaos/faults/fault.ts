/** What can be done to a cluster. Each fault ends by itself with everything in working order again, though not yet caught up. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.js';
import type { World } from '../world.js';

export interface Fault {
  readonly kind: string;
  /** How often it is chosen, relative to the others. */
  readonly weight: number;
  /** Strikes this member alone. */
  readonly only?: string;
  /** @param chance decided by the seed, drawn from in a fixed order */
  strike(world: World, victim: string, chance: Random): Promise<void>;
}

/** A fault that lasts for a while. */
interface Lasting extends Pick<Fault, 'kind' | 'weight'> {
  readonly leastMs: number;
  readonly mostMs: number;
  begin(world: World, victim: string, chance: Random): unknown;
  end(world: World, victim: string, chance: Random): unknown;
}

export function lasting({ kind, weight, leastMs, mostMs, begin, end }: Lasting): Fault {
  return {
    kind,
    weight,
    async strike(world, victim, chance) {
      const away = between(chance, leastMs, mostMs);
      await begin(world, victim, chance);
      await delay(away);
      await end(world, victim, chance);
    },
  };
}

/** A time between these, decided by chance. */
export function between(chance: Random, leastMs: number, mostMs: number): number {
  return leastMs + chance() * (mostMs - leastMs);
}
