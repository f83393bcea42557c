/**
 * The membership changes by the rules (dissertation ch. 4): the newest one in a log counts; a leader begins a change when the one before is committed,
 * and an entry of its term; voters change through both halves of a joint membership; who becomes a voter has caught up, and is somebody; who was
 * removed never comes back under its id, and never leads again once it knows; whoever is described anew stays what it is.
 */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import { allMembers } from '../../../src/raft/membership.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { Membership } from '../../../src/raft/types.js';
import type { World } from '../world.js';

interface Seen {
  readonly raft: Raft;
  readonly term: Term;
  readonly leads: boolean;
  readonly last: Index;
  readonly lastTerm: Term;
  readonly index: Index;
  readonly membership: Membership;
}

/** What a leader's log ended with at a tick. */
interface Sample {
  readonly tick: number;
  readonly last: Index;
}

/** Most entries that are looked at after a log was replaced. */
const deep = 50;

export class Memberships {
  /** Entries of kind membership that were appended by leaders after the founding. */
  changes = 0;
  private readonly seen = new Map<MemberId, Seen>();
  private readonly samples = new Map<MemberId, Sample[]>();

  constructor(
    private readonly world: World,
    /** Undefined: it is down, or has lost its data. */
    private readonly raftOf: (member: MemberId) => Raft | undefined,
  ) {}

  onStep(raft: Raft): void {
    const { id, term, role, log, memberships } = raft.state;
    const { last, lastTerm } = log;
    const { index, current: membership } = memberships;
    const known = this.seen.get(id);
    const before = known?.raft === raft ? known : undefined;
    const leads = role === 'leader';
    if (leads) this.sample(raft, before);
    if (leads && index <= raft.state.commit && ![...membership.voters, ...membership.outgoing].includes(id))
      this.wrong(`member ${id} leads in term ${term}, and its removal by entry ${index} is committed`);
    if (before?.term === term && before.leads === leads && before.last === last && before.lastTerm === lastTerm) return;
    this.checkEffect(raft, before);
    if (leads && before && index > before.index && log.termAt(index) === term)
      this.onAppended(raft, before.membership, before.index);
    if (leads && !(before?.leads && before.term === term)) this.onElected(raft);
    this.seen.set(id, { raft, term, leads, last, lastTerm, index, membership });
  }

  /** What is in the log counts, and nothing else. */
  private checkEffect(raft: Raft, before: Seen | undefined): void {
    const { id, commit, log, memberships } = raft.state;
    if (memberships.index > log.last)
      this.wrong(`member ${id} goes by the membership of entry ${memberships.index}, which is not in its log any more`);
    const grown = before !== undefined && log.last >= before.last && log.termAt(before.last) === before.lastTerm;
    const from = (grown ? before.last : Math.max(0, log.last - deep)) as Index;
    for (const entry of raft.tailAfter(from))
      if (entry.kind === 'membership' && entry.index > Math.max(commit, memberships.index))
        this.wrong(`member ${id} has the membership of entry ${entry.index} and goes by that of ${memberships.index}`);
  }

  private onElected(raft: Raft): void {
    const { id, term, memberships } = raft.state;
    const committed = memberships['held'][0]?.membership;
    if (committed?.removed?.includes(id))
      this.wrong(`member ${id} leads in term ${term} and knows that it was removed`);
  }

  private onAppended(raft: Raft, old: Membership, oldIndex: Index): void {
    const { id, term, commit, log, membership, memberships } = raft.state;
    const { index } = memberships;
    const who = `member ${id} appends the membership of entry ${index}`;
    if (old.records) this.changes++;
    if (oldIndex > commit) this.wrong(`${who} while that of entry ${oldIndex} is not committed`);
    if (log.termAt(commit) !== term) this.wrong(`${who} before an entry of its term ${term} is committed`);
    const changed = !same(membership.voters, old.voters);
    if (old.outgoing.length > 0 && (changed || membership.outgoing.length > 0))
      this.wrong(`${who}, which does not end the joint one of entry ${oldIndex}`);
    if (old.outgoing.length === 0 && changed && !same(membership.outgoing, old.voters))
      this.wrong(`${who} with other voters and not joint with the old ones`);
    const present = new Set(allMembers(membership));
    const removed = new Set(membership.removed);
    for (const member of [...allMembers(old), ...(old.removed ?? [])])
      if (!present.has(member) && !removed.has(member)) this.wrong(`${who}, which forgets member ${member}`);
    const recorded = new Set(membership.records?.map(({ id: member }) => member));
    for (const member of present)
      if (!recorded.has(member)) this.wrong(`${who}, which does not say who member ${member} is`);
    for (const member of present)
      if (removed.has(member)) this.wrong(`${who}, in which removed member ${member} is back`);
    for (const member of membership.voters) if (!old.voters.includes(member)) this.checkCaughtUp(raft, member);
    this.checkRecords(who, membership, old);
  }

  private checkRecords(who: string, { voters, records = [] }: Membership, old: Membership): void {
    for (const record of records) {
      const { id, name, promote, replaces } = record;
      if (name === '' && voters.includes(id)) this.wrong(`${who}, in which ${id} votes, and nobody has started it`);
      const before = old.records?.find((each) => each.id === id);
      if (!before) continue;
      if (before.name !== '' && name !== before.name) this.wrong(`${who}, in which ${before.name} is called ${name}`);
      if (promote !== before.promote || replaces !== before.replaces)
        this.wrong(`${who}, in which ${id} is to become something else than before`);
    }
  }

  /** The last round of a learner took less than an election timeout, and ended less than one ago (dissertation §4.2.1). */
  private checkCaughtUp(raft: Raft, learner: MemberId): void {
    const { id, now, options } = raft.state;
    const log = this.raftOf(learner)?.state.log;
    // While an image is installed the core counts on nothing.
    const held = log && log.persisted >= log.startIndex ? log.persisted : undefined;
    const samples = this.samples.get(id) ?? [];
    const since = now - 2 * options.electionTicks - 2;
    const wanted = (samples.findLast(({ tick }) => tick <= since) ?? samples[0])?.last ?? 0;
    if (held !== undefined && held < wanted)
      this.wrong(
        `member ${id} makes ${learner} a voter, which has ${held} entries; ${wanted} were in the log long ago`,
      );
  }

  private sample(raft: Raft, before: Seen | undefined): void {
    const { id, term, now, log, options } = raft.state;
    let samples = this.samples.get(id);
    if (!samples || !before?.leads || before.term !== term) {
      samples = [];
      this.samples.set(id, samples);
    }
    if (samples.at(-1)?.tick === now) return;
    samples.push({ tick: now, last: log.last });
    if (samples.length > 4 * options.electionTicks) samples.splice(0, options.electionTicks);
  }

  private wrong(sentence: string): void {
    this.world.violated('membership', sentence);
  }
}

function same(one: readonly MemberId[], other: readonly MemberId[]): boolean {
  return one.length === other.length && one.every((member) => other.includes(member));
}
