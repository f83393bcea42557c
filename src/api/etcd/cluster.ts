/** `etcdserverpb.Cluster`. */
import { formatAddress, isUnspecified, parseAddress } from '../../base/address.js';
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

/** The member has no name and no client address until it is started; see docs/etcd-compatibility.md for when it becomes a voter. */
function onMemberAdd({ peerURLs, isLearner }: MemberAddRequest, call: UnaryCall<MemberAddResponseIn>): void {
  const { replica } = call;
  const peerAddress = addressOf(peerURLs);
  const added = {
    kind: 'add',
    name: '',
    clientAddress: '',
    peerAddress,
    promote: !isLearner,
    replaces: undefined,
  } as const;
  // To add what is there already is no error for a replica: so this member looks first, when it knows of all that was added before.
  call.readAt(undefined, () => {
    refuseTaken(replica, peerAddress, undefined);
    call.settle(
      made(replica.changeMembership(added, call.waitUntil)).then((id) => {
        const answer = membersAnswer(replica);
        const member = answer.members.find(({ ID }) => ID === id) ?? memberView({ ...added, id, learner: true });
        return { ...answer, member };
      }),
    );
  });
}

function onMemberRemove({ ID }: MemberRemoveRequest, call: UnaryCall<MemberRemoveResponseIn>): void {
  change(call, { kind: 'remove', id: memberOf(call.replica, ID).id });
}

function onMemberPromote({ ID }: MemberPromoteRequest, call: UnaryCall<MemberPromoteResponseIn>): void {
  const { id, learner } = memberOf(call.replica, ID);
  if (!learner) throw etcdError('MemberNotLearner');
  change(call, { kind: 'promote', id });
}

function onMemberUpdate({ ID, peerURLs }: MemberUpdateRequest, call: UnaryCall<MemberUpdateResponseIn>): void {
  const { replica } = call;
  call.readAt(undefined, () => {
    const { id } = memberOf(replica, ID);
    const peerAddress = addressOf(peerURLs);
    refuseTaken(replica, peerAddress, id);
    change(call, { kind: 'describe', id, peerAddress });
  });
}

function change(call: UnaryCall<MembersAnswer>, wanted: MemberChange): void {
  const { replica } = call;
  call.settle(made(replica.changeMembership(wanted, call.waitUntil)).then(() => membersAnswer(replica)));
}

function made(changed: Promise<MemberId>): Promise<MemberId> {
  return changed.catch((thrown: unknown) => {
    throw thrown instanceof QuorateError && thrown.reason === 'MEMBER_NOT_READY'
      ? etcdError('LearnerNotReady')
      : thrown;
  });
}

function refuseTaken({ members }: Replica, address: string, except: MemberId | undefined): void {
  if (members.some(({ id, peerAddress }) => id !== except && peerAddress === address)) throw etcdError('PeerUrlExist');
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
    clientURLs: clientAddress === '' ? [] : [`http://${clientAddress}`],
    isLearner: learner ?? false,
  };
}

/**
 * host:port of the one place that the URLs name.
 * @throws what etcd says of URLs that it does not take, and if they name several places: a member has one peer port here
 */
function addressOf(urls: readonly string[]): string {
  const addresses = new Set(urls.map(addressIn));
  const [address] = addresses;
  if (address === undefined) throw etcdError('MemberBadUrls');
  if (addresses.size > 1)
    throw otherEtcdError(
      Code.INVALID_ARGUMENT,
      `etcdserver: the peer URLs name ${addresses.size} addresses, and a member has one: give the one at which the other members reach it`,
    );
  return address;
}

function addressIn(url: string): string {
  const address = parseAddress(/^https?:\/\/(.+)$/.exec(url)?.[1] ?? '');
  if (address === undefined || isUnspecified(address.host)) throw etcdError('MemberBadUrls');
  return formatAddress(address);
}
