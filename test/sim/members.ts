/** The members: real replicas on simulated disks, network and clocks, that crash between any two events. */
import { assert } from '../../src/base/assert.js';
import { FatalError } from '../../src/base/errors.js';
import type { ClusterId, MemberId } from '../../src/base/ids.js';
import type { Log } from '../../src/base/log.js';
import type { Random } from '../../src/base/random.js';
import type { Scheduler } from '../../src/replica/options.js';
import { MemberReplica } from '../../src/replica/replica.js';
import type { MemberInfo } from '../../src/replica/types.js';
import { RecordStore } from '../../src/storage/record-store.js';
import type { MemoryTransport } from '../../src/transport/memory.js';
import { Clock } from './clocks.js';
import { Platter, SimDisk } from './disk.js';
import type { SimNetwork } from './network.js';
import type { Swarm } from './swarm.js';
import { Scope, type World } from './world.js';

export const tickMs = 50;
const heartbeatTicks = 2;
export const clusterId = 77 as ClusterId;
const wallClockBase = 1_700_000_000_000;

/** Who wants to know what becomes of members. */
export interface MemberEvents {
  onUp(member: SimMember): void;
  onDown(member: SimMember): void;
  /** Its machine or its data are lost. */
  onLoss(): void;
  /** A write to its disk has ended. */
  onWritten(member: SimMember): void;
}

/** How a member comes into the cluster. */
export interface Origin {
  /** One of the settings, or one that joined. */
  readonly founder: boolean;
  /**
   * Who the members are, as a member is told of that knows nobody: those of the settings, or what the cluster answers. A joining member names the
   * id in its data directory, if there is one.
   */
  members(known: MemberId | undefined): readonly MemberInfo[] | 'nobody answers' | 'removed' | 'votes';
}

export class SimMember {
  replica: MemberReplica | undefined;
  store: RecordStore | undefined;
  clock: Clock;
  scope: Scope;
  readonly platter: Platter;
  runs = 0;
  /** The cluster told it that it was removed. */
  removed = false;
  /** It will never start again: its machine is gone, or it would be a voter without its data. */
  lost = false;
  private wiped = false;
  private wallOffset = 0;
  private newestWallTime = 0;
  private transport: MemoryTransport | undefined;
  private booting = false;
  private stopping: Scope | undefined;
  private readonly random: Random;
  private readonly log: Log;

  constructor(
    private readonly world: World,
    private readonly swarm: Swarm,
    private readonly network: SimNetwork,
    private readonly origin: Origin,
    readonly id: MemberId,
    readonly name: string,
    private readonly events: MemberEvents,
  ) {
    this.random = world.random(`member ${id}`);
    this.platter = new Platter(world, this.name, swarm, world.random(`disk ${id}`));
    this.platter.onWritten = () => events.onWritten(this);
    this.scope = new Scope(this.name);
    this.scope.alive = false;
    this.clock = this.newClock();
    const say = (fields: Record<string, unknown>, message: string): void =>
      world.trace.note('says', id, `${message} ${JSON.stringify(fields, plain)}`);
    this.log = { debug: () => {}, info: say, warn: say, error: say };
  }

  get up(): boolean {
    return this.replica !== undefined;
  }
  /** Whether there is anything to start. */
  get isDown(): boolean {
    return !this.scope.alive && !this.lost;
  }
  /** Runs, has taken part in the cluster and does not have to get over the loss of its data. */
  get isWhole(): boolean {
    return this.replica?.founded === true && !this.replica.status().recovering;
  }
  /** It has lost its data and is not whole again. */
  get lacksData(): boolean {
    if (this.isWhole) this.wiped = false;
    return this.wiped;
  }

  /** Whether one of these can tell it, when it comes without its data, that the cluster has lived; else it would found one anew. */
  isKnownTo(others: readonly SimMember[]): boolean {
    if (!this.origin.founder) return true;
    const settings = this.origin.members(undefined);
    return others.some((other) => other !== this && !other.removed && has(settings, other.id));
  }

  start(): void {
    assert(!this.replica && !this.booting, 'a member is started once');
    this.booting = true;
    const scope = new Scope(this.name);
    this.scope = scope;
    this.platter.scope = scope;
    this.clock = this.newClock();
    this.runs++;
    this.world.trace.note('starts', this.id, `run ${this.runs}`);
    this.boot(scope).catch((error: unknown) => {
      if (scope.alive) this.onFatal(error, scope);
    });
  }

