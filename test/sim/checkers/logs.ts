/** Log matching (Raft §5.3): entries of equal index and term are equal, and so is all before them. */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import { hashOf } from '../hash.js';
import type { World } from '../world.js';

interface Seen {
  readonly hash: number;
  readonly before: Term | undefined;
}

export class Logs {
  private readonly seen = new Map<number, Seen>();
  /** Per member: the term of each entry that was looked at. */
  private readonly checked = new Map<MemberId, (Term | undefined)[]>();

  constructor(private readonly world: World) {}

  onStep(raft: Raft): void {
    const { id, log } = raft.state;
    let checked = this.checked.get(id);
    if (!checked) {
      checked = [];
      this.checked.set(id, checked);
    }
    const { last } = log;
    if (checked[last] === log.lastTerm) return;
    let from = last;
    while (from >= log.firstInMemory && checked[from] !== log.termAt(from)) from = (from - 1) as Index;
    for (const entry of raft.tailAfter(from)) {
      const { index, term } = entry;
      checked[index] = term;
      const before = log.termAt((index - 1) as Index);
      const key = index * 1_000_000 + term;
      const known = this.seen.get(key);
      if (!known) this.seen.set(key, { hash: hashOf([entry.kind, entry.data]), before });
      else if (known.hash !== hashOf([entry.kind, entry.data]))
        this.world.violated('log matching', `member ${id} has another entry ${index} of term ${term}`);
      else if (before !== undefined && known.before !== undefined && before !== known.before)
        this.world.violated('log matching', `logs agree at entry ${index} of term ${term} and differ before it`);
    }
    checked.length = last + 1;
  }
}
