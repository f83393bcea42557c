/** Those who run the cluster: they add, promote, replace, move and remove members while everything goes on, and clear away what is dead. */
import { QuorateError } from '../../src/base/errors.js';
import type { MemberId } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { MemberChange, MemberInfo } from '../../src/replica/types.js';
import type { Calls } from './calls.js';
import type { Fleet } from './fleet.js';
import type { SimMember } from './members.js';
import type { World } from './world.js';

/** What a seed is like whose members change. */
export interface Reshaping {
  /** Members of the settings, 1 to 5. */
  readonly founders: number;
  readonly operators: number;
  /** Mean milliseconds between two changes by one operator. */
  readonly everyMs: number;
  /** Mean milliseconds between two machines that are lost for ever; Infinity: none is. */
  readonly lossMs: number;
  /** A member is added while the cluster is starting. */
  readonly early: boolean;
}

/** Undefined in most seeds: the members stay those of the settings. */
export function drawReshaping(random: Random): Reshaping | undefined {
  if (random() >= 0.3) return undefined;
  return {
    founders: 1 + Math.floor(random() * 5),
    operators: random() < 0.3 ? 2 : 1,
    everyMs: 300 * 10 ** random(),
    lossMs: random() < 0.3 ? 3_000 + random() * 9_000 : Number.POSITIVE_INFINITY,
    early: random() < 0.4,
  };
}

const maxMembers = 6;
const maxTries = 5;
/** How often it is looked for the first leader, how often that is asked for a member, and within what time; milliseconds. */
const lookMs = 5;
const earlyAsks = 8;
const earlyMs = 100;
/** What a member may say to an operator; all but the first four depend on what the cluster is like. */
const mayPass = new Set(['NO_QUORUM', 'CHANGE_IN_PROGRESS', 'MEMBER_STOPPING', 'MEMBER_NOT_READY']);
const final = new Set(['MEMBER_NOT_FOUND', 'MEMBER_EXISTS', 'QUORUM_AT_RISK', 'TOO_MANY_MEMBERS']);

export class Operators {
  /** Changes that came to be as they were asked for. */
  made = 0;
  over = false;
  private newest = 0;
  private readonly random: Random;
  private readonly names: Random;
  /** For members that are added by their peer address alone, and for those that move. */
  private readonly places: Random;
  /** Peer addresses of those that were added by these alone, until somebody moves them. */
  private readonly bare = new Map<string, MemberId>();
  /** Names of members that were removed, newest first. */
  private readonly gone: string[] = [];

  constructor(
    private readonly world: World,
    reshaping: Reshaping,
    private readonly fleet: Fleet,
    private readonly calls: Calls,
    /** Makes the member that an id stands for. */
    private readonly install: (id: MemberId, name: string) => SimMember,
  ) {
    this.random = world.random('operators');
    this.names = world.random('names');
    this.places = world.random('places');
    this.newest = reshaping.founders;
    for (let i = 0; i < reshaping.operators; i++) this.often(reshaping.everyMs, () => this.act());
    this.often(reshaping.lossMs, () => this.lose());
    if (reshaping.early) this.addEarly();
  }

  /** Nobody waits for a change. */
  get idle(): boolean {
    return this.fleet.changes === 0;
  }

  /** Who the members are as somebody in the cluster sees it, which may be old news. */
  look(): readonly MemberInfo[] | undefined {
    const up = this.fleet.members.filter((member) => member.up && !member.scope.paused);
    return up[Math.floor(this.random() * up.length)]?.replica?.members;
  }

