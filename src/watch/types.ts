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
   * All changes of one revision that fall into the watch's ranges, in operation order. Returns false when the stream's queue is full: the
   * watcher then holds nothing for it and reads on from history after resume().
   */
  onChanges(revision: Revision, changes: readonly Change[]): boolean;
  /** The next revision to deliver is compacted. The watcher has ended; a native door sends a resync and watches anew, etcd's cancels. */
  onCompacted(compactedRevision: Revision): void;
}

export interface Watcher {
  /** Every change up to here was delivered (or did not concern this watch): what a progress message may say. */
  readonly deliveredRevision: Revision;
  /** Live: gets changes as they are applied. Otherwise it is catching up from history. */
  readonly live: boolean;
  /** The stream has room again. */
  resume(): void;
  cancel(): void;
}

/** Older changes than the hub keeps in memory, from the store. */
export interface HistoryReader {
  /** Whole revisions with after < revision ≤ upTo, in order, about maxBytes at a time. Fails with QuorateError REVISION_COMPACTED. */
  read(after: Revision, upTo: Revision, maxBytes: number): Promise<readonly RevisionChanges[]>;
}

export interface WatchHub {
  /** @param after deliver changes with a greater revision; may lie in the future (then nothing comes before it) */
  watch(ranges: readonly KeyRange[], after: Revision, sink: WatchSink): Watcher;
  /** Called by the replica after each applied batch. */
  publish(changes: readonly RevisionChanges[], revision: Revision): void;
  /** A compaction was applied. */
  compacted(revision: Revision): void;
  /** The machine was replaced by an image at this revision: every watcher reads on from there or learns that it is compacted. */
  reset(revision: Revision, compactedRevision: Revision): void;
  readonly size: number;
}

export type { Change, KeyVersion, RevisionChanges };
