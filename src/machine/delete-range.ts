/** The delete-range command, alone or inside a txn. */
import type { Key } from '../base/ids.js';
import type { KeyEntry } from './key-index.js';
import type { Parts } from './parts.js';
import { eachKey } from './range.js';
import type { DeleteRangeCommand, DeleteRangeResult, KeyVersion } from './types.js';

const NONE: DeleteRangeResult = { kind: 'deleteRange', deleted: 0, previous: [] };

/** Deletes the live keys of a range in key order. Without `detail` previous versions are not looked up. */
export function deleteRange(parts: Parts, command: DeleteRangeCommand, detail: boolean): DeleteRangeResult {
  const { keys } = parts;
  const found: { readonly key: Key; readonly entry: KeyEntry }[] = [];
  eachKey(keys, command.key, command.end, (key, entry) => {
    if (entry.live) found.push({ key, entry });
    return true;
  });
  if (found.length === 0) return NONE;
  const previous: KeyVersion[] = [];
  for (const { key, entry } of found) {
    if (command.prevKv && detail) previous.push(keys.newest(entry));
    keys.delete(key, entry);
  }
  return { kind: 'deleteRange', deleted: found.length, previous };
}
