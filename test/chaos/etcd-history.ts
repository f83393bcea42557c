/** What went through the etcd door. Lines of a history (history.ts). */

/** One key, as a write or an event leaves it. */
export interface RawChange {
  readonly key: string;
  /** Absent: deleted. Otherwise no two writes of a run have the same. */
  readonly value?: string;
}

/** One call of etcd's KV: a put, a delete of a key, a delete of a range, or a txn of several. */
export interface RawCall {
  readonly caller: string;
  readonly begin: number;
  readonly end: number;
  /** What it may change; of a range delete that was acknowledged, what it deleted. */
  readonly changes: readonly RawChange[];
  /** Deletes every key that begins so. */
  readonly deletedPrefix?: string;
  /** refused: it changed nothing · unknown: it may have taken effect, or will. */
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly reason?: string;
  /** Of the answer's header; absent when nothing was changed. */
  readonly revision?: number;
}

export interface RawEvent extends RawChange {
  readonly revision: number;
  /** Of a put: how often the key was written in this life of it, and where that began. */
  readonly version: number;
  readonly created: number;
  /** Revision of prev_kv; absent: it was not sent. */
  readonly previous?: number;
}

export interface RawWatched {
  readonly watcher: string;
  readonly at: number;
  /**
   * begin: a watch was asked for from `revision` on · created: it is there, at `revision` · events: a message with `revision` in its header · progress:
   * everything up to `revision` was told · compacted: it ended since everything before `revision` is gone.
   */
  readonly kind: 'begin' | 'created' | 'events' | 'progress' | 'compacted';
  readonly revision: number;
  /** Of begin. */
  readonly prefix?: string;
  readonly events?: readonly RawEvent[];
}

/** A raw key when all was over. */
export interface RawFinal extends RawChange {
  readonly revision: number;
  readonly version: number;
}
