/**
 * The index of keys: for each key its newest version without the value, and the names of its older versions. Everything that a range, a compare
 * or a compaction must know about a key is here; only values are elsewhere.
 */

import type { Key, LeaseId, Revision } from '../base/ids.js';
import { ABOVE_ALL_KEYS } from '../base/ranges.js';
import { SortedMap } from './sorted-map.js';
import type { KeyVersion, VersionRef } from './types.js';

/** Up to this many older versions the list is kept exactly as long as needed; longer ones may grow in steps. */
const EXACT_LENGTH = 16;

/** A key with its newest version inline: a million of these are in memory, so there is one object per key and few fields. */
export class KeyEntry {
  modRevision: Revision;
  sub: number;
  createRevision: Revision;
  /** 0: the newest version is a tombstone. */
  version: number;
  lease: LeaseId;
  /**
   * Older versions, oldest first, two numbers each: revision, then sub × 2 (+ 1 for a tombstone). Example: a key put at 5, deleted as
   * third change of 7 and put again at 9 has [5, 0, 7, 5] here.
   */
  older: number[] | undefined = undefined;
  /** The newest version with its value while the value cache holds it. */
  cached: KeyVersion | undefined = undefined;
  /** Bits of the value cache. */
  cacheBits = 0;

  constructor(first: KeyVersion) {
    this.modRevision = first.modRevision;
    this.sub = first.sub;
    this.createRevision = first.createRevision;
    this.version = first.version;
    this.lease = first.lease;
  }

  get live(): boolean {
    return this.version > 0;
  }

  /** Makes `next` the newest version. */
  push(next: KeyVersion): void {
    const code = this.sub * 2 + (this.version === 0 ? 1 : 0);
    if (this.older === undefined) this.older = [this.modRevision, code];
    else if (this.older.length < EXACT_LENGTH) this.older = [...this.older, this.modRevision, code];
    else this.older.push(this.modRevision, code);
    this.modRevision = next.modRevision;
    this.sub = next.sub;
    this.createRevision = next.createRevision;
    this.version = next.version;
    this.lease = next.lease;
  }

  /** The version that was live at `revision`; undefined when the key did not exist then. */
  liveAt(revision: Revision): VersionRef | undefined {
    if (this.modRevision <= revision) {
      return this.version > 0 ? { revision: this.modRevision, sub: this.sub } : undefined;
    }
    const older = this.older;
    if (older === undefined) return undefined;
    const at = lastAtOrBefore(older, revision);
    const code = older[at + 1];
    if (code === undefined || code % 2 === 1) return undefined;
    return { revision: older[at] as Revision, sub: code / 2 };
  }

  /** Whether the key existed at `revision`; 0: whether it exists now. */
  existsAt(revision: Revision): boolean {
    if (revision === 0 || this.modRevision <= revision) return this.version > 0;
    return this.liveAt(revision) !== undefined;
  }

  /** Revision of the oldest version that is kept. */
  get firstRevision(): Revision {
    return (this.older?.[0] ?? this.modRevision) as Revision;
  }

  /**
   * Forgets what nobody can ask for after a compaction at `revision`: versions older than the newest one at or before it, and that one
   * too if it is a tombstone. What was made in `revision` itself stays, tombstones too: a watch may begin there (etcd #19179). At most
   * `most` versions at a time, oldest first.
   * @returns whether all are forgotten; an entry with a tombstone that is left alone and to be dropped is `isGhost` then
   */
  forget(revision: Revision, most: number, drop: (revision: Revision, sub: number) => void): boolean {
    const older = this.older;
    if (older === undefined) return true;
    let cut = older.length;
    if (this.modRevision > revision) {
      cut = lastAtOrBefore(older, revision);
      if (cut < 0) return true;
      const tombstone = (older[cut + 1] ?? 0) % 2 === 1;
      if (tombstone && older[cut] !== revision) cut += 2;
    }
    const now = Math.min(cut, most * 2);
    for (let i = 0; i < now; i += 2) drop(older[i] as Revision, ((older[i + 1] ?? 0) >> 1) as number);
    if (now === older.length) this.older = undefined;
    else if (now > 0) this.older = older.slice(now);
    return now === cut;
  }

  /** Nothing is left but a tombstone from before a compaction at `revision`. */
  isGhost(revision: Revision): boolean {
    return this.version === 0 && this.modRevision < revision && this.older === undefined;
  }
}

/** Position of the last pair with a revision at or before `revision`; -2 when there is none. */
function lastAtOrBefore(pairs: readonly number[], revision: number): number {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pairs[middle * 2] ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * 2;
}

/** All keys that have a version that is kept, tombstones included. */
export class KeyIndex {
  private readonly entries = new SortedMap<Key, KeyEntry>();
  /** Keys that exist now. */
  live = 0;

  get(key: Key): KeyEntry | undefined {
    return this.entries.get(key);
  }

  /** Makes `next` the newest version of its key. */
  add(next: KeyVersion, known: KeyEntry | undefined = this.entries.get(next.key)): KeyEntry {
    if (known === undefined) {
      const entry = new KeyEntry(next);
      this.entries.set(next.key, entry);
      if (entry.live) this.live++;
      return entry;
    }
    if (known.live) this.live--;
    known.push(next);
    if (known.live) this.live++;
    return known;
  }

  remove(key: Key): void {
    this.entries.delete(key);
  }

  /** Visits from ≤ key < bound in order until `visit` returns false; the index must not change meanwhile. */
  scan(from: Key, bound: Key, visit: (key: Key, entry: KeyEntry) => boolean): void {
    this.entries.scan(from, bound, visit);
  }

  /** Whether a key exists now in from ≤ key < bound. */
  anyLive(from: Key, bound: Key = ABOVE_ALL_KEYS): boolean {
    let found = false;
    this.entries.scan(from, bound, (_key, entry) => {
      found = entry.live;
      return !found;
    });
    return found;
  }
}
