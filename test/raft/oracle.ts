/** What must be true between the members of a cluster (Raft figure 3), checked by one who sees all of them. */
import { assert, present } from '../../src/base/assert.js';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import { isQuorum } from '../../src/raft/quorum.js';
import type { Raft } from '../../src/raft/raft.js';
import type { Entry, Membership } from '../../src/raft/types.js';
import type { SimDisk } from './disk.js';

interface Committed {
  /** Term of the member that was first told: the entry was committed in this term or before. */
  readonly by: number;
  readonly term: Term;
  readonly label: string;
  readonly hash: number;
}

export class Oracle {
  /** Every entry that any member was told to apply. */
  private readonly committed: Committed[] = [{ by: 0, term: 0 as Term, label: '', hash: 0 }];
  private readonly leaders = new Map<Term, MemberId>();
  /** Entries ever seen, by index and term. */
  private readonly seen = new Map<string, { readonly label: string; readonly before: Term | undefined }>();
  /** Members whose data was lost, with the index up to which what they held may have counted. */
  private readonly lostUpTo = new Map<MemberId, Index>();

  /** Every membership that a log ever held, by the index of its entry. */
  private readonly memberships = new Map<Membership, Index>();
  /** Entry of the newest membership that was delivered. */
  private settled = 0 as Index;

  constructor(
    membership: Membership,
    private readonly diskOf: (id: MemberId) => SimDisk,
  ) {
    this.memberships.set(membership, 0 as Index);
  }

  /** Highest index that a caller may have been told of. */
  get highest(): Index {
    return (this.committed.length - 1) as Index;
  }

  hashAt(index: Index): number {
    return present(this.committed[index], 'applied beyond what is committed').hash;
  }

  onMembership(raft: Raft): void {
    const { current, index } = raft.state.memberships;
    if (index > 0) this.memberships.set(current, index);
  }

  lost(id: MemberId): void {
    this.lostUpTo.set(id, this.diskOf(id).lastIndex);
  }

  /** State machine safety: all members apply the same entries. The first time, a quorum must hold the entry on disk. */
  onDelivered(entry: Entry, by: Term): void {
    const label = labelOf(entry);
    const known = this.committed[entry.index];
    if (known) {
      assert(known.term === entry.term && known.label === label, `two entries committed at ${entry.index}`);
      return;
    }
    assert(entry.index === this.committed.length, 'an entry was committed before the one that it follows');
    const holds = (id: MemberId): boolean =>
      this.diskOf(id).holds(entry.index, entry.term) || entry.index <= (this.lostUpTo.get(id) ?? 0);
    // Under which membership it was committed depends on what its leader's log held then: the last committed one before it, or a later one.
    const decided = [...this.memberships].some(
      ([{ voters, outgoing }, index]) => index >= this.settled && isQuorum(voters, outgoing, holds),
    );
    assert(decided, `entry ${entry.index} is committed but not on the disks of a quorum`);
    if (entry.kind === 'membership') this.settled = entry.index;
    this.committed.push({ by, term: entry.term, label, hash: chain(this.hashAt((entry.index - 1) as Index), label) });
  }

  /** Election safety, and leader completeness: what was committed in earlier terms is in the log of the leader. */
  onLeader(raft: Raft): void {
    const { id, term, log } = raft.state;
    const known = this.leaders.get(term);
    assert(known === undefined || known === id, `two leaders in term ${term}`);
    if (known === id) return;
    this.leaders.set(term, id);
    for (let index = log.startIndex + 1; index < this.committed.length; index++) {
      const { by, term: expected } = present(this.committed[index], 'a gap in what is committed');
      // Leaders of this or a later term may have committed it already, if the last vote for this one was long under way.
      if (by >= term) break;
      const own = log.termAt(index as Index);
      const holds = own === undefined ? this.diskOf(id).holds(index as Index, expected) : own === expected;
      assert(holds, `the leader of term ${term} lacks the committed entry ${index}`);
    }
  }

  /** Log matching: equal index and term mean equal entries, and equal terms before them. */
  checkLog(raft: Raft): void {
    const { log } = raft.state;
    for (const entry of raft.tailAfter(0 as Index)) {
      const key = `${entry.index}/${entry.term}`;
      const label = labelOf(entry);
      const before = log.termAt((entry.index - 1) as Index);
      const known = this.seen.get(key);
      if (known === undefined) this.seen.set(key, { label, before });
      else {
        assert(known.label === label, `two entries with index and term ${key}`);
        const agrees = known.before === undefined || before === undefined || known.before === before;
        assert(agrees, `two logs agree at ${key} and differ before`);
      }
    }
  }
}

function labelOf(entry: Entry): string {
  return `${entry.kind}:${Buffer.from(entry.data).toString('latin1')}`;
}

/** Hash of the machine after one more entry. */
function chain(hash: number, label: string): number {
  let next = hash;
  for (let at = 0; at < label.length; at++) next = (Math.imul(next, 31) + label.charCodeAt(at)) | 0;
  return (Math.imul(next, 31) + 7) | 0;
}

export function applyTo(hash: number, entry: Entry): number {
  return chain(hash, labelOf(entry));
}
