/** Faults of the network between members. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.js';
import type { World } from '../world.js';
import { between, type Fault, lasting } from './fault.js';

function others(world: World, victim: string): string[] {
  return world.names.filter((name) => name !== victim);
}

/** Links that fail, and all of which work again later. */
function ofLinks(
  fault: Pick<Fault, 'kind' | 'weight'>,
  begin: (world: World, victim: string, chance: Random) => void,
): Fault {
  const end = ({ network }: World, _victim: string, chance: Random) => network.heal(chance);
  return lasting({ ...fault, leastMs: 500, mostMs: 7_000, begin, end });
}

function cutOff(world: World, victim: string): void {
  for (const other of others(world, victim)) {
    world.network.block(victim, other);
    world.network.block(other, victim);
  }
}

export const partition = ofLinks({ kind: 'partition', weight: 4 }, cutOff);

/** A member that was paused goes on while it is cut off: one that led does not hear that others have gone on without it. */
const wakesAlone: Fault = {
  kind: 'wakes-alone',
  weight: 2,
  async strike(world, victim, chance) {
    const [paused, alone] = [between(chance, 2_500, 5_000), between(chance, 200, 2_000)];
    cutOff(world, victim);
    await world.cluster.signal(victim, 'SIGSTOP');
    await delay(paused);
    await world.cluster.signal(victim, 'SIGCONT');
    await delay(alone);
    world.network.heal(chance);
  },
};

const deaf = ofLinks({ kind: 'one-way-in', weight: 2 }, (world, victim) => {
  for (const other of others(world, victim)) world.network.block(other, victim);
});

const mute = ofLinks({ kind: 'one-way-out', weight: 2 }, (world, victim) => {
  for (const other of others(world, victim)) world.network.block(victim, other);
});

/** One pair of members cannot talk to each other, both can to the rest. */
const broken = ofLinks({ kind: 'one-link', weight: 2 }, (world, victim) => {
  const [other = victim] = others(world, victim);
  world.network.block(victim, other);
  world.network.block(other, victim);
});

export const slow = ofLinks({ kind: 'slow', weight: 2 }, (world, victim, chance) => {
  world.network.slow(victim, between(chance, 5, 200), between(chance, 0, 200));
});

export const cuts: Fault = {
  kind: 'cut',
  weight: 2,
  async strike(world, victim, chance) {
    const times = 1 + Math.floor(chance() * 8);
    for (let n = 0; n < times; n++) {
      world.network.cut(victim);
      await delay(between(chance, 5, 400));
    }
  },
};

export const linkFaults: readonly Fault[] = [partition, wakesAlone, deaf, mute, broken, slow, cuts];
