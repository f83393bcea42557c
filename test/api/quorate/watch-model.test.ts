/**
 * Random writes, compactions, slow consumers and reconnects: whatever a stream sends, a client that applies it must hold exactly the state of the
 * member at the revision that the message names, and every message in between must be what changed.
 */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../../src/base/limits.js';
import { type Random, seededRandom } from '../../../src/base/random.js';
import { InstanceStatus } from '../../../src/proto/gen/quorate/v1/InstanceStatus.js';
import type { WatchConfigResponse, WatchRegistryResponse } from '../../../src/proto/quorate.js';
import { FakeReplica } from '../../support/fake-replica.js';
import {
  compact,
  deregister,
  failures,
  holdClock,
  type Opened,
  openConfig,
  openRegistry,
  publish,
  register,
  TestStream,
  turns,
} from './watch-fixture.js';

const keys = ['a', 'a/1', 'a/0000000001', 'b', 'b/x', 'c'];
const services = ['web', 'web2', 'db'];
const statuses = [InstanceStatus.UP, InstanceStatus.DRAINING];

/** What a client holds: the revision of each item by name. */
type Held = Map<string, number>;

interface Told {
  readonly revision: number;
  readonly kind: 'snapshot' | 'changes' | 'progress';
  readonly more: boolean;
  readonly conflated: boolean;
  readonly set: readonly (readonly [string, number])[];
  /** Must have been held. */
  readonly removed: readonly string[];
  /** May have been held: the newest version of a document tells a deletion even to a client that never had it. */
  readonly deleted: readonly string[];
  /** Of instances only. */
  readonly checksum?: number | undefined;
}

/** One kind of watch: how to open it, what it should show, and how to read its messages. */
interface Subject {
  /** A selector says what is shown: nothing else may cause a message. */
  readonly selective: boolean;
  readonly summed: boolean;
  open(afterRevision: number | undefined, stream: TestStream): Opened<Told>;
  selects(name: string, item: Item): boolean;
}

interface Item {
  readonly kind: 'config' | 'instance';
  readonly revision: number;
  readonly status: number;
}

class Client {
  private opened: Opened<Told>;
  private held: Held = new Map();
  private parts: Held | undefined;
  private partsRevision = 0;
  revision: number | undefined;
  conflated = 0;
  resyncs = 0;

  constructor(
    private readonly subject: Subject,
    private readonly stateAt: (revision: number) => ReadonlyMap<string, Item>,
    private readonly random: Random,
  ) {
    this.opened = this.connect();
  }

  private connect(): Opened<Told> {
    const stream = new TestStream();
    if (this.random() < 0.7) stream.capacity = 1 + Math.floor(this.random() * 3_000);
    this.parts = undefined;
    return this.subject.open(this.revision, stream);
  }

  reconnect(): void {
    this.opened.cancel();
    this.read();
    this.opened = this.connect();
  }

  drain(): void {
    this.read();
    this.opened.stream.drain();
  }

  read(): void {
    for (const told of this.opened.take()) this.apply(told);
    expect([this.opened.stream.error, ...failures.splice(0)]).toEqual([undefined]);
  }

  close(): void {
    this.opened.cancel();
  }

