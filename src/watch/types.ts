/** The contract of the watch hub: what doors ask for and what they get. */
import type { Key, Revision } from '../base/ids.js';
import type { Change, KeyVersion, RevisionChanges } from '../machine/types.js';

/** `end` undefined: the one key; '\0': to the end of the key space; else exclusive. */
export interface KeyRange {
  readonly key: Key;
  readonly end: Key | undefined;
}

export interface WatchSink {
  /**
   * All changes of one revision that fall into the watch's ranges, in operation order. Watchers of identical ranges get the same array, so an
   * encoding can be cached on it. Returns false when the stream's queue is full: this call's changes count as delivered all the same (as with a
   * stream's write), but the watcher holds nothing more for it and reads on from history after resume().
   */
  onChanges(revision: Revision, changes: readonly Change[]): boolean;
  /** The next revision to deliver is compacted. The watcher has ended; a native door sends a resync and watches anew, etcd's cancels. */
  onCompacted(compactedRevision: Revision): void;
  /** A watcher that was catching up has become live. Never called from inside watch() or resume(): look at `live` after those. */
  onLive?(): void;
  /** Of the member itself: not counted among the watches of callers. */
  readonly isOwn?: true;
}

export interface Watcher {
  /** Every change up to here was delivered (or did not concern this watch): what a progress message may say. */
  readonly deliveredRevision: Revision;
  /** Live: gets changes as they are applied. Otherwise it is catching up from history, or its stream is full. */
  readonly live: boolean;
  /** The stream is full for another reason than what onChanges was given: the same as returning false there. */
  pause(): void;
  /** The stream has room again. */
  resume(): void;
  /** Ends the watch; no callback comes after it. Allowed at any time, also inside a callback. */
  cancel(): void;
}

/** Older changes than the hub keeps in memory, from the store. */
export interface HistoryReader {
  /** Whole revisions with after < revision ≤ upTo, in order, about maxBytes at a time. Fails with QuorateError REVISION_COMPACTED. */
  read(after: Revision, upTo: Revision, maxBytes: number): Promise<readonly RevisionChanges[]>;
}

export interface WatchHub {
  /**
   * Calls nothing back before it returns.
   * @param after deliver changes with a greater revision; may lie in the future (then nothing comes before it). If after + 1 lies before the
   *   compacted revision the sink hears so, even where the changes are still in memory.
   */
  watch(ranges: readonly KeyRange[], after: Revision, sink: WatchSink): Watcher;
  /** Called by the replica after each applied batch, with `revision` = the machine's. */
  publish(changes: readonly RevisionChanges[], revision: Revision): void;
  /** A compaction was applied. */
  compacted(revision: Revision): void;
  /** The store is about to be replaced by an image; until reset() its history is not that of the machine. */
  replacing(): void;
  /** The machine was replaced by an image at this revision: every watcher reads on from there or learns that it is compacted. */
  reset(revision: Revision, compactedRevision: Revision): void;
  readonly size: number;
}

export type { Change, KeyVersion, RevisionChanges };
