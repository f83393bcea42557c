/** Faults of the network between members. */
import { setTimeout as delay } from 'node:timers/promises';
import type { World } from '../world.js';
import { between, type Fault } from './fault.js';

function others(world: World, victim: string): string[] {
  return world.names.filter((name) => name !== victim);
}

const partition: Fault = {
  kind: 'partition',
  weight: 4,
  async strike(world, victim, chance) {
    const away = between(chance, 500, 7_000);
    for (const other of others(world, victim)) {
      world.network.block(victim, other);
      world.network.block(other, victim);
    }
    await delay(away);
    world.network.heal(chance);
  },
};

const deaf: Fault = {
  kind: 'one-way-in',
  weight: 2,
  async strike(world, victim, chance) {
    const away = between(chance, 500, 7_000);
    for (const other of others(world, victim)) world.network.block(other, victim);
    await delay(away);
    world.network.heal(chance);
  },
};

const mute: Fault = {
  kind: 'one-way-out',
  weight: 2,
  async strike(world, victim, chance) {
    const away = between(chance, 500, 7_000);
    for (const other of others(world, victim)) world.network.block(victim, other);
    await delay(away);
    world.network.heal(chance);
  },
};

/** One pair of members cannot talk to each other, both can to the rest. */
const broken: Fault = {
  kind: 'one-link',
  weight: 2,
  async strike(world, victim, chance) {
    const away = between(chance, 500, 7_000);
    const [other = victim] = others(world, victim);
    world.network.block(victim, other);
    world.network.block(other, victim);
    await delay(away);
    world.network.heal(chance);
  },
};

const slow: Fault = {
  kind: 'slow',
  weight: 2,
  async strike(world, victim, chance) {
    const away = between(chance, 1_000, 6_000);
    world.network.slow(victim, between(chance, 5, 200), between(chance, 0, 200));
    await delay(away);
    world.network.heal(chance);
  },
};

const cuts: Fault = {
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

export const linkFaults: readonly Fault[] = [partition, deaf, mute, broken, slow, cuts];
