/** The keys that are copied. */
import { type Key, keyBytes, keyOf } from '../../base/ids.js';
import { prefixEnd, TO_THE_END } from '../../base/ranges.js';

/** Keys here belong to the typed views of Quorate: they are neither copied nor compared. */
const RESERVED = Buffer.from('/quorate/');

export interface KeyRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

/** All keys that begin with the prefix; all there are when it is empty. */
export function rangeOf(prefix: string): KeyRange {
  if (prefix === '') return { key: Buffer.of(0), range_end: keyBytes(TO_THE_END) };
  const key = Buffer.from(prefix, 'utf8');
  return { key, range_end: keyBytes(prefixEnd(keyOf(key) as Key)) };
}

/** The keys of the range after this one. */
export function rangeAfter({ range_end }: KeyRange, key: Buffer): KeyRange {
  return { key: Buffer.concat([key, Buffer.of(0)]), range_end };
}

export function isReserved(key: Buffer): boolean {
  return key.subarray(0, RESERVED.length).equals(RESERVED);
}

/** A key for people. */
export function shown(key: Buffer): string {
  return JSON.stringify(key.toString('utf8'));
}
