/** etcd's Put and DeleteRange: what they ask for, and their answers. */
import type { DeleteRangeCommand, DeleteRangeResult, PutCommand, PutResult } from '../../machine/types.js';
import type {
  DeleteRangeRequest,
  DeleteRangeResponseIn,
  PutRequest,
  PutResponseIn,
  ResponseHeaderIn,
} from '../../proto/etcd.js';
import { etcdError } from './errors.js';
import { leaseIdOf } from './int64.js';
import { keyValueOf } from './key-value.js';
import { endOfRequest, keyOfRequest } from './range.js';

/** @throws QuorateError EmptyKey, ValueProvided, LeaseProvided */
export function putCommandOf(request: PutRequest): PutCommand {
  const key = keyOfRequest(request.key);
  const lease = leaseIdOf(request.lease);
  if (request.ignore_value && request.value.length > 0) throw etcdError('ValueProvided');
  if (request.ignore_lease && lease !== '') throw etcdError('LeaseProvided');
  return {
    kind: 'put',
    key,
    value: request.value,
    lease,
    prevKv: request.prev_kv,
    ignoreValue: request.ignore_value,
    ignoreLease: request.ignore_lease,
  };
}

export function putResponseOf({ previous }: PutResult, header: ResponseHeaderIn): PutResponseIn {
  return previous ? { header, prev_kv: keyValueOf(previous) } : { header };
}

/** @throws QuorateError EmptyKey */
export function deleteCommandOf(request: DeleteRangeRequest): DeleteRangeCommand {
  return {
    kind: 'deleteRange',
    key: keyOfRequest(request.key),
    end: endOfRequest(request.range_end),
    prevKv: request.prev_kv,
  };
}

export function deleteResponseOf(
  { deleted, previous }: DeleteRangeResult,
  header: ResponseHeaderIn,
): DeleteRangeResponseIn {
  return { header, deleted, prev_kvs: previous.map(keyValueOf) };
}
