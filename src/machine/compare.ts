/** The conditions of a txn. */
import { unreachable } from '../base/assert.js';
import { type LeaseId, NO_LEASE } from '../base/ids.js';
import type { KeyEntry } from './key-index.js';
import type { KeySpace } from './key-space.js';
import { eachKey } from './range.js';
import type { Compare } from './types.js';

/**
 * Whether the condition holds now. On a range it must hold for every key; an empty range counts as one missing key, which has version,
 * create revision, mod revision and lease 0 but no value: any compare of its value is false, even "not equal" (etcd).
 */
export function holds(keys: KeySpace, compare: Compare): boolean {
  let any = false;
  let all = true;
  eachKey(keys, compare.key, compare.end, (_key, entry) => {
    if (!entry.live) return true;
    any = true;
    all = accepts(compare.operator, difference(keys, compare, entry));
    return all;
  });
  if (any) return all;
  return compare.target.kind !== 'value' && accepts(compare.operator, missingDifference(compare));
}

function accepts(operator: Compare['operator'], difference: number): boolean {
  switch (operator) {
    case 'equal':
      return difference === 0;
    case 'notEqual':
      return difference !== 0;
    case 'greater':
      return difference > 0;
    case 'less':
      return difference < 0;
    default:
      return unreachable(operator);
  }
}

/** Negative, 0 or positive: what the key has, against what the condition names. */
function difference(keys: KeySpace, { target }: Compare, entry: KeyEntry): number {
  switch (target.kind) {
    case 'version':
      return entry.version - target.value;
    case 'createRevision':
      return entry.createRevision - target.value;
    case 'modRevision':
      return entry.modRevision - target.value;
    case 'lease':
      return compareLeases(entry.lease, target.value);
    case 'value':
      return Buffer.compare(keys.newest(entry).value, target.value);
    default:
      return unreachable(target);
  }
}

function missingDifference({ target }: Compare): number {
  switch (target.kind) {
    case 'version':
    case 'createRevision':
    case 'modRevision':
      return -target.value;
    case 'lease':
      return compareLeases(NO_LEASE, target.value);
    case 'value':
      return 0;
    default:
      return unreachable(target);
  }
}

/** Lease ids compare as the signed 64-bit numbers that they are at the etcd door. */
function compareLeases(a: LeaseId, b: LeaseId): number {
  if (a === b) return 0;
  return leaseNumber(a) < leaseNumber(b) ? -1 : 1;
}

function leaseNumber(id: LeaseId): bigint {
  return id === NO_LEASE ? 0n : BigInt.asIntN(64, BigInt(`0x${id}`));
}
