/** Ranges of keys as etcd writes them: `end` undefined = the one key, '\0' = to the end of the key space, else exclusive. */
import type { Key } from './ids.js';

/** As a range end: to the end of the key space. */
export const TO_THE_END = '\0' as Key;

/** Greater than every key: keys have one char per byte, so no char of theirs is above 0xff. */
export const ABOVE_ALL_KEYS = '\u0100' as Key;

/** The end of the range of all keys that begin with `prefix`; TO_THE_END when no key is above them. */
export function prefixEnd(prefix: Key): Key {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const char = prefix.charCodeAt(i);
    if (char < 0xff) return (prefix.slice(0, i) + String.fromCharCode(char + 1)) as Key;
  }
  return TO_THE_END;
}

/** The least string above all keys of the range, so that `start <= k && k < upperBound` holds for exactly these. */
export function upperBound(start: Key, end: Key | undefined): Key {
  if (end === undefined) return `${start}\0` as Key;
  return end === TO_THE_END ? ABOVE_ALL_KEYS : end;
}

/** Whether the key is in the range; an upside-down range holds nothing. */
export function inRange(key: Key, start: Key, end: Key | undefined): boolean {
  if (end === undefined) return key === start;
  return key >= start && (end === TO_THE_END || key < end);
}
