/** Transactions: compare, then or else, all in one revision. */
import { assert, unreachable } from '../base/assert.js';
import { holds } from './compare.js';
import { deleteRange } from './delete-range.js';
import type { KeySpace } from './key-space.js';
import type { Parts } from './parts.js';
import { checkPutKeeps, checkPutLease, put } from './put.js';
import { checkRevisionInTxn, rangeOf } from './range.js';
import { validateTxn } from './txn-validation.js';
import type { ErrorResult, Operation, OperationResult, TxnCommand, TxnResult } from './types.js';

/**
 * Applies a txn. All compares, nested ones too, are decided on the state before it (etcd), so the whole path is known and every operation on it
 * is checked before the first one changes anything: a txn is refused whole, and on every member alike, whoever waits for its results.
 */
export function applyTxn(parts: Parts, txn: TxnCommand, detail: boolean): TxnResult | ErrorResult {
  const invalid = validateTxn(txn);
  if (invalid !== undefined) return invalid;
  const path = new Path();
  decide(parts.keys, txn, path);
  const refused = checkPath(parts, txn, path, checkWrite) ?? checkPath(parts, txn, path, checkRead);
  if (refused !== undefined) return refused;
  path.rewind();
  const result = run(parts, txn, path, detail);
  parts.keys.commit();
  return result;
}

/** Answers a txn that has no operations but ranges, on whatever level: nothing changes, so it needs no entry of the log. */
export function readTxn(parts: Parts, txn: TxnCommand): TxnResult | ErrorResult {
  assert(isReadOnly(txn), 'only a txn that changes nothing is read');
  return applyTxn(parts, txn, true);
}

/** Whether no branch of a txn changes anything. */
export function isReadOnly(txn: TxnCommand): boolean {
  const reads = (operation: Operation) =>
    operation.kind === 'range' || (operation.kind === 'txn' && isReadOnly(operation));
  return txn.success.every(reads) && txn.failure.every(reads);
}

/** Which branch each txn on the path takes, in the order in which a walk along the path meets them. */
class Path {
  private readonly taken: boolean[] = [];
  private position = 0;

  add(succeeded: boolean): void {
    this.taken.push(succeeded);
  }

  next(): boolean {
    const succeeded = this.taken[this.position++];
    assert(succeeded !== undefined, 'a walk meets the txns that were decided');
    return succeeded;
  }

  rewind(): void {
    this.position = 0;
  }
}

function decide(keys: KeySpace, txn: TxnCommand, path: Path): void {
  const succeeded = txn.compares.every((compare) => holds(keys, compare));
  path.add(succeeded);
  for (const operation of succeeded ? txn.success : txn.failure) {
    if (operation.kind === 'txn') decide(keys, operation, path);
  }
}

type Check = (parts: Parts, operation: Operation) => ErrorResult | undefined;

/** Checks the operations on the path, those of nested txns too. */
function checkPath(parts: Parts, txn: TxnCommand, path: Path, check: Check): ErrorResult | undefined {
  path.rewind();
  return checkBranch(parts, txn, path, check);
}

function checkBranch(parts: Parts, txn: TxnCommand, path: Path, check: Check): ErrorResult | undefined {
  for (const operation of path.next() ? txn.success : txn.failure) {
    const refused = operation.kind === 'txn' ? checkBranch(parts, operation, path, check) : check(parts, operation);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** First, as in etcd: a txn with a refused put and a refused range is refused for the put. */
function checkWrite(parts: Parts, operation: Operation): ErrorResult | undefined {
  return operation.kind === 'put' ? (checkPutKeeps(parts, operation) ?? checkPutLease(parts, operation)) : undefined;
}

function checkRead({ keys }: Parts, operation: Operation): ErrorResult | undefined {
  return operation.kind === 'range' ? checkRevisionInTxn(keys, operation.revision) : undefined;
}

function run(parts: Parts, txn: TxnCommand, path: Path, detail: boolean): TxnResult {
  const succeeded = path.next();
  const responses: OperationResult[] = [];
  for (const operation of succeeded ? txn.success : txn.failure) {
    // Ranges change nothing, so a member on which nobody waits leaves them out.
    if (operation.kind === 'range' && !detail) continue;
    responses.push(runOperation(parts, operation, path, detail));
  }
  return { kind: 'txn', succeeded, responses };
}

function runOperation(parts: Parts, operation: Operation, path: Path, detail: boolean): OperationResult {
  switch (operation.kind) {
    case 'range':
      return rangeOf(parts.keys, operation, Number.POSITIVE_INFINITY, true);
    case 'put':
      return put(parts, operation, detail);
    case 'deleteRange':
      return deleteRange(parts, operation, detail);
    case 'txn':
      return run(parts, operation, path, detail);
    default:
      return unreachable(operation);
  }
}