  /** What a joining member is told that knows nobody. `known`: the id in its data directory. */
  tell(id: MemberId, name: string, known: MemberId | undefined): readonly MemberInfo[] | NotLetIn {
    const members = this.look();
    if (!members) return 'nobody answers';
    const self = members.find((member) => member.id === id);
    if (!self || self.name !== name) return known === undefined ? 'nobody answers' : 'removed';
    return known === undefined && !self.learner ? 'votes' : members;
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

  private act(): void {
    const members = this.look();
    if (!members || this.world.now < this.fleet.lossNoticedAt) return;
    if (this.places() < 0.15) this.move(members);
    const unknown = members.find(({ id }) => !this.fleet.get(id));
    const dead = members.find(({ id }) => this.fleet.get(id)?.lost);
    const learner = members.find((member) => member.learner && this.fleet.get(member.id)?.up);
    const voters = members.filter((member) => !member.learner);
    const wanted = 1 + Math.floor(this.random() * 5);
    const dice = this.random();
    // Somebody asked for it, was told nothing, and gave up. It is asked for again: the list may show what is not committed.
    if (unknown && dice < 0.5) {
      if (unknown.name === '') this.takeOver(unknown.peerAddress);
      else this.addAgain(unknown);
    } else if (dead && dice < 0.6) this.clear(dead);
    else if (learner && dice < 0.2) this.change({ kind: 'promote', id: learner.id });
    else if (members.length < maxMembers && voters.length < wanted) this.add(undefined);
    else if (voters.length > wanted) this.remove(this.pick(members));
    else if (members.length < maxMembers && dice < 0.7) this.add(this.pick(voters));
    else this.remove(this.pick(members));
  }

  /** A dead one goes, or another takes its place, under the same name or not. */
  private clear(dead: MemberInfo): void {
    if (dead.learner || this.random() < 0.4) this.remove(dead);
    else this.add(dead, this.random() < 0.5 ? dead.name : undefined);
  }

  private add(replaced: MemberInfo | undefined, name = this.name()): void {
    // An address is used again as little as an id.
    const place = `${name}.${Math.floor(this.random() * 1e9)}`;
    const promote = replaced !== undefined || this.random() < 0.75;
    const peerAddress = `${place}:2`;
    // As etcd's clients do, who leave the rest to the member when it starts.
    if (replaced === undefined && this.places() < 0.25)
      this.change({ kind: 'add', name: '', clientAddress: '', peerAddress, promote, replaces: undefined });
    else this.change({ kind: 'add', name, clientAddress: `${place}:1`, peerAddress, promote, replaces: replaced?.id });
  }

  /** A member starts that was added by its peer address alone: it is asked for as any other. */
  private takeOver(peerAddress: string): void {
    const clientAddress = peerAddress.replace(/2$/, '1');
    const member = { name: `n${++this.newest}`, clientAddress, peerAddress };
    this.change({ kind: 'add', ...member, promote: this.places() < 0.5, replaces: undefined });
  }

  private move(members: readonly MemberInfo[]): void {
    const { id } = members[Math.floor(this.places() * members.length)] as MemberInfo;
    for (const [address, member] of this.bare) if (member === id) this.bare.delete(address);
    this.change({ kind: 'describe', id, peerAddress: `${id}.${Math.floor(this.places() * 1e9)}:2` });
  }

  /** Somebody waits for the first leader and adds a member in its first moments. */
  private addEarly(): void {
    const name = this.name();
    const member = { name, clientAddress: `${name}.early:1`, peerAddress: `${name}.early:2` };
    const wait = (): void => {
      const led = this.fleet.members.some(({ replica }) => replica?.status().role === 'leader');
      if (!led) this.world.after(lookMs, this.world.always, wait);
      else
        for (let asked = 0; asked < earlyAsks; asked++)
          this.world.after(this.random() * earlyMs, this.world.always, () => this.addAgain(member));
    };
    wait();
  }

  private addAgain({ name, clientAddress, peerAddress }: Omit<MemberInfo, 'id'>): void {
    this.change({ kind: 'add', name, clientAddress, peerAddress, promote: true, replaces: undefined });
  }

  /** A new one, or one that somebody had who is gone. */
  private name(): string {
    return this.gone.length > 0 && this.names() < 0.3 ? (this.gone[0] as string) : `n${++this.newest}`;
  }

  private remove({ id }: MemberInfo): void {
    this.change({ kind: 'remove', id });
  }

  /** Asks any member, and another one when it does not know. */
  private change(change: MemberChange, tries = 1): void {
    const { world } = this;
    const up = this.fleet.members.filter((member) => member.up);
    // Moves leave all other decisions of a seed as they would be without them.
    const random = change.kind === 'describe' ? this.places : this.random;
    const member = up[Math.floor(random() * up.length)];
    const { replica } = member ?? {};
    if (!member || !replica) return;
    const deadlineMs = 500 + random() * 4_000;
    const words = `${change.kind} ${change.kind === 'add' ? `${change.name || change.peerAddress} for ${change.replaces}` : change.id}`;
    world.trace.note('is asked to', member.id, words);
    const answered = this.calls.expectAnswer(member, deadlineMs, words);
    this.fleet.changes++;
    let settled = false;
    const settle = (reason: string): void => {
      if (settled) return;
      settled = true;
      this.fleet.changes--;
      world.trace.note('answers', member.id, `${words}: ${reason}`);
      if (reason === 'done') return;
      if (!mayPass.has(reason) && !final.has(reason) && reason !== 'down')
        world.violated('operators', `${words} failed with ${reason}`);
      if (!final.has(reason) && tries < maxTries && !this.over) this.change(change, tries + 1);
    };
    const watch = (): void => {
      if (member.replica !== replica) settle('down');
      if (!settled) world.after(200, world.always, watch);
    };
    watch();
    replica.changeMembership(change, member.clock.now() + deadlineMs).then(
      (id) => {
        if (!answered.once() || member.replica !== replica) return;
        settle('done');
        this.onDone(change, id, member, replica);
      },
      (error: unknown) => {
        if (answered.once()) settle(error instanceof QuorateError ? error.reason : String(error));
      },
    );
  }

  private onDone(
    change: MemberChange,
    id: MemberId,
    member: SimMember,
    replica: NonNullable<SimMember['replica']>,
  ): void {
    this.made++;
    const { removed = [], voters, records = [] } = replica['roster'].applied;
    if (change.kind === 'add') {
      const { name, peerAddress } = change;
      if (!records.some((record) => record.id === id && (name === '' || record.name === name)))
        this.world.violated('operators', `member ${member.id} says ${name || peerAddress} is added, and it is not`);
      const bare = this.bare.get(peerAddress);
      // It may have moved on since.
      const isThere = records.some((record) => record.id === bare && record.peerAddress === peerAddress);
      if (bare !== undefined && bare !== id && isThere && !removed.includes(bare))
        this.world.violated(
          'operators',
          `${name} at ${peerAddress} is ${id}, and not ${bare}, which was added with that`,
        );
      if (name === '') this.bare.set(peerAddress, id);
      this.world.after(this.random() * 1_000, this.world.always, () => {
        if (name === '') this.takeOver(peerAddress);
        else this.start(id, name);
      });
    } else if (change.kind === 'describe') {
      if (!removed.includes(id) && !records.some((record) => record.id === id))
        this.world.violated('operators', `member ${member.id} says ${id} has moved, and there is no such member`);
    } else if (change.kind === 'remove') {
      if (!removed.includes(change.id))
        this.world.violated('operators', `member ${member.id} says ${change.id} is removed, and it is not`);
      this.onRemoved(change.id);
    } else if (!voters.includes(change.id) || !records.some(({ id }) => id === change.id))
      this.world.violated('operators', `member ${member.id} says ${change.id} is a voter, and it is not`);
  }

  /** Starts a member that was added, unless somebody has, or nobody has said what it is called. */
  start(id: MemberId, name: string): void {
    if (name !== '' && !this.fleet.get(id)) this.install(id, name).start();
  }

  /** Sooner or later nobody counts on it any more; until then it may be started again. */
  private onRemoved(id: MemberId): void {
    const member = this.fleet.get(id);
    if (!member) return;
    if (!this.gone.includes(member.name)) this.gone.unshift(member.name);
    this.world.after(this.random() * 3_000, this.world.always, () => this.fleet.retire(member));
  }

  /** A machine is lost for ever: only when all others are whole, so that a majority has everything. */
  private lose(): void {
    const member = this.pick(this.fleet.members);
    if (mayLoseData(member, this.fleet)) member.destroy();
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }
}

export type NotLetIn = 'nobody answers' | 'removed' | 'votes';

/**
 * Whether a member may lose its data: all live, have taken part and have got over such losses; they agree on the voters, without a change under way;
 * and the rest is a majority.
 */
export function mayLoseData(member: SimMember, { members, changes }: Fleet): boolean {
  // For an election timeout a leader counts on who is gone: if it removed another one now, too few would be left for ever.
  if (changes > 0) return false;
  const states = members.map(({ replica }) => replica?.['raft'].state);
  const voters = states[0]?.membership.voters ?? [];
  const agree = members.every(({ isWhole, lacksData }, i) => {
    const { memberships, commit, membership } = states[i] ?? {};
    if (!isWhole || lacksData || !memberships || !membership || memberships.index > (commit ?? 0)) return false;
    return membership.outgoing.length === 0 && membership.voters.join() === voters.join();
  });
  return agree && (!voters.includes(member.id) || voters.length >= 3);
}
