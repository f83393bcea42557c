/** Lease commands, and expiry by the cluster clock. */
import { type LeaseId, NO_LEASE } from '../base/ids.js';
import { failure } from './failure.js';
import { leaseIdAt } from './lease-ids.js';
import type { Lease, LeaseOrigin } from './leases.js';
import type { Parts } from './parts.js';
import { leaseNotFound } from './put.js';
import type { ErrorResult, LeaseGrantCommand, LeaseKeepAliveCommand, LeaseRevokeCommand, Result } from './types.js';

export function applyLeaseGrant(parts: Parts, command: LeaseGrantCommand): Result {
  const lease = grant(parts, command.id, command.ttlMs, 'client');
  return lease.kind === 'error' ? lease : { kind: 'leaseGrant', id: lease.lease.id, ttlMs: lease.lease.ttlMs };
}

/** Grants a lease, under an id of the machine's choice for NO_LEASE. How long a TTL may be is the doors' business. */
export function grant(
  parts: Parts,
  id: LeaseId,
  ttlMs: number,
  origin: LeaseOrigin,
): { readonly kind: 'granted'; readonly lease: Lease } | ErrorResult {
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0) {
    return failure('INVALID_TTL', `a TTL is a positive number of milliseconds, not ${ttlMs}`);
  }
  if (id !== NO_LEASE && parts.leases.has(id)) {
    return failure('LEASE_EXISTS', `lease ${id} exists already`, { lease: id });
  }
  const chosen = id === NO_LEASE ? freeId(parts) : id;
  return { kind: 'granted', lease: parts.leases.grant(chosen, ttlMs, parts.clock, origin) };
}

function freeId(parts: Parts): LeaseId {
  for (;;) {
    const id = leaseIdAt(parts.batchIndex, parts.chosenIds++);
    if (!parts.leases.has(id)) return id;
  }
}

/** Deletes all keys of the lease in one revision, in key order; without keys no revision is made (etcd). */
export function applyLeaseRevoke(parts: Parts, command: LeaseRevokeCommand): Result {
  const lease = parts.leases.get(command.id);
  if (lease === undefined) return leaseNotFound(command.id);
  end(parts, lease);
  return { kind: 'leaseRevoke' };
}

/** Renews each lease that exists for its TTL from now. */
export function applyLeaseKeepAlive(parts: Parts, command: LeaseKeepAliveCommand): Result {
  const ttlsMs: number[] = [];
  for (const id of command.ids) {
    const lease = parts.leases.ofClients(id);
    if (lease !== undefined) parts.leases.renew(lease, parts.clock);
    ttlsMs.push(lease?.ttlMs ?? 0);
  }
  return { kind: 'leaseKeepAlive', ttlsMs };
}

function end(parts: Parts, lease: Lease): void {
  const { keys, leases } = parts;
  for (const key of [...lease.keys].sort()) {
    const entry = keys.index.get(key);
    if (entry !== undefined) keys.delete(key, entry);
  }
  leases.remove(lease);
  keys.commit();
}
