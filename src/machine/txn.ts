/** Transactions: compare, then or else, all in one revision. */
import { assert, unreachable } from '../base/assert.js';
import { holds } from './compare.js';
import { deleteRange } from './delete-range.js';
import type { KeySpace } from './key-space.js';
import type { Parts } from './parts.js';
import { checkPut, put } from './put.js';
import { checkRevision, rangeOf } from './range.js';
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
  const refused = check(parts, txn, path);
  if (refused !== undefined) return refused;
  path.rewind();
  const result = run(parts, txn, path, detail);
  parts.keys.commit();
  return result;
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

function check(parts: Parts, txn: TxnCommand, path: Path): ErrorResult | undefined {
  for (const operation of path.next() ? txn.success : txn.failure) {
    const refused = checkOperation(parts, operation, path);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function checkOperation(parts: Parts, operation: Operation, path: Path): ErrorResult | undefined {
  switch (operation.kind) {
    case 'range':
      return checkRevision(parts.keys, operation.revision);
    case 'put':
      return checkPut(parts, operation);
    case 'deleteRange':
      return undefined;
    case 'txn':
      return check(parts, operation, path);
    default:
      return unreachable(operation);
  }
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
