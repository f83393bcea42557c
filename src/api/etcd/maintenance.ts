/** `etcdserverpb.Maintenance`. */
import { Code, QuorateError } from '../../base/errors.js';
import type { Revision } from '../../base/ids.js';
import {
  type AlarmRequest,
  type AlarmResponseIn,
  type DowngradeResponseIn,
  type HashKVRequest,
  type HashKVResponseIn,
  type HashRequest,
  type HashResponseIn,
  type MoveLeaderRequest,
  type MoveLeaderResponseIn,
  maintenanceService,
  type StatusRequest,
  type StatusResponseIn,
} from '../../proto/etcd.js';
import { _etcdserverpb_AlarmRequest_AlarmAction as AlarmAction } from '../../proto/gen/etcdserverpb/AlarmRequest.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { etcdError, otherEtcdError } from './errors.js';
import { KeySpaceHash } from './hash.js';
import { etcdHeader } from './header.js';
import { numberOf } from './int64.js';
import { streamEtcdSnapshot } from './maintenance-snapshot.js';
import { etcdVersion } from './version.js';

export function serveMaintenance(table: Handlers, replica: Replica): void {
  table.unary(maintenanceService.alarm, onAlarm);
  table.unary(maintenanceService.status, onStatus);
  // Space of what was deleted is given back all the time. etcd answers without a header.
  table.unary(maintenanceService.defragment, (_request, call) => call.reply({}));
  table.unary(maintenanceService.hash, onHash);
  table.unary(maintenanceService.hashKV, onHashKv);
  table.serverStream(maintenanceService.snapshot, (_request, stream, fail) =>
    streamEtcdSnapshot(replica, stream, fail),
  );
  table.unary(maintenanceService.moveLeader, onMoveLeader);
  table.unary(maintenanceService.downgrade, onDowngrade);
}

/** There are no alarms here, so none can be listed or taken back: etcd's answer to that is empty, without even a header. */
function onAlarm({ action }: AlarmRequest, call: UnaryCall<AlarmResponseIn>): void {
  if (action === AlarmAction.ACTIVATE)
    throw otherEtcdError(Code.UNIMPLEMENTED, 'etcdserver: alarms cannot be raised by hand');
  call.reply({});
}

function onStatus(_request: StatusRequest, call: UnaryCall<StatusResponseIn>): void {
  call.settle(statusOf(call.replica));
}

async function statusOf(replica: Replica): Promise<StatusResponseIn> {
  const dbSize = await replica.diskBytes();
  const { leader, term, commitIndex, appliedIndex } = replica.status();
  return {
    header: etcdHeader(replica, replica.machine.revision),
    version: etcdVersion,
    dbSize,
    dbSizeInUse: dbSize,
    leader: leader ?? 0,
    raftIndex: commitIndex,
    raftTerm: term,
    raftAppliedIndex: appliedIndex,
    errors: leader === undefined ? ['etcdserver: no leader'] : [],
    isLearner: replica.members.find(({ id }) => id === replica.memberId)?.learner ?? false,
  };
}

/** etcd hashes its whole file here, which no two members need to have equal; the content says more. */
function onHash(_request: HashRequest, call: UnaryCall<HashResponseIn>): void {
  const { machine } = call.replica;
  hashed(call, machine.revision, (hash) => ({ header: etcdHeader(call.replica, call.replica.machine.revision), hash }));
}

function onHashKv({ revision }: HashKVRequest, call: UnaryCall<HashKVResponseIn>): void {
  const { revision: current, compactedRevision } = call.replica.machine;
  const wanted = numberOf(revision);
  // etcd refuses the compacted revision itself too, which a range may still read.
  if (wanted > 0 && wanted <= compactedRevision) throw etcdError('Compacted');
  if (wanted > current) throw etcdError('FutureRev');
  const at = wanted > 0 ? (wanted as Revision) : current;
  hashed(call, at, (hash) => ({
    header: etcdHeader(call.replica, call.replica.machine.revision),
    hash,
    // Nothing was ever compacted: etcd says -1, not 0.
    compact_revision: compactedRevision === 0 ? -1 : compactedRevision,
    hash_revision: at,
  }));
}

function hashed<Res extends object>(call: UnaryCall<Res>, at: Revision, answer: (hash: number) => Res): void {
  const hash = new KeySpaceHash(call.replica, at);
  call.inTurns(() => {
    if (!hash.step()) return false;
    call.reply(answer(hash.value));
    return true;
  });
}

/** etcd answers without a header. */
function onMoveLeader({ targetID }: MoveLeaderRequest, call: UnaryCall<MoveLeaderResponseIn>): void {
  const { replica } = call;
  if (replica.status().leader !== replica.memberId) throw etcdError('NotLeader');
  const target = replica.members.find(({ id }) => String(id) === targetID);
  if (!target || target.learner) throw etcdError('BadLeaderTransferee');
  if (target.id === replica.memberId) {
    call.reply({});
    return;
  }
  call.settle(
    replica.transferLeadership(target.id).then(
      () => ({}),
      (thrown: unknown) => {
        throw thrown instanceof QuorateError && thrown.reason === 'TRANSFER_FAILED' ? tookTooLong() : thrown;
      },
    ),
  );
}

function tookTooLong(): Error {
  return otherEtcdError(Code.UNAVAILABLE, 'etcdserver: request timed out, leader transfer took too long');
}

function onDowngrade(_request: object, _call: UnaryCall<DowngradeResponseIn>): void {
  throw otherEtcdError(Code.UNIMPLEMENTED, 'etcdserver: there is no older version to go back to');
}
