/** `etcdserverpb.Lease`. */

import { keyBytes } from '../../base/ids.js';
import {
  type LeaseGrantRequest,
  type LeaseGrantResponseIn,
  type LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  type LeaseLeasesRequest,
  type LeaseLeasesResponseIn,
  type LeaseRevokeRequest,
  type LeaseRevokeResponseIn,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponseIn,
  leaseService,
} from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import { KeepAliveBatcher, KeepAliveConversation, type KeepAliveWords } from '../keep-alive.js';
import type { UnaryCall } from '../unary-call.js';
import { etcdError } from './errors.js';
import { etcdHeader } from './header.js';
import { int64OfLease, leaseIdOf, numberOf } from './int64.js';
import { LeaderMonitor } from './watch-leader.js';

/** Seconds: one and a half of etcd's election timeouts, rounded up. A shorter TTL is made so long without a word. */
const leastTtl = 2;
/** Seconds. */
const mostTtl = 9_000_000_000;

export function serveLease(table: Handlers, replica: Replica): void {
  const batcher = new KeepAliveBatcher(replica);
  const leaders = new LeaderMonitor(replica);
  const words: KeepAliveWords<LeaseKeepAliveRequest> = {
    leaseOf: ({ ID }) => leaseIdOf(ID),
    answer: (lease, ttlMs, revision) =>
      LeaseKeepAliveResponse.encode({
        header: etcdHeader(replica, revision),
        ID: int64OfLease(lease),
        TTL: wholeTtl(ttlMs),
      }),
  };
  table.unary(leaseService.leaseGrant, onGrant);
  table.unary(leaseService.leaseRevoke, onRevoke);
  table.bidi(leaseService.leaseKeepAlive, (stream, input, call, fail) => {
    const leader = leaders.watch(call.metadata, fail);
    return new KeepAliveConversation(words, batcher, stream, input, leader);
  });
  table.unary(leaseService.leaseTimeToLive, onTimeToLive);
  table.unary(leaseService.leaseLeases, onLeases);
}

/** A lease that the native API granted need not have whole seconds. */
function wholeTtl(ttlMs: number): number {
  return Math.ceil(ttlMs / 1_000);
}

/** Whole seconds that are sure to be left: since the cluster clock's last tick a little time has passed. */
function remainingTtl(remainingMs: number): number {
  return Math.max(0, Math.floor((remainingMs - 1) / 1_000));
}

function onGrant(request: LeaseGrantRequest, call: UnaryCall<LeaseGrantResponseIn>): void {
  const ttl = numberOf(request.TTL);
  if (ttl > mostTtl) throw etcdError('LeaseTtlTooLarge');
  const ttlMs = Math.max(leastTtl, ttl) * 1_000;
  call.apply({ kind: 'leaseGrant', id: leaseIdOf(request.ID), ttlMs }, '', 'leaseGrant', (granted, revision) => {
    call.reply({
      header: etcdHeader(call.replica, revision),
      ID: int64OfLease(granted.id),
      TTL: wholeTtl(granted.ttlMs),
    });
  });
}

function onRevoke(request: LeaseRevokeRequest, call: UnaryCall<LeaseRevokeResponseIn>): void {
  call.apply({ kind: 'leaseRevoke', id: leaseIdOf(request.ID) }, '', 'leaseRevoke', (_revoked, revision) => {
    call.reply({ header: etcdHeader(call.replica, revision) });
  });
}

function onTimeToLive(request: LeaseTimeToLiveRequest, call: UnaryCall<LeaseTimeToLiveResponseIn>): void {
  call.readAt(undefined, () => {
    const { machine } = call.replica;
    const header = etcdHeader(call.replica, machine.revision);
    const lease = machine.lease(leaseIdOf(request.ID));
    if (!lease) {
      call.reply({ header, ID: request.ID, TTL: -1 });
      return;
    }
    call.reply({
      header,
      ID: request.ID,
      TTL: remainingTtl(lease.remainingMs),
      grantedTTL: wholeTtl(lease.ttlMs),
      keys: request.keys ? lease.keys.map(keyBytes) : [],
    });
  });
}

/** In the order in which they expire, as etcd lists them. */
function onLeases(_request: LeaseLeasesRequest, call: UnaryCall<LeaseLeasesResponseIn>): void {
  call.readAt(undefined, () => {
    const { machine } = call.replica;
    call.reply({
      header: etcdHeader(call.replica, machine.revision),
      leases: machine.leaseIdsByDeadline().map((id) => ({ ID: int64OfLease(id) })),
    });
  });
}
