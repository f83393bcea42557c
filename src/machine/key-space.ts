/** The revisioned key space: index, values and the revision that is being made. */
import { assert } from '../base/assert.js';
import { type Key, type LeaseId, NO_LEASE, type Revision, revision as revisionOf } from '../base/ids.js';
import type { Journal } from './journal.js';
import { type KeyEntry, KeyIndex } from './key-index.js';
import type { LeaseTable } from './leases.js';
import { PendingVersions } from './pending-versions.js';
import type { ServiceTable } from './services.js';
import type { Change, KeyVersion, VersionReader, VersionRef } from './types.js';
import { EMPTY_VALUE, owned, ValueCache } from './values.js';

/** An empty store has revision 1, so that the first change makes revision 2 (etcd). */
const FIRST_REVISION = revisionOf(1);

export class KeySpace {
  readonly index = new KeyIndex();
  readonly pending = new PendingVersions();
  revision = FIRST_REVISION;
  compactedRevision = revisionOf(0);
  private readonly values: ValueCache;
  /** Changes of the revision that is being made. */
  private open: Change[] = [];

  constructor(
    private readonly reader: VersionReader,
    cacheBytes: number,
    private readonly leases: LeaseTable,
    private readonly services: ServiceTable,
    private readonly journal: Journal,
  ) {
    this.values = new ValueCache(cacheBytes);
  }

  /** Whether the revision that is being made has changes. */
  get changed(): boolean {
    return this.open.length > 0;
  }

  /** Sets the key in the revision that is being made. The lease must exist. */
  put(key: Key, value: Uint8Array, lease: LeaseId): void {
    const entry = this.index.get(key);
    const before = entry?.live ? entry : undefined;
    const modRevision = revisionOf(this.revision + 1);
    this.change(entry, {
      key,
      value: owned(value),
      createRevision: before?.createRevision ?? modRevision,
      modRevision,
      sub: this.open.length,
      version: (before?.version ?? 0) + 1,
      lease,
      deleted: false,
    });
  }

  /** Deletes a key that exists, in the revision that is being made. */
  delete(key: Key, entry: KeyEntry): void {
    assert(entry.live, 'only a live key is deleted');
    this.change(entry, {
      key,
      value: EMPTY_VALUE,
      createRevision: revisionOf(0),
      modRevision: revisionOf(this.revision + 1),
      sub: this.open.length,
      version: 0,
      lease: NO_LEASE,
      deleted: true,
    });
  }

  private change(entry: KeyEntry | undefined, current: KeyVersion): void {
    const previous = entry?.live ? { revision: entry.modRevision, sub: entry.sub } : undefined;
    this.services.moved(entry?.live ? entry : undefined, current);
    this.leases.move(current.key, entry?.lease ?? NO_LEASE, current.lease);
    const changed = this.index.add(current, entry);
    if (current.deleted) this.values.drop(changed);
    else this.values.put(changed, current);
    this.pending.add(current);
    this.journal.write({ kind: 'version', version: current });
    this.open.push({ current, previous });
  }

  /** Ends the revision that is being made; without changes there is none. */
  commit(): void {
    if (this.open.length === 0) return;
    this.revision = revisionOf(this.revision + 1);
    this.journal.changed(this.revision, this.open);
    this.open = [];
  }

  /** The newest version of a live key, with its value. */
  newest(entry: KeyEntry): KeyVersion {
    if (entry.cached !== undefined) {
      this.values.touch(entry);
      return entry.cached;
    }
    const read = keepable(this.read({ revision: entry.modRevision, sub: entry.sub }));
    this.values.put(entry, read);
    return read;
  }

  /** The newest version of a live key, without its value. */
  header(key: Key, entry: KeyEntry): KeyVersion {
    return {
      key,
      value: EMPTY_VALUE,
      createRevision: entry.createRevision,
      modRevision: entry.modRevision,
      sub: entry.sub,
      version: entry.version,
      lease: entry.lease,
      deleted: false,
    };
  }

  /** A version by name, from memory or from storage. */
  read(ref: VersionRef): KeyVersion {
    return this.pending.find(ref) ?? this.reader.read(ref);
  }

  /** The version of the key that was live at `revision` (0: that is live now); undefined when it did not exist then. */
  at(entry: KeyEntry, revision: Revision): KeyVersion | undefined {
    if (revision === 0 || entry.modRevision <= revision) return entry.live ? this.newest(entry) : undefined;
    const ref = entry.liveAt(revision);
    return ref === undefined ? undefined : this.read(ref);
  }

  /** The same without the value. */
  headerAt(key: Key, entry: KeyEntry, revision: Revision): KeyVersion | undefined {
    if (revision === 0 || entry.modRevision <= revision) return entry.live ? this.header(key, entry) : undefined;
    const version = this.at(entry, revision);
    return version === undefined ? undefined : { ...version, value: EMPTY_VALUE };
  }

  /** Puts back a version of an image; they come in revision order. */
  load(version: KeyVersion): void {
    const known = this.index.get(version.key);
    this.services.moved(known?.live ? known : undefined, version);
    this.leases.move(version.key, known?.lease ?? NO_LEASE, version.lease);
    const entry = this.index.add(version, known);
    if (version.deleted) this.values.drop(entry);
    else this.values.put(entry, keepable(version));
  }
}

function keepable(version: KeyVersion): KeyVersion {
  const value = owned(version.value);
  return value === version.value ? version : { ...version, value };
}
