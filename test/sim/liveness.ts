/** After the faults: with a quorum healed, everything must make progress within a bound of virtual time. */
import { type Key, NO_LEASE } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { SimMember } from './members.js';
import type { Simulation } from './simulation.js';

/** Elections, images, retries and slow disks all take part of it. */
const boundMs = 30_000;
/** Longer than the longest TTL by the slowest clock. */
const restMs = 4_000;
/** A lease that nobody renews may live so much longer: the cluster clock moves with commits only. */
const leaseSlackMs = 4_000;
const probe = {
  kind: 'put' as const,
  key: 'probe' as Key,
  lease: NO_LEASE,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
};

export class Liveness {
  private readonly alive: readonly SimMember[];
  private readonly leftOut: ReadonlySet<SimMember>;

  constructor(private readonly simulation: Simulation) {
    const { world, members } = simulation;
    const random = world.random('liveness');
    // A member without its data cannot be missed: it is not electable, and the others' quorum was counted with it.
    const minority = members.some(({ isWhole }) => !isWhole) ? 0 : Math.floor((members.length - 1) / 2);
    const count = random() < 0.3 ? minority : 0;
    const first = Math.floor(random() * members.length);
    this.leftOut = new Set(members.filter((_, i) => (i + members.length - first) % members.length < count));
    this.alive = members.filter((member) => !this.leftOut.has(member));
  }

  async run(): Promise<void> {
    const { world, faults, clients, sessions, followers } = this.simulation;
    faults.heal(this.leftOut);
    for (const session of sessions) session.active = false;
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
    await this.within(
      'silent leases end',
      () => this.alive.every(({ replica }) => replica?.machine.leaseIds().length === 0),
      () => '',
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

  private areEven(): boolean {
    const { history } = this.simulation;
    return this.alive.every(({ replica }) => {
      const machine = replica?.machine;
      return machine?.appliedIndex === history.lastIndex && !machine.status().backlog;
    });
  }

  private tryWrite(member: SimMember, done: Set<SimMember>): void {
    const { calls, world } = this.simulation;
    const tag = this.simulation.nextTag();
    const command = { ...probe, value: Buffer.from(tag) };
    const again = (): void => {
      if (!done.has(member)) world.after(500, world.always, () => this.tryWrite(member, done));
    };
    if (!member.up) {
      again();
      return;
    }
    const { runs } = member;
    world.after(6_000, world.always, () => {
      if (member.runs !== runs) again();
    });
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
    calls.read(member, 5_000, () => done.add(member), again);
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
