import { keyBytes, NO_LEASE } from '../../base/ids.js';
import type { KeyVersion } from '../../machine/types.js';
import type { KeyValueIn } from '../../proto/etcd.js';
import { int64OfLease } from './int64.js';

/** A version as etcd shows it. Empty values and absent leases are left out, as are all zeros on the wire; so is all but key and revision of a deletion. */
export function keyValueOf(version: KeyVersion): KeyValueIn {
  const key = keyBytes(version.key);
  if (version.deleted) return { key, mod_revision: version.modRevision };
  const keyValue: KeyValueIn = {
    key,
    create_revision: version.createRevision,
    mod_revision: version.modRevision,
    version: version.version,
  };
  if (version.value.byteLength > 0) keyValue.value = version.value;
  if (version.lease !== NO_LEASE) keyValue.lease = int64OfLease(version.lease);
  return keyValue;
}
