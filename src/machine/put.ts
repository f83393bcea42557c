/** The put command, alone or inside a txn. */
import { NO_LEASE } from '../base/ids.js';
import { failure } from './failure.js';
import type { Parts } from './parts.js';
import type { ErrorResult, PutCommand, PutResult } from './types.js';

/** What a put answers when nobody asked for the previous version. */
const DONE: PutResult = { kind: 'put', previous: undefined };

/** What etcd checks before it applies: an ignored value or lease needs a key that exists, and a lease must exist. */
export function checkPut(parts: Parts, command: PutCommand): ErrorResult | undefined {
  if (command.ignoreValue || command.ignoreLease) {
    if (!parts.keys.index.get(command.key)?.live) {
      return failure('KEY_NOT_FOUND', 'a put that keeps the value or the lease needs a key that exists');
    }
  }
  if (!command.ignoreLease && command.lease !== NO_LEASE && !parts.leases.has(command.lease)) {
    return leaseNotFound(command.lease);
  }
  return undefined;
}

/** Applies a put that was checked. Without `detail` the previous version is not looked up: nobody on this member waits for it. */
export function put(parts: Parts, command: PutCommand, detail: boolean): PutResult {
  const { keys } = parts;
  if (!command.ignoreValue && !command.ignoreLease && !(command.prevKv && detail)) {
    keys.put(command.key, command.value, command.lease);
    return DONE;
  }
  const entry = keys.index.get(command.key);
  const needed = entry?.live && (command.ignoreValue || (command.prevKv && detail));
  const previous = needed ? keys.newest(entry) : undefined;
  const value = command.ignoreValue && previous !== undefined ? previous.value : command.value;
  keys.put(command.key, value, command.ignoreLease ? (entry?.lease ?? NO_LEASE) : command.lease);
  return command.prevKv && detail ? { kind: 'put', previous } : DONE;
}

export function leaseNotFound(id: string): ErrorResult {
  return failure('LEASE_NOT_FOUND', `there is no lease ${id}`, { lease: id });
}
