/** `quorate.v1.ClusterService`. */
import { unreachable } from '../../base/assert.js';
import { QuorateError } from '../../base/errors.js';
import type { MemberId } from '../../base/ids.js';
import {
  type CompactRequest,
  type CompactResponseIn,
  clusterService,
  type ListMembersRequest,
  type ListMembersResponseIn,
  type StatusRequest,
  type StatusResponseIn,
  type TransferLeadershipRequest,
  type TransferLeadershipResponseIn,
} from '../../proto/quorate.js';
import type { Role } from '../../raft/types.js';
import type { Replica } from '../../replica/types.js';
import type { HandlerTable } from '../handlers.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { memberView, serveMembers } from './members.js';
import { streamSnapshot } from './snapshot.js';
import { checkRequestId, checkRevision, shown } from './validate.js';

export function serveCluster(table: HandlerTable, replica: Replica): void {
  table.unary(clusterService.status, onStatus);
  table.unary(clusterService.listMembers, onListMembers);
  table.unary(clusterService.transferLeadership, onTransferLeadership);
  serveMembers(table);
  table.unary(clusterService.compact, onCompact);
  table.serverStream(clusterService.snapshot, (_request, stream, fail) => streamSnapshot(replica, stream, fail));
}

function onStatus(request: StatusRequest, call: UnaryCall<StatusResponseIn>): void {
  call.settle(statusOf(call.replica, call.version, request.withStateHash));
}

async function statusOf(replica: Replica, version: string, withStateHash: boolean): Promise<StatusResponseIn> {
  const { hash, index } = withStateHash ? await stateHash(replica) : { hash: '', index: 0 };
  const diskBytes = await replica.diskBytes();
  const status = replica.status();
  const { machine } = replica;
  const { keys, leases } = machine.status();
  return {
    header: headerOf(replica, machine.revision),
    name: replica.memberName,
    role: roleName(status.role),
    leaderId: status.leader ?? 0,
    leaderName: memberName(replica, status.leader),
    lastIndex: status.lastIndex,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    firstIndex: status.firstIndex,
    compactedRevision: machine.compactedRevision,
    leaderContactAgeMs: Math.round(status.leaderContactAgeMs),
    keys,
    leases,
    watchers: replica.hub.size,
    memoryBytes: process.memoryUsage.rss(),
    diskBytes,
    serverVersion: version,
    stateHash: hash,
    stateHashIndex: index,
    clusterClockMs: status.clusterClock,
    recovering: status.recovering,
  };
}

async function stateHash(replica: Replica): Promise<{ hash: string; index: number }> {
  const image = await replica.openImage();
  try {
    return { hash: await image.hash(), index: image.start.index };
  } finally {
    await image.close();
  }
}

function roleName(role: Role): string {
  switch (role) {
    case 'leader':
      return 'LEADER';
    case 'follower':
      return 'FOLLOWER';
    case 'candidate':
      return 'CANDIDATE';
    case 'preCandidate':
      return 'PRE_CANDIDATE';
    default:
      return unreachable(role);
  }
}

function memberName(replica: Replica, id: MemberId | undefined): string {
  return replica.members.find((member) => member.id === id)?.name ?? '';
}

function onListMembers(_request: ListMembersRequest, call: UnaryCall<ListMembersResponseIn>): void {
  const { replica } = call;
  call.reply({
    header: headerOf(replica, replica.machine.revision),
    members: replica.members.map(memberView),
    leaderId: replica.status().leader ?? 0,
  });
}

function onTransferLeadership(request: TransferLeadershipRequest, call: UnaryCall<TransferLeadershipResponseIn>): void {
  const { replica } = call;
  call.settle(
    replica.transferLeadership(memberId(replica, request.to)).then((leaderId) => ({
      header: headerOf(replica, replica.machine.revision),
      leaderId,
      leaderName: memberName(replica, leaderId),
    })),
  );
}

/** Undefined for no name: the replica chooses. */
function memberId(replica: Replica, name: string): MemberId | undefined {
  if (name === '') return undefined;
  const member = replica.members.find((candidate) => candidate.name === name);
  if (!member) throw new QuorateError('MEMBER_NOT_FOUND', `the cluster has no member ${shown(name)}`, { member: name });
  return member.id;
}

function onCompact(request: CompactRequest, call: UnaryCall<CompactResponseIn>): void {
  checkRequestId(request.requestId);
  const revision = checkRevision(request.revision, 'revision');
  call.submit({ kind: 'compact', revision }, request.requestId, 'compact', ({ compactedRevision }, header) => ({
    header,
    compactedRevision,
  }));
}
