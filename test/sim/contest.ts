/**
 * Contested leadership, in a share of the seeds: leaders are cut off with the callers that go on writing to them, are deposed, and come back with a tail of
 * entries that nobody else has, at the moments that matter to Raft (§5.3, §5.4): just after an election, before the first entry of a term is on its way, while
 * a write of replaced entries is under way. Often the next leader is cut off at the moment in which the last one returns (Raft figure 8).
 */
import { type Key, NO_LEASE } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { Calls } from './calls.js';
import { type Faults, termLed } from './faults.js';
import type { SimMember } from './members.js';
import type { SimNetwork } from './network.js';
import type { Swarm } from './swarm.js';
import type { World } from './world.js';

/** Of the seeds that turn to nothing else. */
const share = 0.45;
/** Longest that a round waits for the next leader. */
const patienceMs = 3_000;

/** The seed's mixture, made fit for contests in the share of seeds that has them: elections are short, appends small, and other faults rarer. */
export function contested(swarm: Swarm, random: Random): Swarm {
  if (swarm.focus.on !== 'nothing' || random() >= share) return swarm;
  const log = (low: number, high: number): number => low * (high / low) ** random();
  const every = { ...swarm.every };
  for (const name of Object.keys(every) as (keyof typeof every)[]) every[name] *= 2;
  // A member may vouch no more for what it had; what it said before must not come late then.
  every.wipe = Number.POSITIVE_INFINITY;
  return {
    ...swarm,
    contested: true,
    members: Math.max(3, swarm.members),
    electionTicks: 5 + Math.floor(random() * 6),
    latencyMs: Math.min(swarm.latencyMs, 10),
    bounds: {
      ...swarm.bounds,
      appendBytes: random() < 0.6 ? log(100, 1_000) : swarm.bounds.appendBytes,
      inflightAppends: 1 + Math.floor(random() * 16),
    },
    every,
  };
}

export class Contest {
  private readonly random: Random;

  constructor(
    private readonly world: World,
    private readonly swarm: Swarm,
    private readonly network: SimNetwork,
    private readonly members: readonly SimMember[],
    private readonly calls: Calls,
    private readonly faults: Faults,
    private readonly nextTag: () => string,
  ) {
    this.random = world.random('contest rounds');
    if (swarm.contested) void this.rounds();
  }

  private async rounds(): Promise<void> {
    let struck: SimMember | undefined;
    while (!this.faults.over) {
      const leader = struck ?? (await this.leaderAfter(0));
      struck = leader && (await this.round(leader, struck !== undefined));
      if (!struck) await this.sleep(this.random() ** 2 * 1_500);
    }
  }

  /** @returns the next leader, which has been cut off already */
  private async round(leader: SimMember, isStruck: boolean): Promise<SimMember | undefined> {
    const { random } = this;
    const term = termLed(leader.replica);
    if (!isStruck) {
      await this.sleep(random() < 0.5 ? this.moment(3) : random() * 600);
      if (this.faults.over) return undefined;
      this.strike(leader);
    }
    const next = await this.leaderAfter(term, leader);
    // It may have told nobody of its term, some, or have committed entries in it.
    await this.sleep(random() < 0.5 ? this.moment(4) : random() * 500);
    if (this.faults.over) return undefined;
    const rotates = next?.up === true && random() < 0.6;
    if (rotates) this.strike(next);
    this.bringBack(leader, next);
    return rotates ? next : undefined;
  }

  /** Cuts a leader off, in one direction or both, while its callers write on. */
  private strike(leader: SimMember): void {
    const { random, world } = this;
    const dice = random();
    world.trace.note('is struck as leader', leader.id);
    // What was not written yet is replaced then, too.
    if (random() < 0.5) leader.platter.stuck = true;
    // Deaf: its entries still go out, and it does not hear that they have arrived.
    if (dice < 0.65) this.cut(leader, true, true);
    else if (dice < 0.85) {
      this.cut(leader, false, true);
      if (random() < 0.7)
        world.after(random() * 150, world.always, () => this.unlessOver(() => this.cut(leader, true, false)));
    } else this.cut(leader, true, false);
    this.burst(leader, 1 + Math.floor(random() ** 2 * 40), random() * 400);
    if (random() < 0.1)
      world.after(this.moment(3), world.always, () =>
        this.unlessOver(() => leader.crash(random() < this.swarm.powerLoss)),
      );
  }

  private bringBack(leader: SimMember, next: SimMember | undefined): void {
    const { random, world, network } = this;
    world.trace.note('is let back', leader.id);
    for (const other of this.members) {
      if (other === leader) continue;
      // Broken connections hold nothing, and the new ones begin with a heartbeat.
      if (random() < 0.6) network.reset(leader.id, other.id);
      network.heal(leader.id, other.id);
      network.heal(other.id, leader.id);
    }
    if (next && random() < 0.3) this.burst(next, 1 + Math.floor(random() * 10), random() * 100);
    const { stuck } = leader.platter;
    if (stuck) world.after(this.moment(3) + random() ** 2 * 500, world.always, () => leader.platter.unstick());
    if (random() < (stuck ? 0.2 : 0.6)) this.crashOnceReplaced(leader);
  }

  /** Crashes a member in the moments after a new leader's entries have replaced its own. */
  private crashOnceReplaced(member: SimMember): void {
    const { world } = this;
    const lastTerm = member.replica?.['raft'].state.log.lastTerm;
    const { scope } = member;
    let looks = 0;
    const look = (): void => {
      if (this.faults.over || member.scope !== scope || !member.up || looks++ > 500) return;
      if (member.replica?.['raft'].state.log.lastTerm === lastTerm) world.after(1, world.always, look);
      else
        world.after(this.moment(3), world.always, () =>
          this.unlessOver(() => member.scope === scope && member.crash(this.random() < this.swarm.powerLoss)),
        );
    };
    look();
  }

  private burst(member: SimMember, count: number, withinMs: number): void {
    const { world, random } = this;
    for (let i = 0; i < count; i++)
      world.after(random() * withinMs, world.always, () => {
        if (this.faults.over || !member.up) return;
        const tag = this.nextTag();
        const value = Buffer.from(`${tag} ${'z'.repeat(Math.floor(random() * 100))}`);
        const key = `k${Math.floor(random() * this.swarm.keys)}` as Key;
        const command = {
          kind: 'put' as const,
          key,
          value,
          lease: NO_LEASE,
          prevKv: false,
          ignoreValue: false,
          ignoreLease: false,
        };
        this.calls.write(member, { tag, command, requestId: '' }, 200 + random() * 2_000, () => {});
      });
  }

  private cut(member: SimMember, out: boolean, back: boolean): void {
    for (const other of this.members) {
      if (other === member) continue;
      if (out) this.network.cut(member.id, other.id);
      if (back) this.network.cut(other.id, member.id);
    }
  }

  /** A leader of a later term; undefined when it takes too long. */
  private async leaderAfter(term: number, not?: SimMember): Promise<SimMember | undefined> {
    const until = this.world.now + patienceMs;
    while (!this.faults.over && this.world.now < until) {
      const leader = this.members.find((member) => member !== not && termLed(member.replica) > term);
      if (leader) return leader;
      await this.sleep(1 + this.random() * 3);
    }
    return undefined;
  }

  /** Some messages and writes long. */
  private moment(scale: number): number {
    return this.random() * scale * (this.swarm.latencyMs + this.swarm.syncMs);
  }

  private unlessOver(what: () => void): void {
    if (!this.faults.over) what();
  }

  private sleep(milliseconds: number): Promise<void> {
    return this.world.sleep(milliseconds, this.world.always);
  }
}
