/** `HashKV`: a checksum over the content of the key space at a revision. */
import { type Key, keyBytes, type Revision, revision as revisionOf } from '../../base/ids.js';
import type { KeyVersion, RangeQuery } from '../../machine/types.js';
import type { Replica } from '../../replica/types.js';
import { crc32c } from '../../storage/files/crc32c.js';

const pageItems = 256;
const pageBytes = 256 * 1024;
const ZERO = revisionOf(0);

/**
 * CRC-32C over all keys that live at a revision, in their order, with value, lease, and revisions. Equal on all members, and before and after a compaction
 * that leaves the revision readable: what was overwritten does not count (at etcd it does).
 */
export class KeySpaceHash {
  private crc = 0;
  private next = '\0' as Key;

  constructor(
    private readonly replica: Replica,
    private readonly at: Revision,
  ) {}

  /** Hashes some more keys; true at the end. @throws QuorateError REVISION_COMPACTED when a compaction has passed the revision meanwhile */
  step(): boolean {
    // Asked for each time: an image that is installed meanwhile brings a new machine.
    const page = this.replica.machine.range(allFrom(this.next, this.at), pageBytes, false);
    for (const version of page.items) this.add(version);
    const last = page.items.at(-1);
    if (!page.more || !last) return true;
    this.next = `${last.key}\0` as Key;
    return false;
  }

  get value(): number {
    return this.crc;
  }

  private add({ key, value, lease, createRevision, modRevision, version }: KeyVersion): void {
    this.addBytes(keyBytes(key));
    this.addBytes(Buffer.from(`\0${createRevision} ${modRevision} ${version} ${lease} ${value.byteLength}\0`));
    this.addBytes(value);
  }

  private addBytes(bytes: Uint8Array): void {
    this.crc = crc32c(bytes, 0, bytes.byteLength, this.crc);
  }
}

function allFrom(key: Key, at: Revision): RangeQuery {
  return {
    kind: 'range',
    key,
    end: '\0' as Key,
    limit: pageItems,
    revision: at,
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly: false,
    countOnly: false,
    minModRevision: ZERO,
    maxModRevision: ZERO,
    minCreateRevision: ZERO,
    maxCreateRevision: ZERO,
  };
}
