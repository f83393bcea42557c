/** etcd's Txn: what it asks for, and its answer. */
import { unreachable } from '../../base/assert.js';
import { type Revision, revision as revisionOf } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { validateTxn } from '../../machine/txn-validation.js';
import type { Operation, OperationResult, TxnCommand, TxnResult } from '../../machine/types.js';
import type { RequestOp, ResponseHeaderIn, ResponseOpIn, TxnRequest, TxnResponseIn } from '../../proto/etcd.js';
import { etcdError } from './errors.js';
import { deleteCommandOf, deleteResponseOf, putCommandOf, putResponseOf } from './put.js';
import { rangeQueryOf, rangeResponseOf } from './range.js';
import { compareOf } from './txn-compare.js';

/**
 * The command of a request.
 * @throws QuorateError what the operations are refused with, in the order of the request; then TooManyOps; DuplicateKey at last
 */
export function txnCommandOf(request: TxnRequest): TxnCommand {
  const txn = checkedTxn(request, limits.changesPerPublish);
  if (validateTxn(txn) !== undefined) throw etcdError('DuplicateKey');
  return txn;
}

/** @param most elements that each list may have; lists of a nested txn have less by the longest list around them */
function checkedTxn({ compare, success, failure }: TxnRequest, most: number): TxnCommand {
  const longest = Math.max(compare.length, success.length, failure.length);
  if (longest > most) throw etcdError('TooManyOps');
  return {
    kind: 'txn',
    compares: compare.map(compareOf),
    success: success.map((operation) => operationOf(operation, most - longest)),
    failure: failure.map((operation) => operationOf(operation, most - longest)),
  };
}

function operationOf(operation: RequestOp, most: number): Operation {
  if (operation.request_range) return rangeQueryOf(operation.request_range);
  if (operation.request_put) return putCommandOf(operation.request_put);
  if (operation.request_delete_range) return deleteCommandOf(operation.request_delete_range);
  if (operation.request_txn) return checkedTxn(operation.request_txn, most);
  // So does etcd call an operation that is none.
  throw etcdError('KeyNotFound');
}

/** Whether a txn that changes nothing may be answered from the state of any member: when all of its ranges may, and it has some. */
export function isSerializable(request: TxnRequest): boolean {
  const ranges = rangesOf(request);
  return ranges.length > 0 && ranges.every((serializable) => serializable);
}

/** Of each range on any level whether it is serializable. */
function rangesOf({ success, failure }: TxnRequest): boolean[] {
  return [...success, ...failure].flatMap(({ request_range, request_txn }) => {
    if (request_range) return [request_range.serializable];
    return request_txn ? rangesOf(request_txn) : [];
  });
}

/** @param after the store's revision after the txn */
export function txnResponseOf(result: TxnResult, header: ResponseHeaderIn, after: Revision): TxnResponseIn {
  return new Answer(result, after).of(result, header);
}

/**
 * The answers inside a txn have a header with the revision only: before the txn's first change the one that it found, then the one that it makes. That
 * of a nested txn is empty (etcd).
 */
class Answer {
  private current: ResponseHeaderIn;

  constructor(
    result: TxnResult,
    private readonly after: Revision,
  ) {
    this.current = { revision: changes(result) ? revisionOf(after - 1) : after };
  }

  of({ succeeded, responses }: TxnResult, header: ResponseHeaderIn): TxnResponseIn {
    return { header, succeeded, responses: responses.map((response) => this.ofOperation(response)) };
  }

  private ofOperation(result: OperationResult): ResponseOpIn {
    if (result.kind !== 'txn' && changes(result)) this.current = { revision: this.after };
    switch (result.kind) {
      case 'range':
        return { response_range: rangeResponseOf(result, this.current) };
      case 'put':
        return { response_put: putResponseOf(result, this.current) };
      case 'deleteRange':
        return { response_delete_range: deleteResponseOf(result, this.current) };
      case 'txn':
        return { response_txn: this.of(result, {}) };
      default:
        return unreachable(result);
    }
  }
}

function changes(result: OperationResult): boolean {
  switch (result.kind) {
    case 'range':
      return false;
    case 'put':
      return true;
    case 'deleteRange':
      return result.deleted > 0;
    case 'txn':
      return result.responses.some(changes);
    default:
      return unreachable(result);
  }
}
