/** The part of `quorate.v1.ClusterService` that changes who the members are. */
import { QuorateError } from '../../base/errors.js';
import type { MemberId } from '../../base/ids.js';
import {
  type AddMemberRequest,
  type AddMemberResponseIn,
  clusterService,
  type MemberIn,
  type PromoteMemberRequest,
  type PromoteMemberResponseIn,
  type RemoveMemberRequest,
  type RemoveMemberResponseIn,
  type ReplaceMemberRequest,
  type ReplaceMemberResponseIn,
} from '../../proto/quorate.js';
import type { MemberInfo, Replica } from '../../replica/types.js';
import type { HandlerTable } from '../handlers.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { checkMemberAddress, checkMemberName, shown } from './validate.js';

export function serveMembers(table: HandlerTable): void {
  table.unary(clusterService.addMember, onAddMember);
  table.unary(clusterService.promoteMember, onPromoteMember);
  table.unary(clusterService.removeMember, onRemoveMember);
  table.unary(clusterService.replaceMember, onReplaceMember);
}

function onAddMember(request: AddMemberRequest, call: UnaryCall<AddMemberResponseIn>): void {
  call.settle(add(call, request, undefined));
}

function onReplaceMember(request: ReplaceMemberRequest, call: UnaryCall<ReplaceMemberResponseIn>): void {
  const { successor } = request;
  if (!successor) throw new QuorateError('INVALID_FIELD', 'successor is missing', { field: 'successor' });
  const leaving = request.id === 0 ? memberOf(call.replica, request.name, false).id : (request.id as MemberId);
  call.settle(add(call, successor, leaving));
}

async function add(
  call: UnaryCall<AddMemberResponseIn>,
  request: AddMemberRequest,
  replaces: MemberId | undefined,
): Promise<AddMemberResponseIn> {
  const { name, clientAddress, peerAddress, stayLearner } = request;
  checkMemberName(name);
  checkMemberAddress(clientAddress, 'client_address');
  checkMemberAddress(peerAddress, 'peer_address');
  if (clientAddress === peerAddress)
    throw new QuorateError('INVALID_FIELD', 'peer_address must differ from client_address', { field: 'peer_address' });
  const { replica } = call;
  const promote = !stayLearner || replaces !== undefined;
  const asked = { name, clientAddress, peerAddress };
  const id = await replica.changeMembership({ kind: 'add', ...asked, promote, replaces }, call.waitUntil);
  // It may be a voter by now, or be about to be removed again.
  const added = replica.members.find((member) => member.id === id) ?? { id, ...asked, learner: true };
  return { header: headerOf(replica, replica.machine.revision), member: memberView(added) };
}

function onPromoteMember({ name }: PromoteMemberRequest, call: UnaryCall<PromoteMemberResponseIn>): void {
  const { replica } = call;
  const { id } = memberOf(replica, name, true);
  call.settle(
    replica
      .changeMembership({ kind: 'promote', id }, call.waitUntil)
      .then(() => ({ header: headerOf(replica, replica.machine.revision) })),
  );
}

function onRemoveMember(request: RemoveMemberRequest, call: UnaryCall<RemoveMemberResponseIn>): void {
  const { replica } = call;
  const id = request.id === 0 ? memberOf(replica, request.name, false).id : (request.id as MemberId);
  call.settle(
    replica
      .changeMembership({ kind: 'remove', id }, call.waitUntil)
      .then(() => ({ header: headerOf(replica, replica.machine.revision) })),
  );
}

/** Two may have one name while one replaces the other: `learner` tells which is meant. */
function memberOf(replica: Replica, name: string, learner: boolean): MemberInfo {
  // One that was never started has no name, and no name means nobody.
  const found = name === '' ? [] : replica.members.filter((member) => member.name === name);
  const member = found.find((each) => (each.learner ?? false) === learner) ?? found[0];
  if (!member) throw new QuorateError('MEMBER_NOT_FOUND', `the cluster has no member ${shown(name)}`, { member: name });
  return member;
}

export function memberView({ id, name, clientAddress, peerAddress, learner }: MemberInfo): MemberIn {
  return { id, name, clientAddress, peerAddress, learner: learner ?? false };
}
