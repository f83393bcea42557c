/** Faults that wait for their moment: they look at what a member is doing, where those of faults.ts look at the clock alone. */
import type { Revision } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { Calls } from './calls.js';
import type { Faults } from './faults.js';
import type { History } from './history.js';
import type { SimMember } from './members.js';
import { tickMs } from './members.js';
import type { Swarm } from './swarm.js';
import type { World } from './world.js';

/** What a member may be seen doing. */
type Moment = 'image under way' | 'image installed' | 'term changed' | 'compacted' | 'deletion newest' | 'writing';

/** What was last seen of a member. */
interface Seen {
  runs: number;
  installing: boolean;
  term: number;
  compacted: Revision;
  revision: Revision;
}

export class Aimed {
  private readonly random: Random;
  private readonly seen = new Map<SimMember, Seen>();
  private readonly armed = new Map<Moment, (member: SimMember) => void>();

  constructor(
    private readonly world: World,
    private readonly swarm: Swarm,
    private readonly members: readonly SimMember[],
    private readonly calls: Calls,
    private readonly history: History,
    private readonly faults: Faults,
  ) {
    this.random = world.random('aimed');
    const { on, everyMs } = swarm.focus;
    if (on === 'nothing') return;
    const next = (): void => {
      world.after(-Math.log(1 - this.random()) * everyMs, world.always, () => {
        if (faults.over) return;
        if (on === 'images') this.aimAtImage();
        else if (on === 'compactions') this.aimAtCompaction();
        else this.stall();
        next();
      });
    };
    next();
  }

  /** After every event of a member. */
  onStep(member: SimMember): void {
    const { replica, runs } = member;
    if (this.swarm.focus.on === 'nothing' || this.faults.over || !replica) return;
    const { machine } = replica;
    const { revision, compactedRevision: compacted } = machine;
    const installing = replica['installing'];
    const { term } = replica['raftStatus'];
    const before = this.seen.get(member);
    this.seen.set(member, { runs, installing, term, compacted, revision });
    if (!before || before.runs !== runs) return;
    if (installing && !before.installing) this.strike('image under way', member);
    if (!installing && before.installing) this.strike('image installed', member);
    if (term !== before.term) this.strike('term changed', member);
    if (compacted !== before.compacted) this.strike('compacted', member);
    if (revision !== before.revision && this.history.changes[revision]?.every(({ current }) => current.deleted))
      this.strike('deletion newest', member);
    if (replica['persister'].busy) this.strike('writing', member);
  }

  private strike(moment: Moment, member: SimMember): void {
    const what = this.armed.get(moment);
    if (!what) return;
    this.armed.delete(moment);
    // Not from within what it looks at.
    this.soon(0, () => {
      if (!member.up) return;
      this.world.trace.note('is struck', member.id, moment);
      what(member);
    });
  }

  private aimAtImage(): void {
    const { latencyMs, syncMs } = this.swarm;
    const crash = (member: SimMember): void => {
      const { runs } = member;
      this.soon(this.random() * 2 * syncMs, () => {
        if (member.runs === runs) member.crash(this.random() < 0.7);
      });
    };
    const dice = this.random();
    if (dice < 0.2) this.armed.set('image under way', crash);
    else if (dice < 0.4) this.armed.set('image installed', crash);
    else if (dice < 0.5) this.armed.set('writing', (member) => member.crash(true));
    else if (dice < 0.65)
      // The leader changes while its image is under way.
      this.armed.set('image under way', (member) => {
        const status = member.replica?.status();
        const leader = this.members.find(({ id }) => id === status?.leader);
        if (this.random() < 0.5) leader?.crash(this.random() < 0.5);
        else leader?.replica?.transferLeadership(undefined).catch(() => {});
      });
    else if (dice < 0.75) this.leaveBehind();
    // The disk is slow at the moment at which a new leader is heard of: an image may overtake what waits for it.
    else if (dice < 0.9)
      this.armed.set('term changed', (member) => this.stick(member, latencyMs * 10 + this.random() * 300));
    else this.stick(this.pick(), latencyMs * 10 + this.random() * 500);
  }

  /** One is down while the term goes on without it: the first that it hears of the new leader may be its image. */
  private leaveBehind(): void {
    const leader = this.leader();
    const member = this.pick();
    if (!leader || member === leader) return;
    member.crash(this.random() < 0.5);
    this.soon(this.random() * 200, () => void leader.replica?.transferLeadership(undefined).catch(() => {}));
  }

  private aimAtCompaction(): void {
    const dice = this.random();
    const crash = (member: SimMember): void => {
      const { runs } = member;
      this.soon(this.random() * (100 + 2 * this.swarm.syncMs), () => {
        if (member.runs === runs) member.crash(this.random() < this.swarm.powerLoss);
      });
    };
    if (dice < 0.25) this.armed.set('compacted', crash);
    else if (dice < 0.75)
      this.armed.set('deletion newest', (member) => {
        const revision = member.replica?.machine.revision;
        if (revision === undefined) return;
        this.compact(member, revision);
        if (this.random() < 0.3) this.armed.set('compacted', crash);
      });
    else this.compact(this.pick(), this.recentDeletion());
  }

  /** The leader sees nothing for about as long as it takes to lose its place, or its disk does. */
  private stall(): void {
    const leader = this.leader();
    const forMs = this.swarm.electionTicks * tickMs * (0.3 + 1.5 * this.random());
    if (!leader) return;
    if (this.random() < 0.3) this.stick(leader, forMs);
    else {
      const { scope } = leader;
      if (scope.paused) return;
      this.world.trace.note('pauses', leader.id);
      this.world.pause(scope);
      this.soon(forMs, () => {
        this.world.trace.note('goes on', leader.id);
        if (scope.paused) this.world.resume(scope);
      });
    }
  }

  private stick(member: SimMember, forMs: number): void {
    if (!member.up || member.platter.stuck) return;
    this.world.trace.note('disk is stuck', member.id);
    member.platter.stuck = true;
    this.soon(forMs, () => member.platter.unstick());
  }

  private compact(member: SimMember, revision: Revision): void {
    if (!member.up) return;
    const command = { kind: 'compact' as const, revision };
    this.calls.write(member, { tag: `aimed${revision}`, command, requestId: '' }, 2_000, () => {});
  }

  /** Something that was deleted a moment ago may be back by now. */
  private recentDeletion(): Revision {
    const { changes, revision } = this.history;
    let skipped = Math.floor(this.random() * 3);
    for (let at = revision; at > Math.max(1, revision - 100); at--)
      if (changes[at]?.some(({ current }) => current.deleted) && skipped-- === 0) return at as Revision;
    return Math.max(1, revision - 2) as Revision;
  }

  private leader(): SimMember | undefined {
    return this.members.find(({ replica }) => replica?.status().role === 'leader');
  }

  private pick(): SimMember {
    return this.members[Math.floor(this.random() * this.members.length)] as SimMember;
  }

  private soon(delay: number, what: () => void): void {
    this.world.after(delay, this.world.always, () => {
      if (!this.faults.over) what();
    });
  }
}
