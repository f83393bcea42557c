/** Registry commands: instances of services, each on a lease. */
import { type Key, type LeaseId, NO_LEASE } from '../base/ids.js';
import { failure } from './failure.js';
import { endedLease, registered, withHealth, withStatus } from './instance-json.js';
import { grant } from './lease-commands.js';
import type { Parts } from './parts.js';
import { leaseNotFound } from './put.js';
import { guardKey, instanceKey } from './registry-keys.js';
import type {
  DeregisterCommand,
  ErrorResult,
  RegisterCommand,
  Result,
  SetHealthCommand,
  SetStatusCommand,
} from './types.js';

/** Registers or replaces an instance, on the lease named or on a new one. A registration's own lease that is left without keys ends. */
export function applyRegister(parts: Parts, command: RegisterCommand): Result {
  const { keys, leases, services } = parts;
  const { namespace, service } = command;
  const key = instanceKey(namespace, service, command.instance);
  const entry = keys.index.get(key);
  const before = entry?.lease ?? NO_LEASE;
  let lease = leases.ofClients(command.lease);
  if (lease === undefined) {
    if (command.lease !== NO_LEASE) return leaseNotFound(command.lease);
    const granted = grant(parts, NO_LEASE, command.ttlMs, 'registration');
    if (granted.kind === 'error') return granted;
    lease = granted.lease;
  }
  const known = entry?.live ? keys.newest(entry).value : undefined;
  const serviceChecks = services.get(`${namespace}/${service}`)?.settings.checked ?? false;
  keys.put(key, registered(command.json, known, serviceChecks), lease.id);
  removeIfIdle(parts, before, true);
  forget(parts, key);
  keys.commit();
  return { kind: 'register', lease: lease.id, ttlMs: lease.ttlMs };
}

/**
 * Removes an instance, and its lease if nothing else hangs on it. With a lease named only if the instance hangs on that one, or did until it ended: the guard
 * keeps no instance whose owner does not want it.
 */
export function applyDeregister(parts: Parts, command: DeregisterCommand): Result {
  const { keys, leases } = parts;
  const listed = instanceKey(command.namespace, command.service, command.instance);
  const listedEntry = keys.index.get(listed);
  const key = listedEntry?.live ? listed : guardKey(listed);
  const entry = keys.index.get(key);
  if (!entry?.live) return instanceNotFound(command);
  const { lease } = entry;
  const owner = leases.get(lease)?.ofMachine ? endedLease(keys.newest(entry).value) : lease;
  if (command.lease !== NO_LEASE && command.lease !== owner) {
    return failure('LEASE_MISMATCH', `the instance hangs on lease ${lease}, not on ${command.lease}`, {
      expected: command.lease,
      actual: lease,
    });
  }
  keys.delete(key, entry);
  removeIfIdle(parts, lease, false);
  keys.commit();
  return { kind: 'deregister' };
}

/** Changes the status in the instance's JSON; lease and all other fields stay. */
export function applySetStatus(parts: Parts, command: SetStatusCommand): Result {
  const { keys } = parts;
  const key = instanceKey(command.namespace, command.service, command.instance);
  const entry = keys.index.get(key);
  if (!entry?.live) return instanceNotFound(command);
  const json = withStatus(keys.newest(entry).value, command.status, command.reason, command.atMs);
  if (json === undefined) return failure('INVALID_FIELD', 'the registered instance is not a JSON object');
  keys.put(key, json, entry.lease);
  keys.commit();
  return { kind: 'setStatus' };
}

/** Changes the health that its checks found; nothing changes when it is no longer the registration that was checked, or has that health already. */
export function applySetHealth(parts: Parts, command: SetHealthCommand): Result {
  const { keys, services } = parts;
  const { namespace, service, health, reason, atMs } = command;
  const key = instanceKey(namespace, service, command.instance);
  const entry = keys.index.get(key);
  if (entry?.live && entry.lease === command.lease) {
    const serviceChecks = services.get(`${namespace}/${service}`)?.settings.checked ?? false;
    const json = withHealth(keys.newest(entry).value, health, reason, atMs, serviceChecks);
    if (json !== undefined) keys.put(key, json, entry.lease);
    keys.commit();
  }
  return { kind: 'setHealth' };
}

function removeIfIdle({ leases }: Parts, id: LeaseId, onlyOfRegistration: boolean): void {
  const lease = leases.get(id);
  if (lease === undefined || lease.keys.size > 0) return;
  if (lease.ofRegistration || lease.ofMachine || !onlyOfRegistration) leases.remove(lease);
}

/** Who is registered has not ended. */
function forget(parts: Parts, instance: Key): void {
  const { keys } = parts;
  const key = guardKey(instance);
  const entry = keys.index.get(key);
  if (!entry?.live) return;
  const { lease } = entry;
  keys.delete(key, entry);
  removeIfIdle(parts, lease, true);
}

function instanceNotFound(command: { namespace: string; service: string; instance: string }): ErrorResult {
  const { namespace, service, instance } = command;
  return failure('INSTANCE_NOT_FOUND', `there is no instance ${namespace}/${service}/${instance}`, {
    namespace,
    service,
    id: instance,
  });
}
