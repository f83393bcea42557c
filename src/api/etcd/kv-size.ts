/** etcd's bound on what a write may replicate. */
import { limits } from '../../base/limits.js';
import { DeleteRangeRequest, PutRequest, type RequestOp, TxnRequest } from '../../proto/etcd.js';
import type { Message } from '../../proto/schema.js';
import { etcdError } from './errors.js';

/** What etcd adds to a request before it measures it. */
const wrapperBytes = 17;
/** No field beside keys and values, nor the frame of an operation, needs more. */
const otherBytes = 128;

/** @throws QuorateError RequestTooLarge; so do the others */
export function checkPutSize(request: PutRequest): void {
  if (putBytes(request) > limits.commandBytes) checkExactly(PutRequest, request);
}

export function checkDeleteSize(request: DeleteRangeRequest): void {
  if (deleteBytes(request) > limits.commandBytes) checkExactly(DeleteRangeRequest, request);
}

export function checkTxnSize(request: TxnRequest): void {
  if (txnBytes(request) > limits.commandBytes) checkExactly(TxnRequest, request);
}

// At least the bytes of a request: to encode it once more is for the few that are near the bound.

function putBytes({ key, value }: PutRequest): number {
  return key.length + value.length + otherBytes;
}

function deleteBytes({ key, range_end }: DeleteRangeRequest): number {
  return key.length + range_end.length + otherBytes;
}

function txnBytes({ compare, success, failure }: TxnRequest): number {
  let bytes = otherBytes;
  for (const { key, range_end, value } of compare)
    bytes += key.length + range_end.length + (value?.length ?? 0) + otherBytes;
  for (const operation of success) bytes += operationBytes(operation);
  for (const operation of failure) bytes += operationBytes(operation);
  return bytes;
}

function operationBytes({ request_range, request_put, request_delete_range, request_txn }: RequestOp): number {
  if (request_range) return request_range.key.length + request_range.range_end.length + otherBytes;
  if (request_put) return putBytes(request_put) + otherBytes;
  if (request_delete_range) return deleteBytes(request_delete_range) + otherBytes;
  return request_txn ? txnBytes(request_txn) + otherBytes : otherBytes;
}

function checkExactly<Req extends object>(message: Message<Req, object>, request: Req): void {
  if (message.encode(request).length + wrapperBytes > limits.commandBytes) throw etcdError('RequestTooLarge');
}
