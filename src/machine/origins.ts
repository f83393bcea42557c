/** How far the commands of each origin were applied, so that a member may send again what it is not sure about (design §5). */
import type { MemberId } from '../base/ids.js';
import type { Journal } from './journal.js';
import type { OriginState, Run } from './types.js';

export class OriginTable {
  private readonly origins = new Map<MemberId, OriginState>();

  constructor(private readonly journal: Journal) {}

  get(member: MemberId): OriginState | undefined {
    return this.origins.get(member);
  }

  /**
   * Takes a run and tells how many of its requests to pass over because they were applied before. All of them when the run cannot be applied: it
   * is of an older incarnation, or requests before it are missing. A new incarnation begins at sequence 1.
   */
  accept(run: Run): number {
    const length = run.requests.length;
    const known = this.origins.get(run.member);
    if (known !== undefined && run.incarnation < known.incarnation) return length;
    const lastSequence = known?.incarnation === run.incarnation ? known.lastSequence : 0;
    if (run.firstSequence > lastSequence + 1) return length;
    const repeats = Math.min(lastSequence + 1 - run.firstSequence, length);
    if (repeats < length) this.set(run.member, run.incarnation, run.firstSequence + length - 1);
    return repeats;
  }

  load(member: MemberId, state: OriginState): void {
    this.origins.set(member, state);
  }

  private set(member: MemberId, incarnation: number, lastSequence: number): void {
    const state = { incarnation, lastSequence };
    this.origins.set(member, state);
    this.journal.write({ kind: 'origin', member, state });
  }
}
