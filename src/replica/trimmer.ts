/**
 * Decides how far the log may be trimmed: behind what the machine has synced, behind images under way, and leaving enough for members that
 * were away for a short while. Remembers the term at some indexes, for the log must begin at a known (index, term).
 */
import type { Index, Term } from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { Entry, Membership, SnapshotMeta } from '../raft/types.js';
import { type ReplicaBounds, replicaBounds } from './bounds.js';

interface Point {
  readonly index: Index;
  readonly term: Term;
  /** Bytes of all entries applied up to here, since the process began. */
  readonly bytes: number;
}

export class Trimmer {
  private points: Point[] = [];
  private bytes = 0;

  /** @param keepBytes log kept behind the applied index */
  constructor(
    private readonly keepBytes: number,
    private readonly bounds: ReplicaBounds = replicaBounds,
  ) {}

  onApplied(entry: Entry): void {
    this.bytes += entry.data.length + 32;
    const last = this.points.at(-1);
    const { trimEntries, trimBytes } = this.bounds;
    if (last && entry.index - last.index < trimEntries && this.bytes - last.bytes < trimBytes) return;
    this.points.push({ index: entry.index, term: entry.term, bytes: this.bytes });
  }

  /** The machine was replaced: what was remembered lies before the log. */
  reset(): void {
    this.points = [];
  }

  /**
   * Where the log should begin now, or undefined while there is nothing worth trimming.
   * @param upTo nothing after this index may go
   */
  next(applied: Index, upTo: Index, membership: Membership): SnapshotMeta | undefined {
    let chosen: number | undefined;
    for (let i = 0; i < this.points.length; i++) {
      const point = this.points[i] as Point;
      const kept = applied - point.index;
      const keptBytes = this.bytes - point.bytes;
      if (point.index > upTo || (kept < limits.logKeepEntries && keptBytes < this.keepBytes)) break;
      chosen = i;
    }
    // A few points at once: each trim costs a write and a range delete.
    if (chosen === undefined || chosen < this.bounds.trimPoints) return undefined;
    const { index, term } = this.points[chosen] as Point;
    this.points.splice(0, chosen + 1);
    return { index, term, membership };
  }
}
