/** Which faults come when: decided by the seed alone, but for who leads at the moment. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.js';
import { seededRandom } from '../../../src/base/random.js';
import type { Recorder } from '../history.js';
import type { World } from '../world.js';
import { between, type Fault } from './fault.js';

/** Every so many pauses between faults is long enough for leases to end on a healthy cluster. */
const longPauseEvery = 5;
const longPauseMs = 8_000;

export interface Planned {
  readonly fault: Fault;
  /** Strikes the leader, or the follower of this number. */
  readonly victim: 'leader' | number;
  readonly seed: number;
  readonly pauseMs: number;
}

/** The endless plan of a seed. Every fault comes once, in an order by chance, before chance alone decides. */
export function* plan(chance: Random, faults: readonly Fault[]): Generator<Planned, never, undefined> {
  let first = [...faults];
  for (let n = 1; ; n++) {
    const fault = first.length > 0 ? draw(chance, first) : draw(chance, faults);
    first = first.filter((other) => other !== fault);
    yield {
      fault,
      victim: chance() < 0.5 ? 'leader' : Math.floor(chance() * 1_000),
      seed: Math.floor(chance() * 2 ** 32),
      pauseMs: n % longPauseEvery === 0 ? longPauseMs : between(chance, 300, 3_000),
    };
  }
}

function draw(chance: Random, faults: readonly Fault[]): Fault {
  let rest = chance() * faults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of faults) {
    rest -= fault.weight;
    if (rest < 0) return fault;
  }
  throw new Error('no faults to draw from');
}

/** One fault after the other until the end; each begins on a whole cluster, so that never more than one member is broken (but by all-killed). */
export async function strikeUntil(
  over: number,
  world: World,
  faults: Iterator<Planned>,
  recorder: Recorder,
  tell: (sentence: string) => void,
): Promise<void> {
  while (performance.now() < over && world.problems.length === 0) {
    const next = faults.next();
    if (next.done) return;
    const { fault, victim: role, seed, pauseMs } = next.value;
    const leader = await world.leader();
    const followers = world.names.filter((name) => name !== leader);
    const drawn = role === 'leader' ? leader : followers[role % followers.length];
    const victim = fault.only ?? drawn ?? world.names[0] ?? '';
    const begin = performance.now();
    await fault.strike(world, victim, seededRandom(seed));
    const healed = performance.now();
    if (world.problems.length === 0) await world.whole();
    const end = performance.now();
    recorder.add('faults', { kind: fault.kind, victim, begin, healed, end });
    const lasted = `${Math.round(healed - begin)} ms, whole again ${Math.round(end - healed)} ms later`;
    tell(`${fault.kind} of ${victim}${victim === leader ? ' (leader)' : ''} for ${lasted}`);
    if (world.problems.length === 0) await delay(pauseMs, undefined, { signal: world.signal }).catch(() => undefined);
  }
}
