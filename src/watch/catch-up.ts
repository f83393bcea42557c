/**
 * Brings watchers that fell behind back to the present, in slices: from the recent changes in memory where these reach back far enough, else from
 * history. All watchers that are at or after the start of a slice take part in it, so that ten thousand watchers that resume together cost one pass.
 */
import { QuorateError } from '../base/errors.js';
import type { Revision } from '../base/ids.js';
import type { Log } from '../base/log.js';
import type { RevisionChanges } from '../machine/types.js';
import type { RecentChanges } from './recent.js';
import type { HistoryReader } from './types.js';
import type { HubWatcher } from './watcher.js';

/** One read of history; also the most that is held of it. */
const historyBytes = 256 * 1024;
/** After a failed read of history. */
const retryMs = 1_000;

/** What catching up needs of the hub. */
export interface CatchUpHost {
  readonly revision: Revision;
  readonly history: HistoryReader;
  readonly log: Log;
  /** Milliseconds that one slice may take. */
  readonly sliceMs: number;
  now(): number;
  /** Runs the callback in a later turn of the event loop. */
  defer(callback: () => void): void;
  /** Runs the callback after so many milliseconds. Returns what takes that back. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Changes after this revision can no longer be read from history. */
  lost(after: Revision): boolean;
  inTime(started: number): boolean;
  /** Gives one revision to the members of a round. False: time ran out and some of them do not have it. */
  spread(changes: RevisionChanges, round: number, started: number): boolean;
  caughtUp(watcher: HubWatcher): void;
  compactedAway(watcher: HubWatcher): void;
}

/** Consecutive history: every change with after < revision ≤ last. */
interface Chunk {
  readonly after: Revision;
  readonly last: Revision;
  readonly revisions: readonly RevisionChanges[];
}

export class CatchUp {
  /** Lagging watchers with room, first come first served; each is in one of the two sets. */
  private readonly near = new Set<HubWatcher>();
  private readonly far = new Set<HubWatcher>();
  private chunk: Chunk | undefined;
  private round = 0;
  private scheduled = false;
  private reading = false;
  private waiting: (() => void) | undefined;
  private closed = false;
  /** The store is being replaced: its history is no longer that of the machine. */
  private suspended = false;
  /** Changes when the store is replaced: a read that began before says nothing about the new one. */
  private epoch = 0;

  constructor(
    private readonly host: CatchUpHost,
    private readonly recent: RecentChanges,
  ) {}

  add(watcher: HubWatcher): void {
    const near = watcher.position >= this.recent.after && !watcher.refused;
    (near ? this.near : this.far).add(watcher);
    this.schedule();
  }

  remove(watcher: HubWatcher): void {
    this.near.delete(watcher);
    this.far.delete(watcher);
  }

  /** The store is about to be replaced: nothing is read from it until reset(), and what is being read is thrown away. */
  suspend(): void {
    this.suspended = true;
    this.chunk = undefined;
    this.epoch++;
  }

  /** The store was replaced: nothing read so far holds. The watchers are added anew by the hub. */
  reset(): void {
    this.suspended = false;
    this.near.clear();
    this.far.clear();
    this.chunk = undefined;
    this.epoch++;
  }

  close(): void {
    this.closed = true;
    this.waiting?.();
    this.reset();
  }

  private get mayRead(): boolean {
    return !this.reading && !this.waiting && !this.suspended;
  }

  private schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    this.host.defer(() => {
      this.scheduled = false;
      if (!this.closed) this.slice();
    });
  }

  private slice(): void {
    this.farSlice();
    this.nearSlice();
    if (this.near.size > 0 || (this.far.size > 0 && this.mayRead)) this.schedule();
    if (this.far.size === 0) this.chunk = undefined;
  }

  private nearSlice(): void {
    const first = this.firstNear();
    if (!first) return;
    const from = first.position;
    const round = this.begin(this.near, from, this.host.revision);
    let last = from;
    const { recent, host } = this;
    let position = recent.positionAfter(from);
    const started = host.now();
    while (position < recent.length && host.inTime(started)) {
      const changes = recent.at(position);
      if (!host.spread(changes, round, started)) break;
      last = changes.revision;
      position++;
    }
    this.finish(this.near, round, position === recent.length ? host.revision : last, first);
  }

  private firstNear(): HubWatcher | undefined {
    for (const watcher of this.near) {
      if (watcher.position >= this.recent.after) return watcher;
      this.near.delete(watcher);
      this.far.add(watcher);
    }
    return undefined;
  }

  private farSlice(): void {
    const first = this.firstFar();
    if (!first) return;
    const from = first.position;
    const chunk = this.chunk;
    if (!chunk || from < chunk.after || from >= chunk.last) {
      if (this.mayRead) void this.read(from).catch((error: unknown) => this.readFailed(error));
      return;
    }
    const round = this.begin(this.far, from, chunk.last);
    let last = from;
    let given = true;
    const started = this.host.now();
    for (const changes of chunk.revisions) {
      if (changes.revision <= from) continue;
      given = this.host.inTime(started) && this.host.spread(changes, round, started);
      if (!given) break;
      last = changes.revision;
    }
    this.finish(this.far, round, given ? chunk.last : last, first);
  }

  private firstFar(): HubWatcher | undefined {
    for (const watcher of this.far) {
      if (this.host.lost(watcher.position)) {
        this.far.delete(watcher);
        this.host.compactedAway(watcher);
      } else if (watcher.position >= this.recent.after) {
        this.far.delete(watcher);
        this.near.add(watcher);
      } else return watcher;
    }
    return undefined;
  }

  /** Marks those who can take the changes after `from` without a gap. */
  private begin(set: ReadonlySet<HubWatcher>, from: Revision, upTo: Revision): number {
    const round = ++this.round;
    for (const watcher of set) if (watcher.position >= from && watcher.position < upTo) watcher.round = round;
    return round;
  }

  /** @param last the members of the round that are still in it have everything up to here */
  private finish(set: Set<HubWatcher>, round: number, last: Revision, first: HubWatcher): void {
    for (const watcher of set) {
      if (watcher.round !== round) continue;
      watcher.round = 0;
      if (last > watcher.position) watcher.position = last;
      if (watcher.position < this.host.revision) continue;
      set.delete(watcher);
      this.host.caughtUp(watcher);
    }
    // Another's turn: nobody further ahead waits until the last one has arrived.
    if (set.delete(first)) set.add(first);
  }

  private async read(after: Revision): Promise<void> {
    const { epoch } = this;
    const upTo = this.recent.after;
    this.reading = true;
    try {
      const revisions = await this.host.history.read(after, upTo, historyBytes);
      if (epoch === this.epoch) this.chunk = { after, last: revisions.at(-1)?.revision ?? upTo, revisions };
    } finally {
      this.reading = false;
    }
    this.schedule();
  }

  private readFailed(error: unknown): void {
    if (this.closed) return;
    // The hub hears of the compaction in the same turn; whom it concerns is told in the next slice.
    if (error instanceof QuorateError && error.reason === 'REVISION_COMPACTED') {
      this.schedule();
      return;
    }
    this.host.log.error({ err: error }, 'cannot read the history of changes for watches; trying again');
    this.waiting = this.host.after(retryMs, () => {
      this.waiting = undefined;
      this.schedule();
    });
  }
}
