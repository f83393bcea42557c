/** One leader a term (Raft §5.2), and leader completeness (§5.4): what was committed before its term is in the log of every leader. */
import type { MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { History } from '../history.js';
import type { World } from '../world.js';

export class Leaders {
  private readonly leaders = new Map<Term, MemberId>();

  constructor(
    private readonly world: World,
    private readonly history: History,
  ) {}

  /** Terms that had a leader. */
  get count(): number {
    return this.leaders.size;
  }

  onStep(raft: Raft): void {
    const { id, role, term, log } = raft.state;
    if (role !== 'leader') return;
    const known = this.leaders.get(term);
    if (known === id) return;
    if (known !== undefined) {
      this.world.violated('one leader', `members ${known} and ${id} both lead in term ${term}`);
      return;
    }
    this.leaders.set(term, id);
    this.world.trace.note('leads', id, `term ${term}`);
    for (const entry of this.history.entries) {
      if (!entry || entry.index <= log.startIndex) continue;
      // A leader of this or a later term may have committed it, if the last vote for this one was long under way.
      if (entry.by >= term) break;
      const own = log.termAt(entry.index);
      if (entry.index <= log.last && (own === undefined || own === entry.term)) continue;
      const sentence = `the leader of term ${term}, member ${id}, lacks the committed entry ${entry.index} of term ${entry.term}`;
      this.world.violated('leader completeness', sentence);
      return;
    }
  }
}
