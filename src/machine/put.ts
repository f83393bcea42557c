/** The put command, alone or inside a txn. */
import { NO_LEASE } from '../base/ids.js';
import { failure } from './failure.js';
import type { Parts } from './parts.js';
import type { ErrorResult, PutCommand, PutResult } from './types.js';

/** What a put answers when nobody asked for the previous version. */
const DONE: PutResult = { kind: 'put', previous: undefined };

/** What etcd checks before it applies a put that stands alone: first its lease. */
export function checkPut(parts: Parts, command: PutCommand): ErrorResult | undefined {
  return checkPutLease(parts, command) ?? checkPutKeeps(parts, command);
}

/** A lease must exist. */
export function checkPutLease(parts: Parts, { ignoreLease, lease }: PutCommand): ErrorResult | undefined {
  return ignoreLease || lease === NO_LEASE || parts.leases.ofClients(lease) ? undefined : leaseNotFound(lease);
}

/** A value or lease is kept of a key that exists. */
export function checkPutKeeps(parts: Parts, { key, ignoreValue, ignoreLease }: PutCommand): ErrorResult | undefined {
  if ((!ignoreValue && !ignoreLease) || parts.keys.index.get(key)?.live) return undefined;
  return failure('KEY_NOT_FOUND', 'a put that keeps the value or the lease needs a key that exists');
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
