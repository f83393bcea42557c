/**
 * Who leads was elected, and what a leader commits is stored, by a majority of the voters that count there and then, of both groups while they are
 * joint (Raft §5.2, §5.3, dissertation §4.3). Told from the messages, not from what the leader believes: votes that were given, and entries that
 * were acknowledged.
 */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { Membership } from '../../../src/raft/types.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { World } from '../world.js';
import { decides } from './majorities.js';

/** Of one term. */
interface Messages {
  /** Candidate: who voted for it. */
  readonly votes: Map<MemberId, Set<MemberId>>;
  /** To its leader: up to where. */
  readonly acknowledged: Map<MemberId, Index>;
}

interface Led {
  readonly term: Term;
  readonly commit: Index;
  readonly membership: Membership;
}

export class Quorums {
  private readonly terms = new Map<Term, Messages>();
  private readonly led = new Map<MemberId, Led>();

  constructor(private readonly world: World) {}

  onSent(message: PeerMessage): void {
    if (message.kind === 'voteReply' && message.granted) {
      const { votes } = this.of(message.term);
      votes.set(message.to, (votes.get(message.to) ?? new Set()).add(message.from));
    } else if (message.kind === 'appendReply' && !message.rejected) {
      const { acknowledged } = this.of(message.term);
      const known = acknowledged.get(message.from) ?? 0;
      if (message.index > known) acknowledged.set(message.from, message.index);
    }
  }

  onStep(raft: Raft): void {
    const { id, role, term, commit, membership } = raft.state;
    if (role !== 'leader') return;
    const before = this.led.get(id);
    if (before?.term !== term) this.onElected(raft);
    else if (commit > before.commit) this.onCommitted(raft, before.membership);
    if (before?.term !== term || before.commit !== commit || before.membership !== membership)
      this.led.set(id, { term, commit, membership });
  }

  private onElected({ state: { id, term, membership } }: Raft): void {
    const votes = new Set(this.of(term).votes.get(id)).add(id);
    if (decides(membership, votes)) return;
    const sentence = `member ${id} leads in term ${term} by the votes of ${list(votes)}; the voters are ${words(membership)}`;
    this.world.violated('quorums', sentence);
  }

  /** @param before what counted before this event: a joint membership that it commits ends in the same event */
  private onCommitted({ state: { id, term, commit, membership, log } }: Raft, before: Membership): void {
    const holders = new Set<MemberId>();
    for (const [member, index] of this.of(term).acknowledged) if (index >= commit) holders.add(member);
    holders.delete(id);
    if (log.persisted >= commit) holders.add(id);
    if (decides(before, holders) || decides(membership, holders)) return;
    const sentence = `member ${id} commits entry ${commit} in term ${term}, which only ${list(holders)} have; the voters are ${words(membership)}`;
    this.world.violated('quorums', sentence);
  }

  private of(term: Term): Messages {
    let messages = this.terms.get(term);
    if (!messages) {
      messages = { votes: new Map(), acknowledged: new Map() };
      this.terms.set(term, messages);
    }
    return messages;
  }
}

function list(members: Iterable<MemberId>): string {
  return [...members].join(', ') || 'none';
}

function words({ voters, outgoing, learners }: Membership): string {
  const joint = outgoing.length === 0 ? '' : `, joint with ${list(outgoing)}`;
  return `${list(voters)}${joint}; learners: ${list(learners)}`;
}
