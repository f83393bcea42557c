/** What the leader knows of one follower's log, and what is on its way there. */
import type { Index, Term } from '../base/ids.js';
import type { EntriesWanted } from './types.js';

/**
 * - probe: it is not known where the logs agree; one append at a time finds out.
 * - replicate: they agree up to next - 1 as far as sent; appends are pipelined within the window.
 * - snapshot: what it needs is no longer in the log; nothing is sent until the image arrived.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  /** Highest index that the follower is known to hold on disk, as part of the leader's log. Invariant: match < next. */
  match = 0 as Index;
  /** First entry of the next append. */
  next: Index;
  state: ProgressState = 'probe';
  /** Probing: an append is on its way; the next goes after its answer or after a heartbeat's answer, in case it was lost. */
  paused = false;
  /** Tick at which it was last heard of in this term. */
  heardAt: number;
  /** It has answered this leader at least once. */
  answered = false;
  /** It does not vote. Undefined: it has not said yet. */
  recovering: boolean | undefined;
  /** Newest read round that it confirmed. */
  readRound = 0;
  /** Highest commit index that was sent with an append since the state last changed. */
  sentCommit = 0 as Index;
  /** Entries that are being loaded from disk for it. */
  loading: EntriesWanted | undefined = undefined;
  /** Newest entry that was loaded from disk for it: the term before `next` where the log does not know it any more. */
  loadedIndex = 0 as Index;
  loadedTerm = 0 as Term;
  /** What the leader's log ended with when the present round of catching up began, and when that was (dissertation §4.2.1). */
  roundTarget = 0 as Index;
  roundBegan: number;
  /** The last round took less than an election timeout. */
  caughtUp = false;
  readonly window: Window;

  constructor(next: Index, now: number, maxAppends: number, maxBytes: number) {
    this.next = next;
    this.heardAt = now;
    this.roundBegan = now;
    this.window = new Window(maxAppends, maxBytes);
  }

  becomeProbe(next: Index): void {
    this.enter('probe', next);
  }

  becomeReplicate(): void {
    this.enter('replicate', (this.match + 1) as Index);
  }

  becomeSnapshot(): void {
    this.enter('snapshot', this.next);
  }

  private enter(state: ProgressState, next: Index): void {
    this.state = state;
    this.next = (next > this.match ? next : this.match + 1) as Index;
    this.paused = false;
    this.sentCommit = 0 as Index;
    this.loading = undefined;
    this.window.clear();
  }

  /** Whether an append with entries may go now. */
  get ready(): boolean {
    if (this.loading !== undefined) return false;
    if (this.state === 'replicate') return !this.window.full;
    return this.state === 'probe' && !this.paused;
  }

  /** Notes an append up to `last`; entries are taken to arrive when replicating, and are sent again when a probe fails. */
  sent(last: Index, count: number, bytes: number, commit: Index): void {
    this.sentCommit = commit;
    if (this.state === 'probe') {
      this.paused = true;
      return;
    }
    if (count === 0) return;
    this.next = (last + 1) as Index;
    this.window.add(last, bytes);
  }

  /** The follower holds everything up to `index`. Returns whether that is news. */
  acknowledged(index: Index): boolean {
    this.window.freeTo(index);
    if (this.next <= index) this.next = (index + 1) as Index;
    if (index <= this.match) return false;
    this.match = index;
    return true;
  }

  /**
   * Catching up goes in rounds: each brings what the log held when it began. A member whose last round was shorter than an election
   * timeout keeps up, so that as a voter it holds up nobody (dissertation §4.2.1).
   */
  noteRound(now: number, last: Index, limit: number): void {
    const late = now - this.roundBegan >= limit;
    if (this.match < this.roundTarget || this.roundTarget === 0) {
      if (late) this.caughtUp = false;
      if (this.roundTarget > 0) return;
    } else this.caughtUp = !late;
    this.roundTarget = last;
    this.roundBegan = now;
  }

  /**
   * A new connection: what the follower said on an earlier one is not relied on until it says it again, as it may have come back
   * without its data. Lowering `match` is always safe: it only delays commits. A probe goes on where it was: from the beginning of the
   * log it would ask for an image.
   */
  forget(): void {
    const next = this.state === 'probe' ? this.next : ((this.match + 1) as Index);
    this.match = 0 as Index;
    this.caughtUp = false;
    this.recovering = undefined;
    if (this.state === 'snapshot') this.next = next;
    else this.becomeProbe(next);
  }
}

/** Appends in flight to one follower, oldest first, in a ring that is allocated once. */
export class Window {
  private readonly lasts: number[];
  private readonly sizes: number[];
  private head = 0;
  private size = 0;
  private totalBytes = 0;

  constructor(
    private readonly maxAppends: number,
    private readonly maxBytes: number,
  ) {
    this.lasts = new Array<number>(maxAppends).fill(0);
    this.sizes = new Array<number>(maxAppends).fill(0);
  }

  get full(): boolean {
    return this.size >= this.maxAppends || this.totalBytes >= this.maxBytes;
  }

  get count(): number {
    return this.size;
  }

  get bytes(): number {
    return this.totalBytes;
  }

  add(last: Index, bytes: number): void {
    const at = (this.head + this.size) % this.maxAppends;
    this.lasts[at] = last;
    this.sizes[at] = bytes;
    this.size++;
    this.totalBytes += bytes;
  }

  /** Frees the appends that end at or before `index`. */
  freeTo(index: Index): void {
    while (this.size > 0 && (this.lasts[this.head] as number) <= index) {
      this.totalBytes -= this.sizes[this.head] as number;
      this.head = (this.head + 1) % this.maxAppends;
      this.size--;
    }
  }

  clear(): void {
    this.head = 0;
    this.size = 0;
    this.totalBytes = 0;
  }
}
