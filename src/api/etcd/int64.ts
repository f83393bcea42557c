/** 64-bit numbers of etcd's messages (decimal texts) and what they are inside. */
import { type LeaseId, NO_LEASE, type Revision, revision as revisionOf } from '../../base/ids.js';

/** Decimal texts of at most so many characters, sign included, are safe integers. */
const safeDigits = 15;
/** Hex texts of at most so many digits are. */
const safeHexDigits = 13;

/** The lease id of an int64, which may be negative; 0 is no lease. */
export function leaseIdOf(int64: string): LeaseId {
  if (int64 === '0') return NO_LEASE;
  if (int64.length <= safeDigits && !int64.startsWith('-')) return Number(int64).toString(16) as LeaseId;
  return BigInt.asUintN(64, BigInt(int64)).toString(16) as LeaseId;
}

/** The int64 of a lease id: '0' for NO_LEASE. */
export function int64OfLease(id: LeaseId): string {
  if (id === NO_LEASE) return '0';
  if (id.length <= safeHexDigits) return String(Number.parseInt(id, 16));
  return BigInt.asIntN(64, BigInt(`0x${id}`)).toString();
}

/** A number as near to an int64 as safe integers come. What is counted here never gets so far, so every comparison with it stays true. */
export function numberOf(int64: string): number {
  const number = Number(int64);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}

/** A revision that a request names, negative or not. */
export function revisionOfInt64(int64: string): Revision {
  return revisionOf(numberOf(int64));
}
