/**
 * Two routes to one state: a machine that lived through all batches, and machines rebuilt from what it wrote. From then on they must do the same, to
 * the byte: outcomes, changes and writes. Every kind of command, repeats and gaps of origins, request ids, clock moves, small bounds.
 */
import { expect, test } from 'vitest';
import { clusterTime, index, type MemberId, term } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { seededRandom } from '../../src/base/random.js';
import { Machine } from '../../src/machine/machine.js';
import type { Applied, Batch, Command, KeyVersion, Request, Run, Write } from '../../src/machine/types.js';
import { MemoryReader } from './memory-reader.js';
import { RandomCommands } from './random-commands.js';
import { keepAlive, key, range, revoke, text } from './words.js';

const bounds = {
  ...limits,
  expiriesPerEntry: 2,
  scrubsPerEntry: 8,
  keptVersions: 4,
  requestsKept: 12,
  requestResultBytes: 5_000,
  requestsForgottenPerEntry: 2,
  requestRetentionMs: 4_000,
};

/** Batches of three members, as a log could hold them. */
class Traffic {
  private readonly sent = new Map<number, { incarnation: number; sequence: number; last: Request[] }>();
  private position = 0;
  private clock = 0;

  constructor(private readonly commands: RandomCommands) {}

  batch(machine: Machine): Batch {
    const { commands } = this;
    if (commands.chance(0.5)) this.clock += commands.below(1500);
    const runs = Array.from({ length: commands.below(4) }, () => this.run(machine));
    return { index: index(++this.position), term: term(1), clock: clusterTime(this.clock), wallMs: 0, runs };
  }

  private run(machine: Machine): Run {
    const { commands } = this;
    const member = (1 + commands.below(3)) as MemberId;
    const origin = this.sent.get(member) ?? { incarnation: 1, sequence: 0, last: [] };
    this.sent.set(member, origin);
    if (commands.chance(0.03)) {
      origin.incarnation++;
      origin.sequence = 0;
      origin.last = [];
    }
    const gap = commands.chance(0.03) ? 2 : 0;
    const repeated = commands.chance(0.2) ? origin.last : [];
    const fresh = Array.from({ length: 1 + commands.below(5) }, () => this.request(machine));
    const requests = [...repeated, ...fresh];
    const firstSequence = origin.sequence + 1 - repeated.length + gap;
    if (gap === 0) {
      origin.sequence += fresh.length;
      origin.last = fresh;
    }
    return { member, incarnation: origin.incarnation, firstSequence, requests };
  }

  private request(machine: Machine): Request {
    const { commands } = this;
    const ids = machine.leaseIds();
    let command: Command = commands.any(machine.revision);
    if (ids.length > 0 && commands.chance(0.1)) command = keepAlive(commands.pick(ids), 'dead');
    if (ids.length > 8 && commands.chance(0.2)) command = revoke(commands.pick(ids));
    return { command, requestId: commands.chance(0.4) ? `r${commands.below(40)}` : '' };
  }
}

const whole = range('\0', '\0');

/** Everything that can be asked. */
function visible(machine: Machine): unknown {
  return {
    items: machine.range(whole),
    old: machine.range({ ...whole, revision: machine.compactedRevision }),
    leases: machine.leaseIds().map((id) => machine.lease(id)),
    status: machine.status(),
    service: machine.service('prod', 'web'),
    origins: [1, 2, 3].map((member) => machine.originState(member as MemberId)),
    documents: ['url', 'db/url', 'x'].map((name) => [
      machine.config('prod', name),
      machine.config('prod', name, machine.compactedRevision),
      machine.configHistory('test', name, 0, 100),
    ]),
    before: machine.versionBefore(key('a'), machine.revision),
  };
}

