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
import { otherEtcdError } from './errors.js';
import { etcdHeader } from './header.js';
import { int64OfLease } from './int64.js';
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

const noValue = Buffer.alloc(0);

/** `v3lockpb.Lock`: whoever has the oldest key under a name holds the lock, until the key is deleted or its lease ends. */
export function serveLock(table: Handlers, replica: Replica): void {
  table.unary(lockService.lock, inSteps(replica, lock));
  table.unary(lockService.unlock, inSteps(replica, unlock));
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

async function unlock(replica: Replica, steps: Steps, request: UnlockRequest): Promise<UnlockResponseIn> {
  const key = keyOf(request.key);
  checkSize(key, noValue);
  const { revision } = await steps.submit({ kind: 'deleteRange', key, end: undefined, prevKv: false });
  return { header: etcdHeader(replica, revision) };
}
