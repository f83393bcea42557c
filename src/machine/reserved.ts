/** The root that the typed views own. Raw commands may read it and not write there. */
import type { Key } from '../base/ids.js';
import { prefixEnd, upperBound } from '../base/ranges.js';
import type { Command, Operation } from './types.js';

export const RESERVED_ROOT = '/quorate/' as Key;
const ROOT_BOUND = upperBound(RESERVED_ROOT, prefixEnd(RESERVED_ROOT));

/** Whether a key exists in from ≤ key < bound. */
export type AnyLive = (from: Key, bound: Key) => boolean;

/**
 * Whether a raw command (put, delete range, txn) writes under the reserved root: a put or delete of one key there always does, a delete of a range if
 * a key there exists in it. In a txn the operations of both branches count, so that the answer does not hang on its compares. Other commands do not count.
 */
export function touchesReserved(command: Command | Operation, anyLive: AnyLive): boolean {
  switch (command.kind) {
    case 'put':
      return isReserved(command.key);
    case 'deleteRange':
      if (command.end === undefined) return isReserved(command.key);
      return deletesReserved(command.key, upperBound(command.key, command.end), anyLive);
    case 'txn':
      return (
        command.success.some((operation) => touchesReserved(operation, anyLive)) ||
        command.failure.some((operation) => touchesReserved(operation, anyLive))
      );
    default:
      return false;
  }
}

export function isReserved(key: Key): boolean {
  return key.startsWith(RESERVED_ROOT);
}

function deletesReserved(from: Key, bound: Key, anyLive: AnyLive): boolean {
  const start = from > RESERVED_ROOT ? from : RESERVED_ROOT;
  const end = bound < ROOT_BOUND ? bound : ROOT_BOUND;
  return start < end && anyLive(start, end);
}
