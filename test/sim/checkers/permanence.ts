/**
 * What is committed cannot be lost any more: nobody who lacks it could win an election among the logs as they are (Raft §5.4). Seen when an entry is
 * first applied, so that a rule which is broken shows without the crashes that would make it felt (Raft figure 8).
 */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { World } from '../world.js';
import { decides } from './majorities.js';

export class Permanence {
  private readonly rafts = new Map<MemberId, Raft>();

  /** @param lacksData it has lost its data, so it neither votes nor campaigns */
  constructor(
    private readonly world: World,
    private readonly lacksData: (member: MemberId) => boolean,
  ) {}

  /** The log of a member that is down is as it was last seen. */
  onStep(raft: Raft): void {
    this.rafts.set(raft.state.id, raft);
  }

  onApplied(index: Index, term: Term): void {
    for (const [id, raft] of this.rafts) {
      if (this.lacksData(id) || holds(raft, index, term)) continue;
      if (!raft.state.memberships.mayLead(id)) continue;
      const votes = new Set<MemberId>();
      for (const [other, voter] of this.rafts)
        if (other === id || (!this.lacksData(other) && wouldVote(voter, raft))) votes.add(other);
      if (!decides(raft.state.membership, votes)) continue;
      const sentence = `entry ${index} of term ${term} is applied, and member ${id}, which lacks it, could be elected`;
      this.world.violated('permanence', sentence);
    }
  }
}

function holds({ state: { log, commit } }: Raft, index: Index, term: Term): boolean {
  if (index <= commit || index <= log.startIndex) return true;
  const own = log.termAt(index);
  return index <= log.last && (own === undefined || own === term);
}

/** By the log on its disk, whatever it has voted so far. */
function wouldVote({ state: { log, recovering } }: Raft, { state: candidate }: Raft): boolean {
  const own = log.termAt(log.persisted);
  if (recovering || own === undefined) return false;
  const { lastTerm, last } = candidate.log;
  return lastTerm > own || (lastTerm === own && last >= log.persisted);
}
