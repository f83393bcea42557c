/** Breaks things while the safety phase lasts, as often as the seed's mixture says, and repairs most of them after a while. */
import type { Revision } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { Calls } from './calls.js';
import type { Fleet } from './fleet.js';
import type { SimMember } from './members.js';
import type { SimNetwork } from './network.js';
import { mayLoseData } from './operators.js';
import type { Swarm } from './swarm.js';
import type { World } from './world.js';

export class Faults {
  over = false;
  private readonly random: Random;
  private readonly wall: Random;
  private readonly members: readonly SimMember[];

  constructor(
    private readonly world: World,
    private readonly swarm: Swarm,
    private readonly network: SimNetwork,
    private readonly fleet: Fleet,
    private readonly calls: Calls,
    /** Members come and go. */
    private readonly reshaping: boolean,
  ) {
    this.random = world.random('faults');
    this.wall = world.random('wall clocks');
    const { members } = fleet;
    this.members = members;
    const { every } = swarm;
    this.often(every.crash, () => this.victim().crash(this.random() < swarm.powerLoss));
    this.often(every.fell, () => this.fellNextLeader());
    this.often(every.crashAll, () => {
      const power = this.random() < swarm.powerLoss;
      for (const member of members) if (this.random() < 0.8) member.crash(power);
    });
    this.often(every.stop, () => void this.pick().stop());
    this.often(every.wipe, () => this.wipe());
    this.often(every.pause, () => this.pause(this.victim()));
    this.often(every.partition, () => this.partition());
    this.often(every.oneWay, () => this.cutFor([[this.pick(), this.pick()]]));
    this.often(every.reset, () => this.pair((a, b) => network.reset(a.id, b.id)));
    this.often(every.slowLink, () => this.slow());
    this.often(every.jump, () => {
      const member = this.pick();
      world.trace.note('clock jumps', member.id);
      member.clock.jump(this.random() * 5_000);
      this.pick(this.wall).setWallClock((this.wall() - 0.5) * 20_000);
    });
    this.often(every.stuckDisk, () => this.stick(this.victim()));
    this.often(every.failedWrite, () =>
      this.running((member) => member.platter.failNextWrite(this.random() < 0.5 ? 'ENOSPC' : 'EIO')),
    );
    this.often(every.bitFlip, () =>
      this.running((member) => {
        member.platter.flips = 1 + Math.floor(this.random() * 3);
      }),
    );
    this.often(every.transfer, () => this.transfer());
    this.often(every.compact, () => this.compact());
    this.restarts();
  }

  /** Everything is repaired; members that are down start, but for a minority that is left out. */
  heal(leftOut: ReadonlySet<SimMember>): void {
    this.over = true;
    this.world.trace.note('all is repaired', '', leftOut.size);
    this.network.healAll();
    for (const member of this.fleet.all) {
      member.platter.flips = 0;
      member.platter.calm = true;
      member.platter.inner.failNextWrite = undefined;
      member.platter.unstick();
      if (member.scope.paused) this.world.resume(member.scope);
      if (leftOut.has(member)) member.crash(true);
    }
    const start = (): void => {
      for (const member of this.members) if (!leftOut.has(member) && member.isDown && !member.removed) member.start();
      this.world.after(200, this.world.always, start);
    };
    start();
    // Those that were removed and do not know it, or do, must stop again.
    for (const member of this.fleet.all)
      if (member.isDown && !leftOut.has(member) && this.random() < 0.5) member.start();
  }

  private often(mean: number, what: () => void): void {
    if (mean === Number.POSITIVE_INFINITY) return;
    const next = (): void => {
      this.world.after(-Math.log(1 - this.random()) * mean, this.world.always, () => {
        if (this.over) return;
        what();
        next();
      });
    };
    next();
  }

  /** What is down comes back sooner or later. */
  private restarts(): void {
    const look = (): void => {
      if (this.over) return;
      for (const member of this.members)
        if (member.isDown && this.random() < (member.removed ? 0.01 : 0.15)) member.start();
      this.world.after(100, this.world.always, look);
    };
    this.world.after(100, this.world.always, look);
  }

  private pick(random = this.random): SimMember {
    return this.members[Math.floor(random() * this.members.length)] as SimMember;
  }

  /** Faults hit the leader more often than the others. */
  private victim(): SimMember {
    const leader = this.random() < 0.3 ? this.leader() : undefined;
    return leader ?? this.pick();
  }