  private apply(told: Told): void {
    const { revision, kind } = told;
    if (kind === 'snapshot') {
      if (!this.parts || revision !== this.partsRevision) this.parts = new Map();
      this.partsRevision = revision;
      for (const [name, at] of told.set) this.parts.set(name, at);
      if (told.more) {
        expect(told.checksum).toBeUndefined();
        return;
      }
      if (this.revision !== undefined) {
        this.resyncs++;
        expect(revision).toBeGreaterThanOrEqual(this.revision);
      }
      this.held = this.parts;
      this.parts = undefined;
    } else {
      expect(this.parts, 'a snapshot is complete before anything else comes').toBeUndefined();
      const before = this.revision ?? -1;
      if (kind === 'changes') {
        expect(revision).toBeGreaterThan(before);
        if (this.subject.selective) expect(told.set.length + told.removed.length).toBeGreaterThan(0);
        if (told.conflated) this.conflated++;
        else expect(this.between(before, revision - 1), 'a change was left out').toEqual([]);
      } else {
        expect(revision).toBeGreaterThanOrEqual(before);
        expect(this.between(before, revision), 'progress ran ahead').toEqual([]);
      }
      for (const name of told.removed) expect(this.held.delete(name), `${name} was not shown`).toBe(true);
      for (const name of told.deleted) this.held.delete(name);
      for (const [name, at] of told.set) {
        expect(at).toBeGreaterThan(before);
        this.held.set(name, at);
      }
    }
    this.revision = revision;
    expect(told.checksum, `at revision ${revision}`).toBe(this.subject.summed ? checksumOf(this.held) : undefined);
    expect(Object.fromEntries(this.held), `at revision ${revision}`).toEqual(
      Object.fromEntries(this.expected(revision)),
    );
  }

  private expected(revision: number): Held {
    const expected: Held = new Map();
    for (const [name, item] of this.stateAt(revision))
      if (this.subject.selects(name, item)) expected.set(name, item.revision);
    return new Map([...expected].sort());
  }

  /** Revisions after `from` up to `to` that changed what is selected. */
  private between(from: number, to: number): number[] {
    const found: number[] = [];
    for (let revision = from + 1; revision <= to; revision++) {
      const now = JSON.stringify([...this.expected(revision)]);
      if (now !== JSON.stringify([...this.expected(revision - 1)])) found.push(revision);
    }
    return found;
  }
}

class World {
  readonly replica: FakeReplica;
  readonly clients: Client[] = [];
  private readonly states = new Map<number, ReadonlyMap<string, Item>>([[1, new Map()]]);
  private current = new Map<string, Item>();

  constructor(private readonly random: Random) {
    this.replica = new FakeReplica({ recentBytes: this.pick([500, 5_000, 1 << 20]) });
    for (let i = 0; i < 6; i++)
      this.clients.push(new Client(this.subject(i), (revision) => this.states.get(revision) ?? new Map(), random));
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.step();
      for (const client of this.clients) client.read();
    }
    for (let i = 0; i < 300; i++) {
      for (const client of this.clients) client.drain();
      await turns(4);
    }
    for (const client of this.clients) client.read();
    await vi.advanceTimersByTimeAsync(limits.watchProgressMs * 2);
    await turns();
    for (const client of this.clients) {
      client.drain();
      expect(client.revision, 'every stream arrives at the present').toBe(this.replica.machine.revision);
    }
  }

  close(): void {
    for (const client of this.clients) client.close();
    this.replica.hub.close();
  }

  private async step(): Promise<void> {
    const dice = this.random();
    const client = this.pick(this.clients);
    if (dice < 0.6) this.write();
    else if (dice < 0.75) client.drain();
    else if (dice < 0.9) await turns(1 + Math.floor(this.random() * 4));
    else if (dice < 0.94) client.reconnect();
    else if (dice < 0.985) await vi.advanceTimersByTimeAsync(this.random() * 3_000);
    else {
      const { revision, compactedRevision } = this.replica.machine;
      const at = revision - Math.floor(this.random() * 10);
      if (at > compactedRevision && at <= revision) compact(this.replica, at as typeof revision);
    }
  }

  private write(): void {
    const { replica, current } = this;
    if (this.random() < 0.5) {
      const documents: Record<string, string | undefined> = {};
      for (let i = 0; i < 3; i++) {
        const key = this.pick(keys);
        documents[key] = current.has(key) && this.random() < 0.3 ? undefined : '.'.repeat(this.random() * 400);
      }
      const revision = publish(replica, documents);
      for (const [key, text] of Object.entries(documents))
        if (text === undefined) current.delete(key);
        else current.set(key, { kind: 'config', revision, status: 0 });
    } else {
      const service = this.pick(services);
      const id = this.pick(['1', '2', '3']);
      const name = `${service}//${id}`;
      if (current.has(name) && this.random() < 0.4) {
        deregister(replica, service, id);
        current.delete(name);
      } else {
        const status = this.pick(statuses);
        const revision = register(replica, service, id, { status });
        current.set(name, { kind: 'instance', revision, status });
      }
    }
    this.states.set(replica.machine.revision, new Map(current));
  }

  private subject(which: number): Subject {
    const { replica } = this;
    const config = (request: object, selects: (key: string) => boolean): Subject => ({
      selective: false,
      summed: false,
      open: (afterRevision, stream) =>
        decoded(openConfig(replica, { namespace: 'ns', ...request, afterRevision }, stream), ofConfig),
      selects: (name, { kind }) => kind === 'config' && selects(name),
    });
    const registry = (request: object, selects: (service: string, status: number) => boolean): Subject => ({
      selective: 'selector' in request,
      summed: true,
      open: (afterRevision, stream) =>
        decoded(openRegistry(replica, { namespace: 'ns', ...request, afterRevision }, stream), ofRegistry),
      selects: (name, { kind, status }) => kind === 'instance' && selects(name.split('//')[0] ?? '', status),
    });
    const up = { statuses: [InstanceStatus.UP] };
    const subjects = [
      config({}, () => true),
      config({ key: 'a' }, (key) => key === 'a'),
      config({ prefix: 'a/' }, (key) => key.startsWith('a/')),
      registry({}, () => true),
      registry({ selector: up }, (_service, status) => status === InstanceStatus.UP),
      registry(
        { services: ['web', 'db'], selector: up },
        (service, status) => service !== 'web2' && status === InstanceStatus.UP,
      ),
    ];
    return subjects[which] ?? config({}, () => true);
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }
}

