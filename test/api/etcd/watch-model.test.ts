/**
 * Streams with several watches against a model: random changes, compactions, slow callers, cancels and progress requests. etcd's published guarantees
 * (ordered, unique, reliable, atomic, resumable, bookmarkable) are checked on every message.
 */
import { describe, expect, it } from 'vitest';
import { WatchStream } from '../../../src/api/etcd/watch-stream.js';
import { type Key, keyOfText, NO_LEASE } from '../../../src/base/ids.js';
import { type Random, seededRandom } from '../../../src/base/random.js';
import { inRange } from '../../../src/base/ranges.js';
import type { Operation } from '../../../src/machine/types.js';
import { WatchRequest, type WatchRequestIn, WatchResponse } from '../../../src/proto/etcd.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { TestStream, turns } from '../quorate/watch-fixture.js';
import { compact } from './watch-fixture.js';

/** One event as the model and a message show it. */
interface Told {
  readonly revision: number;
  readonly text: string;
}

interface Model {
  readonly start: number;
  /** Exclusive; undefined: one key. */
  readonly key: string;
  readonly end: string | undefined;
  readonly puts: boolean;
  readonly deletes: boolean;
  readonly previous: boolean;
  readonly told: Told[];
  /** Progress said that everything up to here was told. */
  bookmark: number;
  over: 'cancelled' | 'compacted' | undefined;
  /** A revision of which fragments are still to come. */
  open: number | undefined;
}

const keys = ['a', 'b', 'c', 'd'];

class World {
  readonly replica = new FakeReplica({ recentBytes: 1_500 });
  readonly stream = new TestStream();
  readonly history: (Told & {
    readonly key: string;
    readonly deleted: boolean;
    readonly before: string | undefined;
  })[] = [];
  readonly values = new Map<string, string>();
  readonly watches = new Map<string, Model>();
  readonly asked: Model[] = [];
  readonly failures: unknown[] = [];
  private readonly server: WatchStream;
  private held = false;
  private waiting: WatchRequestIn[] = [];

  constructor(private readonly random: Random) {
    const input = {
      pause: () => {
        this.held = true;
      },
      resume: () => {
        this.held = false;
      },
    };
    const fail = (thrown: unknown): void => void this.failures.push(thrown);
    const options = { progressMs: 600_000, leader: { cancel() {} }, fail };
    this.server = new WatchStream(this.replica, this.stream, input, options);
  }

  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  change(): void {
    const success: Operation[] = [];
    const chosen = keys.filter(() => this.random() < 0.5);
    const revision = this.replica.machine.revision + 1;
    for (const key of chosen) {
      const before = this.values.get(key);
      if (this.random() < 0.3) {
        success.push({ kind: 'deleteRange', key: keyOfText(key), end: undefined, prevKv: false });
        if (before === undefined) continue;
        this.values.delete(key);
        this.history.push({ revision, key, deleted: true, before, text: `-${key}` });
      } else {
        const value = `${revision}${'.'.repeat(this.below(300))}`;
        const no = { prevKv: false, ignoreValue: false, ignoreLease: false };
        success.push({ kind: 'put', key: keyOfText(key), value: Buffer.from(value), lease: NO_LEASE, ...no });
        this.values.set(key, value);
        this.history.push({ revision, key, deleted: false, before, text: `${key}=${value}` });
      }
    }
    this.replica.apply({ kind: 'txn', compares: [], success, failure: [] });
  }

  compact(): void {
    const { revision, compactedRevision } = this.replica.machine;
    const at = compactedRevision + 1 + this.below(revision - compactedRevision);
    if (at <= revision) compact(this.replica, at);
  }

  create(): void {
    const { revision } = this.replica.machine;
    const key = this.pick(keys);
    const end = this.random() < 0.5 ? undefined : this.pick(['b', 'c', 'd', 'e', '\0']);
    const wanted = this.random() < 0.4 ? 0 : Math.max(1, revision + 5 - this.below(30));
    const [puts, deletes, previous] = [this.random() < 0.9, this.random() < 0.9, this.random() < 0.5];
    if (end !== undefined && end !== '\0' && end <= key) return;
    const filters = [...(puts ? [] : [0 as const]), ...(deletes ? [] : [1 as const])];
    const start = wanted === 0 ? -1 : wanted;
    this.asked.push({
      start,
      key,
      end,
      puts,
      deletes,
      previous,
      told: [],
      bookmark: 0,
      over: undefined,
      open: undefined,
    });
    const request = { key: Buffer.from(key), start_revision: wanted, filters, prev_kv: previous };
    const range = end === undefined ? {} : { range_end: Buffer.from(end) };
    this.send({ create_request: { ...request, ...range, fragment: this.random() < 0.5 } });
  }

