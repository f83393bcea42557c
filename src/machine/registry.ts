/** Registry commands: instances of services, each on a lease. */
import { type LeaseId, NO_LEASE } from '../base/ids.js';
import { failure } from './failure.js';
import { grant } from './lease-commands.js';
import type { Parts } from './parts.js';
import { leaseNotFound } from './put.js';
import { instanceKey } from './registry-keys.js';
import type { DeregisterCommand, ErrorResult, RegisterCommand, Result, SetStatusCommand } from './types.js';

/** Registers or replaces an instance, on the lease named or on a new one. A registration's own lease that is left without keys ends. */
export function applyRegister(parts: Parts, command: RegisterCommand): Result {
  const { keys, leases } = parts;
  const key = instanceKey(command.namespace, command.service, command.instance);
  const before = keys.index.get(key)?.lease ?? NO_LEASE;
  let lease = leases.get(command.lease);
  if (lease === undefined) {
    if (command.lease !== NO_LEASE) return leaseNotFound(command.lease);
    const granted = grant(parts, NO_LEASE, command.ttlMs, true);
    if (granted.kind === 'error') return granted;
    lease = granted.lease;
  }
  keys.put(key, command.json, lease.id);
  removeIfIdle(parts, before, true);
  keys.commit();
  return { kind: 'register', lease: lease.id, ttlMs: lease.ttlMs };
}

/** Removes an instance, and its lease if nothing else hangs on it. With a lease named only if the instance hangs on that one. */
export function applyDeregister(parts: Parts, command: DeregisterCommand): Result {
  const { keys } = parts;
  const key = instanceKey(command.namespace, command.service, command.instance);
  const entry = keys.index.get(key);
  if (!entry?.live) return instanceNotFound(command);
  const { lease } = entry;
  if (command.lease !== NO_LEASE && command.lease !== lease) {
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
  const json = withStatus(keys.newest(entry).value, command.status);
  if (json === undefined) return failure('INVALID_FIELD', 'the registered instance is not a JSON object');
  keys.put(key, json, entry.lease);
  keys.commit();
  return { kind: 'setStatus' };
}

/** Undefined: what is registered is not a JSON object (apply must not throw for it). */
function withStatus(json: Uint8Array, status: string): Uint8Array | undefined {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8');
  try {
    const instance: unknown = JSON.parse(text);
    if (typeof instance !== 'object' || instance === null || Array.isArray(instance)) return undefined;
    return Buffer.from(JSON.stringify({ ...instance, status }));
  } catch {
    return undefined;
  }
}

function removeIfIdle({ leases }: Parts, id: LeaseId, onlyOfRegistration: boolean): void {
  const lease = leases.get(id);
  if (lease === undefined || lease.keys.size > 0) return;
  if (lease.ofRegistration || !onlyOfRegistration) leases.remove(lease);
}

function instanceNotFound(command: { namespace: string; service: string; instance: string }): ErrorResult {
  const { namespace, service, instance } = command;
  return failure('INSTANCE_NOT_FOUND', `there is no instance ${namespace}/${service}/${instance}`, {
    namespace,
    service,
    id: instance,
  });
}
