/** `etcdserverpb.Cluster`. */
import { Code, QuorateError } from '../../base/errors.js';
import { type MemberId, type Revision, revision } from '../../base/ids.js';
import {
  clusterService,
  type MemberAddRequest,
  type MemberAddResponseIn,
  type MemberIn,
  type MemberListRequest,
  type MemberListResponseIn,
  type MemberPromoteRequest,
  type MemberPromoteResponseIn,
  type MemberRemoveRequest,
  type MemberRemoveResponseIn,
  type MemberUpdateRequest,
  type MemberUpdateResponseIn,
  type ResponseHeaderIn,
} from '../../proto/etcd.js';
import type { MemberChange, MemberInfo, Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { etcdError, otherEtcdError } from './errors.js';
import { etcdHeader } from './header.js';

export function serveEtcdCluster(table: Handlers): void {
  table.unary(clusterService.memberAdd, onMemberAdd);
  table.unary(clusterService.memberRemove, onMemberRemove);
  table.unary(clusterService.memberUpdate, onMemberUpdate);
  table.unary(clusterService.memberList, onMemberList);
  table.unary(clusterService.memberPromote, onMemberPromote);
}

interface MembersAnswer {
  header: ResponseHeaderIn;
  members: MemberIn[];
}

const NO_REVISION: Revision = revision(0);

function onMemberList({ linearizable }: MemberListRequest, call: UnaryCall<MemberListResponseIn>): void {
  call.readAt(linearizable ? undefined : NO_REVISION, () => call.reply(membersAnswer(call.replica)));
}

/**
 * etcd adds a member by its peer URL alone and lets it say later who it is. Here a member is added with its name and both addresses, by itself when it
 * starts, so this is refused after etcd's own checks.
 */
function onMemberAdd({ peerURLs }: MemberAddRequest, call: UnaryCall<MemberAddResponseIn>): void {
  const addresses = addressesOf(peerURLs);
  if (call.replica.members.some(({ peerAddress }) => addresses.includes(peerAddress))) throw etcdError('PeerUrlExist');
  throw otherEtcdError(
    Code.UNIMPLEMENTED,
    'etcdserver: a member cannot be added by its peer URL: start it with "quorate member --join", and it is added with its name and addresses',
  );
}

function onMemberRemove({ ID }: MemberRemoveRequest, call: UnaryCall<MemberRemoveResponseIn>): void {
  change(call, { kind: 'remove', id: memberOf(call.replica, ID).id });
}

function onMemberPromote({ ID }: MemberPromoteRequest, call: UnaryCall<MemberPromoteResponseIn>): void {
  const { id, learner } = memberOf(call.replica, ID);
  if (!learner) throw etcdError('MemberNotLearner');
  change(call, { kind: 'promote', id });
}

/** Addresses of members do not change here: only the one that it has already is accepted. */
function onMemberUpdate({ ID, peerURLs }: MemberUpdateRequest, call: UnaryCall<MemberUpdateResponseIn>): void {
  const { replica } = call;
  const member = memberOf(replica, ID);
  const addresses = addressesOf(peerURLs);
  if (replica.members.some(({ id, peerAddress }) => id !== member.id && addresses.includes(peerAddress)))
    throw etcdError('PeerUrlExist');
  if (addresses.some((address) => address !== member.peerAddress))
    throw otherEtcdError(
      Code.UNIMPLEMENTED,
      'etcdserver: the peer URL of a member cannot be changed: replace the member with "quorate member --join"',
    );
  call.reply(membersAnswer(replica));
}

function change(call: UnaryCall<MembersAnswer>, wanted: MemberChange): void {
  const { replica } = call;
  call.settle(
    replica.changeMembership(wanted, call.waitUntil).then(
      () => membersAnswer(replica),
      (thrown: unknown) => {
        throw thrown instanceof QuorateError && thrown.reason === 'MEMBER_NOT_READY'
          ? etcdError('LearnerNotReady')
          : thrown;
      },
    ),
  );
}

function memberOf(replica: Replica, id: string): MemberInfo {
  const member = replica.members.find((each) => String(each.id) === id);
  if (!member) throw etcdError('MemberNotFound');
  return member;
}

/** Without a revision, as at etcd; the members by id. */
function membersAnswer(replica: Replica): MembersAnswer {
  const { revision: _none, ...header } = etcdHeader(replica, NO_REVISION);
  return { header, members: [...replica.members].sort(byId).map(memberView) };
}

function byId(one: { readonly id: MemberId }, other: { readonly id: MemberId }): number {
  return one.id - other.id;
}

function memberView({ id, name, clientAddress, peerAddress, learner }: MemberInfo): MemberIn {
  return {
    ID: id,
    name,
    peerURLs: [`http://${peerAddress}`],
    clientURLs: [`http://${clientAddress}`],
    isLearner: learner ?? false,
  };
}

/** host:port of each. @throws what etcd says of URLs that it does not take */
function addressesOf(urls: readonly string[]): string[] {
  if (urls.length === 0) throw etcdError('MemberBadUrls');
  return urls.map((url) => {
    const address = /^(?:https?):\/\/([^/?#@\s]+:\d{1,5})$/.exec(url)?.[1];
    if (address === undefined) throw etcdError('MemberBadUrls');
    return address;
  });
}