  private running(what: (member: SimMember) => void): void {
    const member = this.pick();
    if (member.up) what(member);
  }

  private pair(what: (a: SimMember, b: SimMember) => void): void {
    const [a, b] = [this.pick(), this.pick()];
    if (a !== b) what(a, b);
  }

  /** One member at a time may lose its data, and only while all others live, have taken part, and have got over theirs. */
  private wipe(): void {
    const member = this.pick();
    if (this.reshaping) {
      if (!mayLoseData(member, this.fleet)) return;
      if (member.isKnownTo(this.members)) member.wipe();
      else member.destroy();
      return;
    }
    if (this.members.length < 3 || !this.members.every((other) => other.isWhole)) return;
    member.wipe();
  }

  /** A new leader falls in the first moments of its reign, with entries on few disks (Raft figure 8). */
  private fellNextLeader(): void {
    const newest = (): number => Math.max(0, ...this.members.map(({ replica }) => termLed(replica)));
    const before = newest();
    let looks = 0;
    const look = (): void => {
      const leader = this.members.find(({ replica }) => termLed(replica) > before);
      if (this.over || (!leader && looks++ > 3_000)) return;
      if (!leader) this.world.after(1, this.world.always, look);
      else if (this.random() < 0.3)
        this.cutFor(this.members.filter((other) => other !== leader).map((other) => [leader, other] as const));
      else {
        const { latencyMs, syncMs, powerLoss } = this.swarm;
        this.world.after(this.random() * (latencyMs + 2 * syncMs), this.world.always, () => {
          if (!this.over) leader.crash(this.random() < powerLoss);
        });
      }
    };
    // Without this there may be no election to wait for.
    if (this.random() < 0.5) this.leader()?.crash(this.random() < this.swarm.powerLoss);
    look();
  }

  private leader(): SimMember | undefined {
    return this.members.find(({ replica }) => termLed(replica) > 0);
  }

  private pause(member: SimMember): void {
    const { scope } = member;
    if (!scope.alive || scope.paused) return;
    this.world.trace.note('pauses', member.id);
    this.world.pause(scope);
    this.world.after(this.duration(), this.world.always, () => {
      this.world.trace.note('goes on', member.id);
      if (scope.paused) this.world.resume(scope);
    });
  }

  private partition(): void {
    const away = this.members.filter(() => this.random() < 0.4);
    const rest = this.members.filter((member) => !away.includes(member));
    this.cutFor(away.flatMap((a) => rest.flatMap((b) => [[a, b] as const, [b, a] as const])));
  }

  private cutFor(ways: readonly (readonly [SimMember, SimMember])[]): void {
    for (const [a, b] of ways) {
      if (a === b) continue;
      this.world.trace.note('is cut off from', b.id, a.id);
      this.network.cut(a.id, b.id);
    }
    this.world.after(this.duration(), this.world.always, () => {
      for (const [a, b] of ways) if (a !== b) this.network.heal(a.id, b.id);
    });
  }

  private slow(): void {
    this.pair((a, b) => {
      this.network.slow(a.id, b.id, 20 + this.random() * 1_000);
      this.world.after(this.duration(), this.world.always, () => this.network.slow(a.id, b.id, 0));
    });
  }

  private stick(member: SimMember): void {
    this.world.trace.note('disk is stuck', member.id);
    member.platter.stuck = true;
    this.world.after(this.duration(), this.world.always, () => member.platter.unstick());
  }

  private transfer(): void {
    const [member, to] = [this.pick(), this.pick()];
    this.world.trace.note('is asked to hand over', member.id, to.id);
    member.replica?.transferLeadership(this.random() < 0.5 ? undefined : to.id).catch(() => {});
  }

  private compact(): void {
    this.running((member) => {
      const revision = member.replica?.machine.revision ?? 1;
      const command = {
        kind: 'compact' as const,
        revision: Math.max(1, revision - Math.floor(this.random() * 60)) as Revision,
      };
      this.calls.write(member, { tag: `compact${revision}`, command, requestId: '' }, 2_000, () => {});
    });
  }

  private duration(): number {
    return 100 + this.random() ** 2 * 5_000;
  }
}

/** 0: does not lead. */
export function termLed(replica: SimMember['replica']): number {
  const status = replica?.status();
  return status?.role === 'leader' ? status.term : 0;
}
