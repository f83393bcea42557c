/**
 * Trims the log: behind what the machine has synced, behind images under way, and leaving enough for members that
 * were away for a short while. Remembers the term at some indexes, for the log must begin at a known (index, term).
 */
import type { Index, Term } from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { Raft } from '../raft/raft.js';
import type { Entry, Membership, SnapshotMeta } from '../raft/types.js';
import type { Store } from '../storage/store.js';
import type { ReplicaBounds } from './bounds.js';
import type { SnapshotSender } from './snapshots.js';

interface Point {
  readonly index: Index;
  readonly term: Term;
  readonly membership: Membership;
  /** Bytes of all entries applied up to here, since the process began. */
  readonly bytes: number;
}

export class Trimmer {
  private points: Point[] = [];
  private bytes = 0;
  private trimming = false;

  /** @param keepBytes log kept behind the applied index */
  constructor(
    private readonly store: Store,
    private readonly sender: SnapshotSender,
    private readonly keepBytes: number,
    private readonly bounds: ReplicaBounds,
  ) {}

  /** @param membership after the entry */
  onApplied(entry: Entry, membership: Membership): void {
    this.bytes += entry.data.length + 32;
    const last = this.points.at(-1);
    const { trimEntries, trimBytes } = this.bounds;
    if (last && entry.index - last.index < trimEntries && this.bytes - last.bytes < trimBytes) return;
    this.points.push({ index: entry.index, term: entry.term, membership, bytes: this.bytes });
  }

  /** The machine was replaced: what was remembered lies before the log. */
  reset(): void {
    this.points = [];
  }

  /** Trims if there is something worth it and no trim is under way. */
  run(raft: Raft, applied: Index): Promise<void> | undefined {
    if (this.trimming) return undefined;
    const { syncedApplied } = this.store;
    const sending = this.sender.oldestIndex ?? syncedApplied;
    const start = this.next(applied, sending < syncedApplied ? sending : syncedApplied);
    if (!start) return undefined;
    this.trimming = true;
    // First of all Raft: it must not ask for an entry that is being taken away.
    raft.trimmed(start);
    return this.store.trimLog(start).then(() => {
      this.trimming = false;
    });
  }

  /** Where the log should begin; nothing after `upTo` may go. */
  private next(applied: Index, upTo: Index): SnapshotMeta | undefined {
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
    const { index, term, membership } = this.points[chosen] as Point;
    this.points.splice(0, chosen + 1);
    return { index, term, membership };
  }
}
