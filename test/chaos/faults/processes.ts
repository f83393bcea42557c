/** Faults of processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { between, type Fault } from './fault.js';

const kill: Fault = {
  kind: 'kill',
  weight: 4,
  async strike(world, victim, chance) {
    const away = between(chance, 0, 4_000);
    await world.kill(victim);
    await delay(away);
    await world.boot(victim);
  },
};

const pause: Fault = {
  kind: 'pause',
  weight: 4,
  async strike(world, victim, chance) {
    const away = between(chance, 200, 6_000);
    await world.cluster.signal(victim, 'SIGSTOP');
    await delay(away);
    await world.cluster.signal(victim, 'SIGCONT');
  },
};

const stop: Fault = {
  kind: 'stop',
  weight: 2,
  async strike(world, victim, chance) {
    const away = between(chance, 500, 4_000);
    await world.stop(victim);
    await delay(away);
    await world.boot(victim);
  },
};

const restart: Fault = {
  kind: 'restart',
  weight: 2,
  async strike(world, victim) {
    await world.stop(victim);
    await world.boot(victim);
  },
};

const killAll: Fault = {
  kind: 'all-killed',
  weight: 1,
  async strike(world, _victim, chance) {
    const away = between(chance, 0, 2_000);
    await Promise.all(world.names.map((name) => world.kill(name)));
    await delay(away);
    await Promise.all(world.names.map((name) => world.boot(name)));
  },
};

export const processFaults: readonly Fault[] = [kill, pause, stop, restart, killAll];