function play(seed: number, batches: number): Set<string> {
  const random = seededRandom(seed);
  const commands = new RandomCommands(random);
  const traffic = new Traffic(commands);
  const image = new MemoryReader();
  const lived = new Machine({ reader: image, cacheBytes: 2_000, bounds });
  lived.finishLoad(undefined);
  let rebuilt: Machine | undefined;
  let unwritten: { writes: readonly Write[]; upTo: Batch['index'] }[] = [];
  const happened = new Set<string>();
  for (let i = 0; i < batches; i++) {
    const batch = traffic.batch(lived);
    const own = (member: MemberId) => member !== 3;
    const applied = lived.apply(batch, own);
    note(happened, applied);
    if (rebuilt !== undefined) {
      expect(rebuilt.apply(batch, own), `seed ${seed} batch ${batch.index}`).toEqual(applied);
      if (i % 10 === 0) expect(visible(rebuilt), `seed ${seed} after ${batch.index}`).toEqual(visible(lived));
    }
    unwritten.push({ writes: applied.writes, upTo: batch.index });
    const wanted = commands.chance(0.05);
    if (wanted || commands.chance(0.4)) {
      for (const { writes, upTo } of unwritten) {
        image.feed(writes);
        lived.persisted(upTo);
        rebuilt?.persisted(upTo);
      }
      unwritten = [];
    }
    if (wanted) {
      rebuilt = new Machine({ reader: image, cacheBytes: commands.chance(0.5) ? 0 : 100_000, bounds });
      for (const record of image.records()) rebuilt.load(record);
      rebuilt.finishLoad(applied.meta);
      happened.add(applied.meta.compactionCursor === undefined ? 'rebuilt' : 'rebuilt while compacting');
      if (lived.status().backlog) happened.add('rebuilt with a backlog');
    }
  }
  return happened;
}

function isSuspect({ key: name, value }: KeyVersion): boolean {
  return name.startsWith('/quorate/registry/') && text(value).includes('"health":"SUSPECT"');
}

function note(happened: Set<string>, applied: Applied): void {
  for (const { outcome } of applied.outcomes) {
    happened.add(outcome.result.kind === 'error' ? outcome.result.reason : outcome.result.kind);
  }
  for (const write of applied.writes) {
    if (write.kind === 'request' && write.record === undefined) happened.add('forgotten');
    if (write.kind === 'dropVersion') happened.add('scrubbed');
    if (write.kind === 'version' && isSuspect(write.version)) happened.add('suspect');
  }
}

test.each([1, 2, 3, 4, 5])('a rebuilt machine goes on as the one that lived (seed %i)', (seed) => {
  const happened = play(seed, 500);
  for (const one of [
    'rebuilt',
    'rebuilt while compacting',
    'rebuilt with a backlog',
    'forgotten',
    'scrubbed',
    'put',
    'deleteRange',
    'txn',
    'compact',
    'leaseGrant',
    'leaseRevoke',
    'leaseKeepAlive',
    'configPublish',
    'register',
    'deregister',
    'setStatus',
    'setHealth',
    'putService',
    'suspect',
    'VERSION_MISMATCH',
    'VERSION_NOT_FOUND',
    'LEASE_NOT_FOUND',
    'REQUEST_ID_REUSED',
  ]) {
    expect(happened, `seed ${seed}`).toContain(one);
  }
});

test('members that serve nobody reach the same state as those that do', () => {
  const machines = [true, false].map((serves) => {
    const commands = new RandomCommands(seededRandom(99));
    const traffic = new Traffic(commands);
    const image = new MemoryReader();
    const machine = new Machine({ reader: image, cacheBytes: 100_000, bounds });
    const all: unknown[] = [];
    for (let i = 0; i < 300; i++) {
      const batch = traffic.batch(machine);
      const { writes, changes, meta, outcomes } = machine.apply(batch, () => serves);
      expect(serves || outcomes.length === 0).toBe(true);
      image.feed(writes);
      machine.persisted(batch.index);
      all.push({ writes, changes, meta });
    }
    return all;
  });
  expect(machines[1]).toEqual(machines[0]);
});
