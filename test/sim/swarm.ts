/** What a seed is like: which faults happen how often, how slow things are, how small the bounds. Each seed draws its own mixture. */
import type { Random } from '../../src/base/random.js';
import type { ReplicaBounds } from '../../src/replica/bounds.js';
import { replicaBounds } from '../../src/replica/bounds.js';
import { type Focus, noFocus, withFocus } from './focus.js';

export interface Swarm {
  readonly members: number;
  /** Milliseconds of the safety phase. */
  readonly faultyMs: number;
  readonly electionTicks: number;
  readonly clients: number;
  /** Mean pause between two calls of a client, ms. */
  readonly thinkMs: number;
  readonly sessions: number;
  readonly watches: number;
  readonly keys: number;
  readonly bounds: ReplicaBounds;
  readonly keepLogBytes: number;
  readonly retentionMs: number | undefined;
  /** Share of messages lost, overtaken and repeated. */
  readonly loss: number;
  readonly overtaking: number;
  readonly repeats: number;
  readonly latencyMs: number;
  /** Milliseconds of a synced write, and now and then of a much slower one. */
  readonly syncMs: number;
  readonly slowSyncs: number;
  readonly clockSpread: number;
  readonly cpuCostMs: number;
  /** Mean milliseconds between two faults; Infinity: never. */
  readonly every: {
    readonly crash: number;
    /** The next leader falls soon after its election. */
    readonly fell: number;
    readonly crashAll: number;
    readonly stop: number;
    readonly wipe: number;
    readonly pause: number;
    readonly partition: number;
    readonly oneWay: number;
    readonly reset: number;
    readonly slowLink: number;
    readonly jump: number;
    readonly stuckDisk: number;
    readonly failedWrite: number;
    readonly bitFlip: number;
    readonly transfer: number;
    readonly compact: number;
  };
  /** A crash of the process alone keeps what was written and not synced; one of the machine does not. */
  readonly powerLoss: number;
  readonly focus: Focus;
  /** Leaders are cut off again and again; see contest.ts. */
  readonly contested: boolean;
}

export function drawSwarm(random: Random): Swarm {
  const chance = (p: number): boolean => random() < p;
  const between = (low: number, high: number): number => low + random() * (high - low);
  const log = (low: number, high: number): number => low * (high / low) ** random();
  const faults = (p: number, low: number, high: number): number =>
    chance(p) ? log(low, high) : Number.POSITIVE_INFINITY;
  const size = random();
  const members = size < 0.07 ? 1 : size < 0.87 ? 3 : 5;
  const calm = chance(0.08);
  const f = calm ? () => Number.POSITIVE_INFINITY : faults;
  const small = chance(0.7);
  const swarm: Swarm = {
    members,
    faultyMs: between(6_000, 16_000),
    electionTicks: chance(0.5) ? 10 : 20,
    clients: 2 + Math.floor(random() * 5),
    thinkMs: log(25, 300),
    sessions: Math.floor(random() * 4),
    watches: 1 + Math.floor(random() * 4),
    keys: 1 + Math.floor(random() * 8),
    bounds: small
      ? {
          appendBytes: log(200, 100_000),
          inflightAppends: 1 + Math.floor(random() * 16),
          inflightBytes: log(1_000, 1_000_000),
          logTailBytes: log(500, 100_000),
          recentChangesBytes: log(500, 100_000),
          valueCacheBytes: chance(0.5) ? 0 : 2_000,
          trimEntries: 1 + Math.floor(random() * 10),
          trimBytes: log(200, 10_000),
          trimPoints: Math.floor(random() * 3),
        }
      : replicaBounds,
    keepLogBytes: small ? log(200, 20_000) : 1_000_000,
    retentionMs: chance(0.3) ? log(500, 10_000) : undefined,
    loss: calm || chance(0.6) ? 0 : random() * 0.1,
    overtaking: calm || chance(0.6) ? 0 : random() * 0.2,
    repeats: calm || chance(0.8) ? 0 : random() * 0.1,
    latencyMs: log(0.2, 20),
    syncMs: log(0.3, 30),
    slowSyncs: calm || chance(0.6) ? 0 : random() * 0.05,
    clockSpread: chance(0.5) ? 0 : random() * 0.1,
    cpuCostMs: chance(0.6) ? 0 : log(0.05, 4),
    every: {
      crash: f(0.6, 800, 12_000),
      fell: f(0.25, 200, 4_000),
      crashAll: f(0.2, 4_000, 15_000),
      stop: f(0.3, 2_000, 15_000),
      wipe: f(0.3, 3_000, 15_000),
      pause: f(0.4, 1_000, 10_000),
      partition: f(0.5, 800, 10_000),
      oneWay: f(0.3, 800, 10_000),
      reset: f(0.4, 300, 8_000),
      slowLink: f(0.3, 1_000, 8_000),
      jump: f(0.2, 1_000, 10_000),
      stuckDisk: f(0.3, 1_500, 10_000),
      failedWrite: f(0.2, 3_000, 15_000),
      bitFlip: f(0.15, 3_000, 15_000),
      transfer: f(0.3, 500, 8_000),
      compact: f(0.5, 300, 5_000),
    },
    powerLoss: random(),
    focus: noFocus,
    contested: false,
  };
  return withFocus(swarm, random);
}
