/** Faults of processes. */
import type { World } from '../world.js';
import { type Fault, lasting } from './fault.js';

const boot = (world: World, victim: string) => world.boot(victim);

export const kill = lasting({
  kind: 'kill',
  weight: 4,
  leastMs: 0,
  mostMs: 4_000,
  begin: (world, victim) => world.kill(victim),
  end: boot,
});

export const pause = lasting({
  kind: 'pause',
  weight: 4,
  leastMs: 200,
  mostMs: 6_000,
  begin: (world, victim) => world.cluster.signal(victim, 'SIGSTOP'),
  end: (world, victim) => world.cluster.signal(victim, 'SIGCONT'),
});

const stop = lasting({
  kind: 'stop',
  weight: 2,
  leastMs: 500,
  mostMs: 4_000,
  begin: (world, victim) => world.stop(victim),
  end: boot,
});

const restart: Fault = {
  kind: 'restart',
  weight: 2,
  async strike(world, victim) {
    await world.stop(victim);
    await world.boot(victim);
  },
};

const killAll = lasting({
  kind: 'all-killed',
  weight: 1,
  leastMs: 0,
  mostMs: 2_000,
  begin: (world) => Promise.all(world.names.map((name) => world.kill(name))),
  end: (world) => Promise.all(world.names.map((name) => world.boot(name))),
});

export const processFaults: readonly Fault[] = [kill, pause, stop, restart, killAll];
