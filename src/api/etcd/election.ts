import { Code } from '../../base/errors.js';
import { keyBytes, keyOf, revision as revisionOf } from '../../base/ids.js';
import {
  type CampaignRequest,
  type CampaignResponseIn,
  electionService,
  type LeaderKey,
  type LeaderRequest,
  type LeaderResponseIn,
  type ProclaimRequest,
  type ProclaimResponseIn,
  type ResignRequest,
  type ResignResponseIn,
} from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import { Observer } from './election-observer.js';
import { otherEtcdError } from './errors.js';
import { etcdHeader } from './header.js';
import { int64OfLease, numberOf } from './int64.js';
import { keyValueOf } from './key-value.js';
import {
  type Claim,
  checkSize,
  claimKey,
  claimPrefix,
  firstOf,
  foundIn,
  inSteps,
  putOf,
  rangeOf,
  type Steps,
} from './lock-steps.js';
import { LeaderMonitor } from './watch-leader.js';

/** `v3electionpb.Election`: whoever has the oldest key under a name leads, and the key's value is what it proclaims. */
export function serveElection(table: Handlers, replica: Replica): void {
  const leaders = new LeaderMonitor(replica);
  table.unary(electionService.campaign, inSteps(replica, campaign));
  table.unary(electionService.proclaim, inSteps(replica, proclaim));
  table.unary(electionService.leader, inSteps(replica, leader));
  table.unary(electionService.resign, inSteps(replica, resign));
  table.serverStream(electionService.observe, ({ name }, stream, fail, call) => {
    const observer = new Observer(replica, claimPrefix(name), stream, leaders.watch(call.metadata, fail), fail);
    observer.start();
    return observer;
  });
}

async function campaign(replica: Replica, steps: Steps, request: CampaignRequest): Promise<CampaignResponseIn> {
  const { name, value } = request;
  const prefix = claimPrefix(name);
  const lease = await steps.lease(request.lease);
  const int64 = int64OfLease(lease);
  const key = claimKey(prefix, int64);
  checkSize(key, value);
  const absent: Claim = { key, createRevision: revisionOf(0) };
  const { result, revision } = await steps.txn(absent, [putOf(key, value, lease)], [rangeOf(key)]);
  const own = result.succeeded ? undefined : foundIn(result, 0);
  const claim: Claim = { key, createRevision: own?.createRevision ?? revision };
  try {
    if (own && !sameBytes(own.value, value)) {
      const { result: proclaimed } = await steps.txn(claim, [putOf(key, value, lease)]);
      if (!proclaimed.succeeded) throw notLeader();
    }
    await steps.turnOf(prefix, claim);
  } catch (thrown) {
    await steps.release(claim);
    throw thrown;
  }
  // etcd calls the caller a leader even if its own key is gone by now.
  const [mine] = replica.machine.range({ ...rangeOf(key), keysOnly: true }).items;
  if (mine?.createRevision !== claim.createRevision) throw notLeader();
  const leaderKey = { name, key: keyBytes(key), rev: claim.createRevision, lease: int64 };
  return { header: etcdHeader(replica, revision), leader: leaderKey };
}

async function proclaim(replica: Replica, steps: Steps, request: ProclaimRequest): Promise<ProclaimResponseIn> {
  const { leader: leaderKey, value } = request;
  if (!leaderKey) throw missingLeader();
  const lease = await steps.lease(leaderKey.lease);
  const claim = claimOf(leaderKey);
  checkSize(claim.key, value);
  const { result, revision } = await steps.txn(claim, [putOf(claim.key, value, lease)]);
  if (!result.succeeded) throw notLeader();
  return { header: etcdHeader(replica, revision) };
}

async function resign(replica: Replica, steps: Steps, { leader: leaderKey }: ResignRequest): Promise<ResignResponseIn> {
  if (!leaderKey) throw missingLeader();
  const claim = claimOf(leaderKey);
  checkSize(claim.key, Buffer.alloc(0));
  const { revision } = await steps.txn(claim, [{ kind: 'deleteRange', key: claim.key, end: undefined, prevKv: false }]);
  return { header: etcdHeader(replica, revision) };
}

async function leader(replica: Replica, steps: Steps, { name }: LeaderRequest): Promise<LeaderResponseIn> {
  await steps.upToDate();
  const { machine } = replica;
  const [first] = machine.range(firstOf(claimPrefix(name), 'ascend')).items;
  if (!first) throw otherEtcdError(Code.UNKNOWN, 'election: no leader');
  return { header: etcdHeader(replica, machine.revision), kv: keyValueOf(first) };
}

function claimOf({ key, rev }: LeaderKey): Claim {
  return { key: keyOf(key), createRevision: revisionOf(numberOf(rev)) };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function notLeader(): Error {
  return otherEtcdError(Code.UNKNOWN, 'election: not leader');
}

function missingLeader(): Error {
  return otherEtcdError(Code.UNKNOWN, '"leader" field must be provided');
}