function decoded<Response>(opened: Opened<Response>, tell: (response: Response) => Told): Opened<Told> {
  return { stream: opened.stream, cancel: () => opened.cancel(), take: () => opened.take().map(tell) };
}

function ofConfig({ header, snapshot, changes }: WatchConfigResponse): Told {
  const documents = (snapshot ?? changes)?.documents ?? [];
  return {
    revision: header?.revision ?? -1,
    kind: snapshot ? 'snapshot' : changes ? 'changes' : 'progress',
    more: snapshot?.more ?? false,
    conflated: changes?.conflated ?? false,
    set: documents.filter(({ deleted }) => !deleted).map(({ key, revision }) => [key, revision] as const),
    removed: [],
    deleted: documents.filter(({ deleted }) => deleted).map(({ key }) => key),
  };
}

function ofRegistry({ header, snapshot, changes, checksum }: WatchRegistryResponse): Told {
  return {
    checksum,
    revision: header?.revision ?? -1,
    kind: snapshot ? 'snapshot' : changes ? 'changes' : 'progress',
    more: snapshot?.more ?? false,
    conflated: changes?.conflated ?? false,
    set: (snapshot?.instances ?? changes?.updated ?? []).map(
      ({ service, id, revision }) => [`${service}//${id}`, revision] as const,
    ),
    removed: changes?.removed.map(({ service, id }) => `${service}//${id}`) ?? [],
    deleted: [],
  };
}

const shares = new Map<string, bigint>();

/** By the words of ListInstancesResponse.checksum. */
function checksumOf(held: Held): number {
  let sum = 0n;
  for (const [name, revision] of held) {
    const text = `ns/${name.replace('//', '/')}/${revision}`;
    let share = shares.get(text);
    if (share === undefined) {
      share = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 12)}`);
      shares.set(text, share);
    }
    sum += share;
  }
  return Number(sum % 2n ** 48n);
}

let world: World | undefined;

beforeEach(holdClock);
afterEach(() => {
  world?.close();
  vi.useRealTimers();
  failures.length = 0;
});

describe('native watches against a model', () => {
  for (let seed = 1; seed <= 8; seed++)
    it(`seed ${seed}`, async () => {
      world = new World(seededRandom(seed));
      await world.run(400);
    });
});
