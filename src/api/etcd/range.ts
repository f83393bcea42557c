/** etcd's Range: what it asks for, and its answer. */
import type { Key } from '../../base/ids.js';
import { keyOf } from '../../base/ids.js';
import type { RangeQuery, RangeResult } from '../../machine/types.js';
import type { RangeRequest, RangeResponseIn, ResponseHeaderIn } from '../../proto/etcd.js';
import { etcdError } from './errors.js';
import { numberOf, revisionOfInt64 } from './int64.js';
import { keyValueOf } from './key-value.js';

const sortOrders = ['none', 'ascend', 'descend'] as const;
const sortTargets = ['key', 'version', 'create', 'mod', 'value'] as const;

/**
 * The query of a request. Negative limits and revisions mean none, which is the machine's business.
 * @throws QuorateError EmptyKey, InvalidSortOption (etcd 3.5; 3.4 takes an unknown order for none and dies of an unknown target)
 */
export function rangeQueryOf(request: RangeRequest): RangeQuery {
  const key = keyOfRequest(request.key);
  const sortOrder = sortOrders[request.sort_order];
  const sortTarget = sortTargets[request.sort_target];
  if (sortOrder === undefined || sortTarget === undefined) throw etcdError('InvalidSortOption');
  return {
    kind: 'range',
    key,
    end: endOfRequest(request.range_end),
    limit: Math.max(0, numberOf(request.limit)),
    revision: revisionOfInt64(request.revision),
    sortOrder,
    sortTarget,
    keysOnly: request.keys_only,
    countOnly: request.count_only,
    minModRevision: revisionOfInt64(request.min_mod_revision),
    maxModRevision: revisionOfInt64(request.max_mod_revision),
    minCreateRevision: revisionOfInt64(request.min_create_revision),
    maxCreateRevision: revisionOfInt64(request.max_create_revision),
  };
}

/** @throws QuorateError EmptyKey */
export function keyOfRequest(bytes: Buffer): Key {
  if (bytes.length === 0) throw etcdError('EmptyKey');
  return keyOf(bytes);
}

/** Undefined for an empty range end: the one key. */
export function endOfRequest(bytes: Buffer): Key | undefined {
  return bytes.length === 0 ? undefined : keyOf(bytes);
}

export function rangeResponseOf(result: RangeResult, header: ResponseHeaderIn): RangeResponseIn {
  return { header, kvs: result.items.map(keyValueOf), more: result.more, count: result.count };
}
