/** Calls beside the fuzzer's: every method with requests that are empty, wrong or name nothing, and some that are right. */
import {
  authService,
  clusterService,
  electionService,
  kVService,
  leaseService,
  lockService,
  maintenanceService,
} from '../../src/proto/etcd.js';
import type { Method } from '../../src/proto/schema.js';

export interface Call {
  readonly method: Method<object, object, object, object>;
  readonly request: object;
}

type Row = readonly [method: Call['method'], ...requests: object[]];

const key = Buffer.from('refused');
const other = Buffer.from('other');
const leaderKey = { name: key, key, rev: 1, lease: 12345 };

/** The calls of each row, in order. Nothing here depends on how many members there are. */
const rows: readonly Row[] = [
  [kVService.range, {}, { key, sort_order: 1 }, { key, revision: 1 << 30 }],
  [kVService.put, {}, { key, ignore_value: true }, { key, ignore_value: true, value: key }],
  [kVService.put, { key, lease: 12345 }, { key, ignore_lease: true }, { key, ignore_lease: true, lease: 1 }],
  [kVService.deleteRange, {}, { key }],
  [
    kVService.txn,
    {},
    { success: [{}] },
    { success: [{ request_range: {} }] },
    { failure: [{ request_put: {} }] },
    { compare: [{}] },
    { compare: [{ key }] },
    { success: [{ request_txn: { compare: [{}] } }] },
    { success: Array.from({ length: 129 }, () => ({ request_range: { key } })) },
    { compare: Array.from({ length: 129 }, () => ({ key })) },
    { success: [{ request_txn: { failure: Array.from({ length: 128 }, () => ({ request_range: { key } })) } }] },
    { success: [{ request_put: { key } }, { request_put: { key } }] },
  ],
  [kVService.compact, { revision: -1 }, { revision: 1 << 30 }],
  [leaseService.leaseGrant, { TTL: 9_000_000_001 }, { TTL: 100, ID: 4711 }, { TTL: 100, ID: 4711 }],
  [leaseService.leaseRevoke, {}, { ID: 4711 }, { ID: 4711 }],
  [leaseService.leaseTimeToLive, {}, { ID: 4711, keys: true }],
  [lockService.lock, { name: key, lease: 12345 }],
  [lockService.unlock, {}, { key: other }],
  [electionService.campaign, { name: key, lease: 12345 }, { name: key, lease: 12345, value: other }],
  [electionService.proclaim, {}, { leader: leaderKey, value: other }],
  [electionService.leader, {}, { name: key }],
  [electionService.resign, {}, { leader: leaderKey }],
  [clusterService.memberList, {}],
  [clusterService.memberRemove, {}, { ID: 4711 }],
  [clusterService.memberPromote, {}, { ID: 4711 }],
  [clusterService.memberUpdate, {}, { ID: 4711 }, { ID: 4711, peerURLs: ['http://127.0.0.1:1'] }],
  [clusterService.memberUpdate, { ID: 4711, peerURLs: ['nonsense'] }],
  [clusterService.memberAdd, {}, { peerURLs: ['nonsense'] }, { peerURLs: ['http://'] }, { peerURLs: ['127.0.0.1:1'] }],
  [maintenanceService.alarm, {}, { action: 2, alarm: 1 }, { action: 2, alarm: 2, memberID: 4711 }],
  [maintenanceService.hashKV, { revision: 1 << 30 }, { revision: -1 }],
  [maintenanceService.moveLeader, {}, { targetID: 4711 }],
  [maintenanceService.defragment, {}],
  [authService.authEnable, {}],
  [authService.authDisable, {}],
  [authService.authenticate, {}, { name: 'nobody', password: 'nothing' }],
  [authService.userAdd, {}, { name: '', password: 'x' }],
  [authService.userGet, {}, { name: 'nobody' }],
  [authService.userList, {}],
  [authService.userDelete, {}, { name: 'nobody' }],
  [authService.userChangePassword, {}, { name: 'nobody', password: 'x' }],
  [authService.userGrantRole, {}, { user: 'nobody', role: 'nothing' }],
  [authService.userRevokeRole, {}, { name: 'nobody', role: 'nothing' }],
  [authService.roleAdd, {}],
  [authService.roleGet, {}, { role: 'nothing' }],
  [authService.roleList, {}],
  [authService.roleDelete, {}, { role: 'nothing' }],
  [authService.roleGrantPermission, {}, { name: 'nothing', perm: { permType: 2, key } }],
  [authService.roleRevokePermission, {}, { role: 'nothing', key }],
];

export const callsToCompare: readonly Call[] = rows.flatMap(([method, ...requests]) =>
  requests.map((request) => ({ method, request })),
);
