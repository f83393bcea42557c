import { Code } from '../../base/errors.js';
import { type Key, keyBytes, keyOf, type Revision, revision as revisionOf } from '../../base/ids.js';
import {
  type LockRequest,
  type LockResponseIn,
  lockService,
  type UnlockRequest,
  type UnlockResponseIn,
} from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { otherEtcdError } from './errors.js';
import { etcdHeader } from './header.js';
import { int64OfLease } from './int64.js';
import {
  type Claim,
  checkSize,
  claimKey,
  claimPrefix,
  clientError,
  firstOf,
  foundIn,
  putOf,
  rangeOf,
  Steps,
} from './lock-steps.js';
import { checkLeader } from './watch-leader.js';

const noValue = Buffer.alloc(0);

/** `v3lockpb.Lock`: whoever has the oldest key under a name holds the lock, until the key is deleted or its lease ends. */
export function serveLock(table: Handlers, replica: Replica): void {
  table.unary(lockService.lock, (request, call) => onLock(replica, request, call));
  table.unary(lockService.unlock, (request, call) => onUnlock(replica, request, call));
}

function onLock(replica: Replica, request: LockRequest, call: UnaryCall<LockResponseIn>): void {
  checkLeader(replica, call.metadata);
  run(replica, call, (steps) => lock(replica, steps, request));
}

function onUnlock(replica: Replica, request: UnlockRequest, call: UnaryCall<UnlockResponseIn>): void {
  checkLeader(replica, call.metadata);
  run(replica, call, async (steps) => {
    const key = keyOf(request.key);
    checkSize(key, noValue);
    const { revision } = await steps.submit({ kind: 'deleteRange', key, end: undefined, prevKv: false });
    return { header: etcdHeader(replica, revision) };
  });
}

/** Answers a call with what the steps lead to. They end when the caller is gone. */
export function run<Res extends object>(
  replica: Replica,
  call: UnaryCall<Res>,
  act: (steps: Steps) => Promise<Res>,
): void {
  const steps = new Steps(replica, () => call.waitUntil);
  call.settle(
    act(steps).catch((thrown: unknown) => {
      throw clientError(thrown);
    }),
  );
  call.wait(steps);
}

async function lock(replica: Replica, steps: Steps, { name, lease: int64 }: LockRequest): Promise<LockResponseIn> {
  const prefix = claimPrefix(name);
  const lease = await steps.lease(int64);
  const key = claimKey(prefix, int64OfLease(lease));
  checkSize(key, noValue);
  const oldest = firstOf(prefix, 'ascend');
  const absent: Claim = { key, createRevision: revisionOf(0) };
  const { result, revision } = await steps.txn(absent, [putOf(key, noValue, lease), oldest], [rangeOf(key), oldest]);
  const own = result.succeeded ? undefined : foundIn(result, 0);
  const claim: Claim = { key, createRevision: own?.createRevision ?? revision };
  const holder = foundIn(result, 1);
  if (!holder || holder.createRevision === claim.createRevision) {
    if (steps.cancelled && !own) await steps.release(claim);
    return answer(replica, revision, key);
  }
  try {
    await steps.turnOf(prefix, claim);
    await steps.upToDate();
  } catch (thrown) {
    await steps.release(claim);
    throw thrown;
  }
  const { machine } = replica;
  if (machine.range({ ...rangeOf(key), keysOnly: true }).items.length === 0)
    throw otherEtcdError(Code.UNKNOWN, 'mutex: session is expired');
  return answer(replica, machine.revision, key);
}

function answer(replica: Replica, revision: Revision, key: Key): LockResponseIn {
  return { header: etcdHeader(replica, revision), key: keyBytes(key) };
}