  cancel(): void {
    const id = this.pick([...this.watches.keys(), '99']);
    this.send({ cancel_request: { watch_id: id } });
  }

  send(request: WatchRequestIn): void {
    if (this.held) this.waiting.push(request);
    else this.server.onMessage(WatchRequest.decode(WatchRequest.encode(request)));
  }

  read(): void {
    for (const message of this.stream.messages.splice(0)) this.check(WatchResponse.decode(message));
    this.stream.drain();
    const { waiting } = this;
    this.waiting = [];
    for (const request of waiting) this.send(request);
  }

  private check(message: WatchResponse): void {
    const header = Number(message.header?.revision);
    if (message.created) {
      const model = this.asked.shift();
      if (!model) throw new Error('created without being asked');
      const start = model.start === -1 ? header + 1 : model.start;
      this.watches.set(message.watch_id, { ...model, start });
      return;
    }
    if (message.watch_id === '-1') {
      for (const watch of this.watches.values()) if (watch.over === undefined) this.bookmark(watch, header);
      return;
    }
    const watch = this.watches.get(message.watch_id);
    if (!watch) throw new Error(`nobody has ${message.watch_id}`);
    expect(watch.over === undefined || message.canceled).toBe(true);
    if (message.canceled) {
      watch.over = message.compact_revision === '0' ? 'cancelled' : 'compacted';
      if (watch.over === 'compacted') expect(Number(message.compact_revision)).toBeGreaterThan(watch.start);
      return;
    }
    for (const { type, kv, prev_kv } of message.events) {
      const revision = Number(kv?.mod_revision);
      expect(revision).toBeGreaterThan(watch.bookmark);
      expect(revision).toBeLessThanOrEqual(header);
      const text = type === 1 ? `-${kv?.key}` : `${kv?.key}=${kv?.value}`;
      watch.told.push({ revision, text });
      const original = this.history.find((each) => each.revision === revision && each.text === text);
      if (prev_kv) expect(`${prev_kv.value}`).toBe(watch.previous ? original?.before : 'no previous version');
      else if (watch.previous && original?.before !== undefined)
        expect(revision).toBeLessThanOrEqual(this.replica.machine.compactedRevision);
    }
    // Told whole: the next message is about a later revision, unless this one is a fragment.
    const last = watch.told.at(-1)?.revision ?? 0;
    watch.bookmark = Math.max(watch.bookmark, message.fragment ? last - 1 : last);
    this.complete(watch, message.fragment ? last - 1 : header);
  }

  private bookmark(watch: Model, revision: number): void {
    expect(revision).toBeGreaterThanOrEqual(watch.bookmark);
    expect(revision).toBeGreaterThanOrEqual(watch.start - 1);
    watch.bookmark = revision;
    this.complete(watch, revision);
  }

  /** Everything up to here was told, each once and in order. */
  complete(watch: Model, upTo: number): void {
    const due = this.history.filter(
      ({ revision, key, deleted }) =>
        revision >= watch.start &&
        revision <= upTo &&
        inRange(key as Key, watch.key as Key, watch.end as Key | undefined) &&
        (deleted ? watch.deletes : watch.puts),
    );
    const told = watch.told.filter(({ revision }) => revision <= upTo);
    expect(told).toEqual(due.map(({ revision, text }) => ({ revision, text })));
  }

  async finish(): Promise<void> {
    this.stream.capacity = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      await turns(20);
      this.read();
    }
    const { revision } = this.replica.machine;
    for (const watch of this.watches.values()) if (watch.over === undefined) this.complete(watch, revision);
    expect(this.asked).toEqual([]);
    expect(this.failures).toEqual([]);
    this.server.cancel();
    this.replica.hub.close();
  }
}

async function run(seed: number, steps: number): Promise<void> {
  const world = new World(seededRandom(seed));
  for (let i = 0; i < 5; i++) world.change();
  for (let step = 0; step < steps; step++) {
    const dice = world.below(100);
    if (dice < 55) world.change();
    else if (dice < 62) world.create();
    else if (dice < 65) world.cancel();
    else if (dice < 66) world.compact();
    else if (dice < 72) world.send({ progress_request: {} });
    else if (dice < 76) world.stream.capacity = world.pick([1, 500, 3_000, Number.POSITIVE_INFINITY]);
    else if (dice < 88) world.read();
    else await turns(1 + world.below(4));
  }
  await world.finish();
}

describe('streams of many watches', () => {
  it.each(Array.from({ length: 8 }, (_, i) => i + 1))('keep what etcd guarantees (seed %i)', (seed) => run(seed, 400));
});
