/** Three members with real replicas, stores and transports in memory. Nothing happens but what the test lets happen: time, turns, disks and network are its own. */
import { assert, present } from '../../src/base/assert.js';
import type { ClusterId, Key, LeaseId, MemberId, Revision } from '../../src/base/ids.js';
import { silentLog } from '../../src/base/log.js';
import { seededRandom } from '../../src/base/random.js';
import type { Command, KeyVersion, Outcome, PutCommand, RangeQuery } from '../../src/machine/types.js';
import { MemberReplica } from '../../src/replica/replica.js';
import type { Waiting } from '../../src/replica/types.js';
import { MemoryDisk, MemoryStore } from '../../src/storage/memory.js';
import type { Identity } from '../../src/storage/store.js';
import { type Delivery, MemoryNetwork, type MemoryTransport } from '../../src/transport/memory.js';

export const tickMs = 50;
export const electionTicks = 10;
export const electionMs = tickMs * electionTicks;
const heartbeatTicks = 2;
const clusterId = 77 as ClusterId;
const infos = [1, 2, 3].map((id) => ({
  id: id as MemberId,
  name: `n${id}`,
  clientAddress: `127.0.0.1:${7100 + id}`,
  peerAddress: `127.0.0.1:${7200 + id}`,
}));

export interface Options {
  /** Log kept behind the applied index, bytes; small: trimmed at once. */
  readonly keepLogBytes?: number;
  readonly retentionMs?: number;
}

/** What a caller got. */
export class Answer {
  calls = 0;
  reason: string | undefined;
  outcome: Outcome | undefined;
  waiting: Waiting | undefined;

  /** OK, or why not; undefined while nothing was answered. */
  get said(): string | undefined {
    return this.calls === 0 ? undefined : (this.reason ?? 'OK');
  }
}

export function put(key: string, value: string | Uint8Array = key): PutCommand {
  return {
    kind: 'put',
    key: key as Key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    lease: '' as LeaseId,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  };
}

export class TestMember {
  replica: MemberReplica | undefined;
  transport: MemoryTransport | undefined;
  store: MemoryStore | undefined;
  disk: MemoryDisk;
  /** What the member could not go on with. */
  fatal: unknown;
  /** Its disk does not finish the writes for which this says yes. */
  stuckAt: (synced: boolean) => boolean = () => false;
  private held: (() => void)[] = [];
  private starts = 0;

  constructor(
    private readonly cluster: TestCluster,
    readonly id: MemberId,
  ) {
    this.disk = this.emptyDisk();
  }

  get running(): MemberReplica {
    return present(this.replica, `member ${this.id} is running`);
  }

  async start(): Promise<void> {
    assert(!this.replica, 'a member is started once');
    const { cluster, id } = this;
    const info = present(infos[id - 1], 'the member is known');
    const identity: Identity = { clusterId, memberId: id, memberName: info.name };
    const onFatal = (error: unknown): void => {
      this.fatal ??= error;
    };
    const run = ++this.starts;
    const store = new MemoryStore(this.disk, { onFatal, now: () => 1_000_000 * run });
    const stored = await cluster.during(store.open(identity));
    const peers = infos.map((other) => other.id).filter((other) => other !== id);
    const transport = cluster.network.create({ self: id, peers, founded: () => replica.founded });
    const alive = (): boolean => this.starts === run && this.replica === replica;
    const replica = await cluster.during(
      MemberReplica.open({
        identity,
        members: infos,
        incarnation: stored.incarnation,
        store,
        stored,
        transport,
        tickMs,
        heartbeatTicks,
        electionTicks,
        retentionMs: cluster.options.retentionMs,
        keepLogBytes: cluster.options.keepLogBytes ?? 64 * 1024 * 1024,
        random: seededRandom(id * 100 + run),
        scheduler: {
          now: () => cluster.now,
          wall: () => 1_700_000_000_000 + cluster.now,
          defer: (callback) => cluster.later(() => alive() && callback()),
        },
        log: silentLog,
        onFatal,
      }),
    );
    this.replica = replica;
    this.transport = transport;
    this.store = store;
    await replica.start();
    await cluster.settle();
  }

  /** The machine loses power: what was not synced is gone, but for the first `kept` batches. */
  async crash(kept = 0): Promise<void> {
    const { transport } = this;
    this.replica = undefined;
    this.held = [];
    this.stuckAt = () => false;
    this.disk = this.disk.crash(kept);
    await transport?.stop();
    await this.cluster.settle();
  }

  /** As a signal does, without the doors. */
  async stop(): Promise<void> {
    const { replica, transport, store } = this;
    if (!replica || !transport || !store) return;
    await this.cluster.during(replica.stop());
    this.replica = undefined;
    await transport.stop();
    await this.cluster.during(store.close());
    await this.cluster.settle();
  }

  /** Its data directory is gone. */
  loseData(): void {
    assert(!this.replica, 'a member that runs has its data');
    this.disk = this.emptyDisk();
  }

  /** A write is under way and does not end. */
  get isStuck(): boolean {
    return this.held.length > 0;
  }

  /** The write that is under way ends. */
  async finishWrite(): Promise<void> {
    for (const ends of this.held.splice(0)) this.cluster.later(ends);
    await this.cluster.settle();
  }

  /** Writes end again. */
  async unstick(): Promise<void> {
    this.stuckAt = () => false;
    await this.finishWrite();
  }

  submit(command: Command, deadlineMs = 60_000, requestId = ''): Answer {
    const answer = new Answer();
    answer.waiting = this.running.submit(command, requestId, this.cluster.now + deadlineMs, (error, outcome) => {
      answer.calls++;
      answer.reason = error?.reason;
      answer.outcome = outcome;
    });
    return answer;
  }

