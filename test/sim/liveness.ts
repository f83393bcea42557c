/** After the faults: with a quorum healed, everything must make progress within a bound of virtual time. */
import { type Key, NO_LEASE } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { Random } from '../../src/base/random.js';
import type { Command } from '../../src/machine/types.js';
import { allMembers } from '../../src/raft/membership.js';
import type { MemberRecord, Membership } from '../../src/raft/types.js';
import type { SimMember } from './members.js';
import type { Operators } from './operators.js';
import type { Simulation } from './simulation.js';

/** Elections, images, retries and slow disks all take part of it. */
const boundMs = 30_000;
/** Longer than any message lives, and longer than operators wait. */
const lateChangeMs = 6_000;
/** Longer than the longest TTL by the slowest clock. */
const restMs = 4_000;
/** A lease that nobody renews may live so much longer: the cluster clock moves with commits only. */
const leaseSlackMs = 4_000;
/** Of the service that sessions register in. */
const guardOff: Command = {
  kind: 'putService',
  namespace: 'app',
  service: 's',
  json: Buffer.from('{"guard":{"off":true}}'),
  ifVersion: undefined,
};
const probe = {
  kind: 'put' as const,
  key: 'probe' as Key,
  lease: NO_LEASE,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
};

export class Liveness {
  private alive: readonly SimMember[] = [];
  private readonly leftOut = new Set<SimMember>();
  private readonly random: Random;

  constructor(private readonly simulation: Simulation) {
    this.random = simulation.world.random('liveness');
  }

  async run(): Promise<void> {
    const { world, swarm, faults, members, clients, sessions, followers, operators } = this.simulation;
    // A member without its data cannot be missed: it is not electable, and the others' quorum was counted with it.
    const missed = members.some(({ isWhole }) => !isWhole) ? members.length : 0;
    if (!operators) this.leaveOut(members, missed);
    faults.heal(this.leftOut);
    for (const session of sessions) session.active = false;
    // A few small appends a round trip carry less than the clients may want; then nothing is ever in time.
    const { bounds, latencyMs, syncMs } = swarm;
    if ((bounds.inflightAppends < 3 || bounds.inflightBytes < 5_000) && 2 * latencyMs + syncMs > 10)
      for (const client of clients) client.patience = bounds.appendBytes < 1_000 ? 100 : 10;
    if (operators) await this.settle(operators);
    if (world.violation) return;
    this.alive = members.filter((member) => !this.leftOut.has(member));
    for (const follower of followers) follower.calm = true;
    const written = new Set<SimMember>();
    const read = new Set<SimMember>();
    for (const member of this.alive) {
      this.tryWrite(member, written);
      this.tryRead(member, read);
    }
    await this.within('a write through every member is acknowledged', () => written.size === this.alive.length);
    await this.within('a read through every member is answered', () => read.size === this.alive.length);
    for (const client of clients) client.active = false;
    await world.advance(world.now + restMs);
    // Guards would hold what ends now for minutes.
    if (sessions.length > 0) {
      const off = new Set<SimMember>();
      for (const member of this.alive) this.tryWrite(member, off, guardOff);
      await this.within('guards can be switched off', () => off.size === this.alive.length);
    }
    await this.within(
      'silent leases end',
      () => this.alive.every(({ replica }) => replica?.machine.leaseIds().length === 0),
      () => this.alive.map(({ id, replica }) => `${id} has ${replica?.machine.leaseIds().length}`).join('; '),
      leaseSlackMs,
    );
    await this.within('all members are even', () => this.areEven());
    await this.within(
      'all watches have caught up',
      () => followers.every((follower) => follower.hasReached(this.simulation.history.revision)),
      () => followers.map(({ words }) => words).join('; '),
    );
    await world.advance(world.now + limits.keepAliveDeadlineMs);
    await this.within('all members have written what they applied', () => {
      for (const { replica } of this.alive) replica?.tick();
      return (
        this.alive.every(({ replica, store }) => replica && store?.chainIndex === replica.machine.appliedIndex) &&
        this.areEven()
      );
    });
  }

  /** A minority stays away. @param missed voters that are away already */
  private leaveOut(voters: readonly SimMember[], missed: number): void {
    const { random } = this;
    const minority = Math.max(0, Math.floor((voters.length - 1) / 2) - missed);
    const count = random() < 0.3 ? minority : 0;
    const first = Math.floor(random() * voters.length);
    for (const [i, voter] of voters.entries())
      if ((i + voters.length - first) % voters.length < count) this.leftOut.add(voter);
  }

