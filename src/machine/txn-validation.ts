/** What is refused in a txn before anything is looked up. Pure, so that doors call it too. */
import type { Key } from '../base/ids.js';
import { limits } from '../base/limits.js';
import { upperBound } from '../base/ranges.js';
import { failure } from './failure.js';
import type { ErrorResult, Operation, TxnCommand } from './types.js';

/**
 * etcd's rules: each list has at most 128 elements (a nested txn's lists at most 128 less the longest list around it); whatever
 * path is taken, no key is put twice, and none is put and deleted. Deletes may overlap, and the two branches of a txn may share keys,
 * because only one of them runs. (etcd overlooks a put before a delete in sibling nested txns; here the order does not matter.)
 * @returns undefined: valid
 */
export function validateTxn(txn: TxnCommand): ErrorResult | undefined {
  if (!fits(txn, limits.changesPerPublish)) {
    return failure(
      'TOO_MANY_CHANGES',
      `a txn has at most ${limits.changesPerPublish} compares and operations in each list`,
    );
  }
  const footprint = footprintOf(txn);
  return footprint === undefined ? failure('DUPLICATE_KEY', 'a txn changes a key twice') : undefined;
}

function fits(txn: TxnCommand, most: number): boolean {
  const longest = Math.max(txn.compares.length, txn.success.length, txn.failure.length);
  if (longest > most) return false;
  const nestedFit = (operations: readonly Operation[]) =>
    operations.every((operation) => operation.kind !== 'txn' || fits(operation, most - longest));
  return nestedFit(txn.success) && nestedFit(txn.failure);
}

/** Keys that an operation may put, and ranges that it may delete. */
interface Footprint {
  readonly puts: readonly Key[];
  readonly deletes: readonly Span[];
}
interface Span {
  readonly start: Key;
  /** Exclusive. */
  readonly bound: Key;
}

/** Of both branches together; undefined: one of them conflicts with itself. */
function footprintOf(txn: TxnCommand): Footprint | undefined {
  const success = branchFootprint(txn.success);
  const failed = branchFootprint(txn.failure);
  if (success === undefined || failed === undefined) return undefined;
  if (failed.puts.length === 0 && failed.deletes.length === 0) return success;
  return {
    puts: [...new Set([...success.puts, ...failed.puts])],
    deletes: [...success.deletes, ...failed.deletes],
  };
}

function branchFootprint(operations: readonly Operation[]): Footprint | undefined {
  const putBy = new Map<Key, Operation>();
  const deletes: { readonly span: Span; readonly by: Operation }[] = [];
  for (const by of operations) {
    if (by.kind === 'put') {
      if (putBy.has(by.key)) return undefined;
      putBy.set(by.key, by);
    } else if (by.kind === 'deleteRange') {
      deletes.push({ span: { start: by.key, bound: upperBound(by.key, by.end) }, by });
    } else if (by.kind === 'txn') {
      const nested = footprintOf(by);
      if (nested === undefined) return undefined;
      for (const key of nested.puts) {
        if (putBy.has(key)) return undefined;
        putBy.set(key, by);
      }
      for (const span of nested.deletes) deletes.push({ span, by });
    }
  }
  if (deletes.length > 0 && deletesAPut(putBy, deletes)) return undefined;
  return { puts: [...putBy.keys()], deletes: deletes.map(({ span }) => span) };
}

/**
 * Whether a key is in the range of a delete by another operation than the one that puts it. One sweep in key order: of the ranges begun so
 * far, the furthest bound counts, and the furthest by an operation other than that one's.
 */
function deletesAPut(
  putBy: ReadonlyMap<Key, Operation>,
  deletes: { readonly span: Span; readonly by: Operation }[],
): boolean {
  const puts = [...putBy].sort(([a], [b]) => (a < b ? -1 : 1));
  deletes.sort((a, b) => (a.span.start < b.span.start ? -1 : a.span.start === b.span.start ? 0 : 1));
  let next = 0;
  let furthest: { bound: Key; by: Operation } | undefined;
  let furthestOther: Key | undefined;
  for (const [key, by] of puts) {
    for (let begun = deletes[next]; begun !== undefined && begun.span.start <= key; begun = deletes[++next]) {
      const { bound } = begun.span;
      if (furthest === undefined || furthest.by === begun.by) {
        if (furthest === undefined || bound > furthest.bound) furthest = { bound, by: begun.by };
      } else if (bound > furthest.bound) {
        furthestOther = furthest.bound;
        furthest = { bound, by: begun.by };
      } else if (furthestOther === undefined || bound > furthestOther) furthestOther = bound;
    }
    const reach = furthest !== undefined && furthest.by !== by ? furthest.bound : furthestOther;
    if (reach !== undefined && reach > key) return true;
  }
  return false;
}