  put(key: string, value?: string | Uint8Array): Answer {
    return this.submit(put(key, value));
  }

  /** A linearizable read; `seen` is the key's version when it was allowed to look. */
  read(key: string, deadlineMs = 60_000): Answer & { seen: number | undefined } {
    const answer: Answer & { seen: number | undefined } = Object.assign(new Answer(), { seen: undefined });
    answer.waiting = this.running.readBarrier(this.cluster.now + deadlineMs, (error) => {
      answer.calls++;
      answer.reason = error?.reason;
      if (!error) answer.seen = this.versionOf(key);
    });
    return answer;
  }

  /** How often a key was put; 0: never. */
  versionOf(key: string): number {
    return this.get(key)?.version ?? 0;
  }

  get(key: string): KeyVersion | undefined {
    return this.running.machine.range({ ...wholeRange, key: key as Key, end: undefined }).items[0];
  }

  private emptyDisk(): MemoryDisk {
    const delay = (ends: () => void, synced: boolean): void => {
      if (this.stuckAt(synced)) this.held.push(ends);
      else this.cluster.later(ends);
    };
    return new MemoryDisk({ directory: `n${this.id}`, delay });
  }
}

const wholeRange: RangeQuery = {
  kind: 'range',
  key: '' as Key,
  end: undefined,
  limit: 0,
  revision: 0 as Revision,
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: false,
  countOnly: false,
  minModRevision: 0 as Revision,
  maxModRevision: 0 as Revision,
  minCreateRevision: 0 as Revision,
  maxCreateRevision: 0 as Revision,
};

export class TestCluster {
  now = 0;
  readonly network: MemoryNetwork;
  readonly members: readonly TestMember[];
  /** Messages that it says no to are lost; images, the answers to them and new connections wait for heal(). */
  passes: (delivery: Delivery) => boolean = () => true;
  private queue: (() => void)[] = [];
  private late: Delivery[] = [];

  constructor(readonly options: Options = {}) {
    this.network = new MemoryNetwork((delivery) => {
      this.later(() => {
        if (delivery.what === 'disconnected' || this.passes(delivery)) delivery.run();
        else if (delivery.what !== 'message') this.late.push(delivery);
      });
    });
    this.members = infos.map(({ id }) => new TestMember(this, id));
  }

  /** All members running, and a leader that has applied an entry of its term. */
  static async start(options?: Options): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    for (const member of cluster.members) await member.start();
    await cluster.elected();
    return cluster;
  }

  member(id: MemberId | number): TestMember {
    return present(this.members[id - 1], 'there are three members');
  }

  get running(): readonly TestMember[] {
    return this.members.filter(({ replica }) => replica);
  }

  get leader(): TestMember | undefined {
    const leaders = this.running.filter(({ replica }) => replica?.status().role === 'leader');
    return leaders.sort((a, b) => b.running.status().term - a.running.status().term)[0];
  }

  /** The members that run and do not lead, the lowest id first. */
  get followers(): readonly TestMember[] {
    return this.running.filter((member) => member !== this.leader);
  }

  /** Cuts these members off from the others, in both directions. */
  isolate(...away: TestMember[]): void {
    const ids = new Set(away.map(({ id }) => id));
    this.passes = ({ from, to }) => ids.has(from) === ids.has(to);
  }
  heal(): void {
    this.passes = () => true;
    for (const delivery of this.late.splice(0)) this.later(() => delivery.run());
  }

  /** Does something soon, after what waits now. */
  later(callback: () => void): void {
    this.queue.push(callback);
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 2; idle++) {
      if (this.queue.length > 0) idle = 0;
      for (let next = this.queue.shift(); next; next = this.queue.shift()) next();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets things happen until the promise settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const ends = (): void => {
      settled = true;
    };
    promise.then(ends, ends);
    for (let rounds = 0; !settled; rounds++) {
      assert(rounds < 1_000, 'what the test waits for goes on');
      await this.settle();
    }
    return promise;
  }

  async tick(ticks = 1): Promise<void> {
    for (let i = 0; i < ticks; i++) {
      this.now += tickMs;
      for (const { replica } of this.running) replica?.tick();
      await this.settle();
    }
  }

  /** Ticks until the condition holds. */
  async until(what: string, condition: () => boolean, ticks = 400): Promise<void> {
    for (let i = 0; !condition(); i++) {
      if (i >= ticks) throw new Error(`waited ${ticks} ticks in vain until ${what}`);
      await this.tick();
    }
  }

  /** A leader among the running members that the others follow and that can commit. Returns it. */
  async elected(): Promise<TestMember> {
    await this.until('a leader is elected', () => {
      const id = this.leader?.id;
      return this.running.every(({ running }) => id !== undefined && running.status().leader === id);
    });
    const leader = present(this.leader, 'there is a leader');
    await this.until(
      'the leader has committed an entry',
      () => leader.running.status().appliedIndex === leader.running.status().lastIndex,
    );
    return leader;
  }

  /** Every member has applied what the leader has, and written it. */
  async even(): Promise<void> {
    await this.settle();
    await this.until('all members have applied the same', () => {
      const last = this.leader?.running.status().lastIndex;
      return this.running.every(
        ({ running, store }) => running.status().appliedIndex === last && store?.chainIndex === last,
      );
    });
  }

  async stop(): Promise<void> {
    for (const member of this.members) {
      await member.unstick();
      await member.stop();
    }
  }
}
