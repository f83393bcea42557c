/** What watches yield. */
import type { ConfigDocument } from './document.js';
import type { Instance, InstanceRef } from './instance.js';

/** The full selected state at a revision: it replaces everything seen before. */
export interface SnapshotEvent<Item> {
  readonly kind: 'snapshot';
  readonly revision: number;
  /** Not the first snapshot of this watch: changes in between were skipped, because they are compacted. */
  readonly resync: boolean;
  readonly items: readonly Item[];
}

/** All selected documents that were published or deleted (`deleted` is set) in one revision. */
export interface ConfigChangesEvent {
  readonly kind: 'changes';
  readonly revision: number;
  readonly items: readonly ConfigDocument[];
  /** The consumer was slow: of several changes to a key only the newest is here, and revisions were joined. */
  readonly conflated: boolean;
}

/** What became of the selected instances in one revision. */
export interface RegistryChangesEvent {
  readonly kind: 'changes';
  readonly revision: number;
  /** Added or changed, or matched by the selector now. */
  readonly updated: readonly Instance[];
  /** Gone, or no longer matched. */
  readonly removed: readonly InstanceRef[];
  readonly conflated: boolean;
}

/** Nothing changed up to `revision`; only with `progress: true`. */
export interface ProgressEvent {
  readonly kind: 'progress';
  readonly revision: number;
  /** Milliseconds since the member last heard from the leader. */
  readonly leaderContactAgeMs: number;
}

export type ConfigEvent = SnapshotEvent<ConfigDocument> | ConfigChangesEvent | ProgressEvent;
export type RegistryEvent = SnapshotEvent<Instance> | RegistryChangesEvent | ProgressEvent;

/** Accepted by every watch. */
export interface WatchOptions {
  /** Begin with the changes after this revision instead of a snapshot. */
  readonly afterRevision?: number;
  /** Also yield progress events. */
  readonly progress?: boolean;
  /** Aborting ends the iteration. */
  readonly signal?: AbortSignal;
}