  private async boot(scope: Scope): Promise<void> {
    const { world, swarm, id, origin, network, clock } = this;
    const identity = { clusterId, memberId: id, memberName: this.name };
    const onFatal = (error: unknown): void => {
      if (scope.alive) world.after(0, scope, () => this.onFatal(error, scope));
    };
    const store = new RecordStore(new SimDisk(this.platter), {
      onFatal,
      now: () => this.wallTime(),
    });
    let known: MemberId | undefined;
    let told: ReturnType<Origin['members']> | undefined;
    const stored = await store.open(async (found) => {
      known = found?.memberId;
      if (!found) told = origin.members(undefined);
      if (told !== undefined && typeof told === 'string') throw new NoPlace(told);
      return identity;
    });
    const knowsMembers = stored.machine?.membership.records !== undefined || stored.laterMemberships.length > 0;
    if (told === undefined) told = origin.founder || !knowsMembers ? origin.members(known) : [];
    if (typeof told === 'string') throw new NoPlace(told);
    const members = told;
    const transport = network.memory.create({
      self: id,
      peers: members.map((member) => member.id).filter((other) => other !== id),
      founded: () => replica.founded,
    });
    this.newestWallTime = Math.max(this.newestWallTime, stored.incarnation);
    const replica = await MemberReplica.open({
      identity,
      members,
      founder: origin.founder,
      incarnation: stored.incarnation,
      store,
      stored,
      transport: network.over(transport),
      tickMs,
      heartbeatTicks,
      electionTicks: swarm.electionTicks,
      retentionMs: swarm.retentionMs,
      keepLogBytes: swarm.keepLogBytes,
      random: this.random,
      scheduler: this.scheduler(clock, scope),
      bounds: swarm.bounds,
      log: this.log,
      onFatal,
      onRemoved: () => {
        if (scope.alive) this.onRemoved();
      },
    });
    this.booting = false;
    this.transport = transport;
    this.store = store;
    this.replica = replica;
    this.events.onUp(this);
    await replica.start();
    const tick = (): void => {
      world.after(clock.worldTime(tickMs), scope, tick);
      replica.tick();
    };
    world.after(clock.worldTime(tickMs) * this.random(), scope, tick);
  }

  /** The process ends without a word, and with `power` all that its disk had not synced. */
  crash(power: boolean): void {
    if (!this.scope.alive) return;
    this.world.trace.note('crashes', this.id, power ? 'power lost' : 'process killed');
    this.end(power);
  }

  /** As a signal does. */
  async stop(): Promise<void> {
    const { replica, store, transport, scope } = this;
    if (!replica || !store || !transport || this.stopping === scope) return;
    this.stopping = scope;
    this.world.trace.note('stops', this.id);
    await replica.stop();
    await transport.stop();
    await store.close();
    if (scope.alive && this.scope === scope) this.end(false);
  }

  /** As a member does that hears that it was removed. */
  private onRemoved(): void {
    if (!this.removed) this.world.trace.note('was removed', this.id);
    this.removed = true;
    void this.stop();
  }

  /** Its machine is gone, for good. */
  destroy(): void {
    this.world.trace.note('is lost', this.id);
    this.events.onLoss();
    this.lost = true;
    this.crash(true);
  }

  wipe(): void {
    this.world.trace.note('loses its data', this.id);
    this.events.onLoss();
    this.crash(true);
    this.platter.wipe();
    this.wiped = true;
  }

  /** Something outside the loop found out that the member cannot go on. */
  fail(error: unknown): void {
    this.onFatal(error, this.scope);
  }

  private end(power: boolean): void {
    this.scope.alive = false;
    this.booting = false;
    this.platter.crash(power);
    if (this.replica) this.events.onDown(this);
    this.replica = undefined;
    this.store = undefined;
    void this.transport?.stop();
    this.transport = undefined;
  }

  /** The member cannot go on: right if its disk failed, else a bug. */
  private onFatal(error: unknown, scope: Scope): void {
    if (!scope.alive) return;
    this.world.trace.note('cannot go on', this.id, String(error));
    if (error instanceof NoPlace) {
      // Who is told that it was removed may have asked somebody who has not heard of it yet.
      this.lost ||= error.answer === 'votes';
      this.end(false);
      return;
    }
    if (!(error instanceof FatalError)) {
      const stack = error instanceof Error ? (error.stack ?? '') : '';
      this.world.trace.note('stack', this.id, stack);
      this.world.violated('assertion', `member ${this.id}: ${String(error)}`);
      return;
    }
    if (!this.platter.faulted) this.world.violated('disk', `member ${this.id} gave up a sound disk: ${error.message}`);
    this.end(false);
  }

  /** The clock on the wall is set now and then, and goes back when it is. */
  setWallClock(milliseconds: number): void {
    this.world.trace.note('wall clock is set', this.id, Math.round(milliseconds));
    this.wallOffset += milliseconds;
  }

  private wallTime(): number {
    const time = wallClockBase + Math.floor(this.world.now + this.wallOffset);
    // Who loses the data and the time at once is beyond what incarnations promise.
    this.newestWallTime = this.wiped ? Math.max(time, this.newestWallTime + 1) : Math.max(time, this.newestWallTime);
    return this.wiped ? this.newestWallTime : time;
  }

  private scheduler(clock: Clock, scope: Scope): Scheduler {
    const { world } = this;
    return {
      now: () => clock.now(),
      wall: () => this.wallTime(),
      defer: (callback) => world.after(0, scope, callback),
      after: (milliseconds, callback) => {
        let wanted = true;
        world.after(clock.worldTime(milliseconds), scope, () => {
          if (wanted) callback();
        });
        return () => {
          wanted = false;
        };
      },
    };
  }

  private newClock(): Clock {
    const { clockSpread, cpuCostMs } = this.swarm;
    const rate = 1 + (this.random() * 2 - 1) * clockSpread;
    return new Clock(this.world, rate, cpuCostMs, this.random() * 1e6);
  }
}

/** The cluster has no place for it now. */
class NoPlace extends Error {
  override readonly name = 'NoPlace';

  constructor(readonly answer: 'nobody answers' | 'removed' | 'votes') {
    super(answer);
  }
}

function has(members: ReturnType<Origin['members']>, id: MemberId): boolean {
  return typeof members !== 'string' && members.some((member) => member.id === id);
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