  /** The changes of the membership end, and everybody is what the last one says. */
  private async settle(operators: Operators): Promise<void> {
    const { fleet, members, world } = this.simulation;
    operators.over = true;
    await this.within('operators are answered', () => operators.idle);
    // What they asked for and gave up may still be under way, also in a message that comes late.
    if (!world.violation) await world.advance(world.now + lateChangeMs);
    let settled: Membership | undefined;
    await this.within(
      'the membership comes to rest',
      () => {
        settled = this.settledMembership(operators);
        return settled !== undefined;
      },
      () => this.words(),
    );
    if (!settled) return;
    const ids = new Set(allMembers(settled));
    for (const member of [...members]) if (!ids.has(member.id) || member.lost) fleet.retire(member);
    // A member whose addition was lost with its leader was never one, and waits to be added again.
    const removed = new Set(settled.removed);
    await this.within('removed members stop', () =>
      [...fleet.all].every(({ id, replica }) => {
        if (!replica || !removed.has(id)) return true;
        // Unless there is nobody left whom it knows.
        return !replica.members.some((other) => members.some((member) => member.id === other.id && member.up));
      }),
    );
    const { voters } = settled;
    const lost = voters.filter((id) => fleet.get(id)?.lost).length;
    const present = members.filter(({ id }) => voters.includes(id));
    if (present.every(({ isWhole }) => isWhole)) this.leaveOut(present, lost);
    for (const member of this.leftOut) member.crash(true);
  }

  /** What counts, once it is not joint, everybody goes by it, and all who are to become voters are. */
  private settledMembership(operators: Operators): Membership | undefined {
    const { fleet, members } = this.simulation;
    const leader = members.find(({ replica }) => replica?.status().role === 'leader')?.replica?.['raft'].state;
    if (!leader || leader.memberships.index > leader.commit || leader.membership.outgoing.length > 0) return undefined;
    const { voters, learners, records = [] } = leader.membership;
    for (const { id, name } of records) operators.start(id, name);
    const due = ({ id, promote }: MemberRecord) => promote && learners.includes(id) && fleet.get(id)?.lost === false;
    // One that takes the place of a voter needs none that is free.
    const hasPlace = ({ replaces }: MemberRecord) => replaces !== undefined && voters.includes(replaces);
    if (records.some((record) => due(record) && (voters.length < limits.voters || hasPlace(record)))) return undefined;
    for (const member of members) {
      if (!voters.includes(member.id) && !learners.includes(member.id)) continue;
      // It was wiped, and everybody in its settings has left since.
      if (member.lacksData && !member.isKnownTo(members.filter(({ id }) => voters.includes(id)))) member.destroy();
      if (member.lost) continue;
      if (member.replica?.['raft'].state.membership.voters.join() !== voters.join()) return undefined;
    }
    return leader.membership;
  }

  private words(): string {
    const state = ({ id, lost, removed, replica }: SimMember): string => {
      if (!replica) return `${id} ${lost ? 'lost' : removed ? 'removed' : 'down'}`;
      const { role, membership, memberships, commit } = replica['raft'].state;
      const { voters, outgoing, learners } = membership;
      return `${id} ${role}, entry ${memberships.index} of ${commit}: ${voters.join()} | ${outgoing.join()} | ${learners.join()}`;
    };
    return this.simulation.members.map(state).join('; ');
  }

  private areEven(): boolean {
    const { history } = this.simulation;
    return this.alive.every(({ replica }) => {
      const machine = replica?.machine;
      return machine?.appliedIndex === history.lastIndex && !machine.status().backlog;
    });
  }

  private tryWrite(member: SimMember, done: Set<SimMember>, wanted?: Command): void {
    const { calls, world } = this.simulation;
    const tag = this.simulation.nextTag();
    const command = wanted ?? { ...probe, value: Buffer.from(tag) };
    const again = (): void => {
      if (!done.has(member)) world.after(500, world.always, () => this.tryWrite(member, done, wanted));
    };
    if (!member.up) {
      again();
      return;
    }
    this.ifCrashed(member, again);
    calls.write(member, { tag, command, requestId: '' }, 5_000, (answer) => {
      if (answer.kind === 'done') done.add(member);
      else again();
    });
  }

  private tryRead(member: SimMember, done: Set<SimMember>): void {
    const { calls, world } = this.simulation;
    const again = (): void => {
      if (!done.has(member)) world.after(500, world.always, () => this.tryRead(member, done));
    };
    if (!member.up) {
      again();
      return;
    }
    this.ifCrashed(member, again);
    calls.read(member, 5_000, () => done.add(member), again);
  }

  /** Nobody answers for a member that fell meanwhile, over damage that came to light only now. */
  private ifCrashed(member: SimMember, again: () => void): void {
    const { world } = this.simulation;
    const { runs } = member;
    world.after(6_000, world.always, () => {
      if (member.runs !== runs) again();
    });
  }

  private async within(
    what: string,
    condition: () => boolean,
    words: () => string = () => '',
    bound = boundMs,
  ): Promise<void> {
    const { world } = this.simulation;
    if (world.violation) return;
    let checked = 0;
    let fulfilled = false;
    await world.advance(world.now + bound, () => {
      if (checked++ % 16 === 0) fulfilled = condition();
      return fulfilled;
    });
    if (!world.violation && !fulfilled && !condition())
      world.violated('liveness', `in vain for ${bound / 1_000} s: ${what} ${words()}`);
  }
}
