/** Drains of instances, and what subscribers say about how far they act by their watches. */
import { QuorateError } from '../../base/errors.js';
import type { Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import type { AcknowledgeRequest, AcknowledgeResponseIn, DrainRequest, DrainResponseIn } from '../../proto/quorate.js';
import type { Replica, SubscribersKnown } from '../../replica/types.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import {
  checkInstanceId,
  checkLabel,
  checkNamespace,
  checkRequestId,
  checkRevision,
  checkServiceName,
  checkSubscriber,
} from './validate.js';

/** Marks the instance DRAINING, then waits for the subscribers: until all have acknowledged, the time is up, or the caller's is. */
export function onDrain(request: DrainRequest, call: UnaryCall<DrainResponseIn>): void {
  const { namespace, service, id, reason, requestId } = request;
  checkNamespace(namespace);
  checkServiceName(service);
  checkInstanceId(id);
  checkLabel(reason, 'reason');
  checkRequestId(requestId);
  const waitMs = checkWait(request.waitMs);
  call.apply(
    { kind: 'setStatus', namespace, service, instance: id, status: 'DRAINING', reason, atMs: Date.now() },
    requestId,
    'setStatus',
    (_result, revision) => {
      const { replica } = call;
      const deadline = call.waitAtMost(waitMs);
      call.wait(
        replica.awaitSubscribers({ namespace, service, revision }, deadline, (error, known) => {
          if (known) call.reply(answerOf(replica, revision, known));
          else call.fail(error);
        }),
      );
    },
  );
}

function answerOf(replica: Replica, revision: Revision, known: SubscribersKnown): DrainResponseIn {
  const { subscribers, acknowledged, missing, silent } = known;
  const names = silent.map((id) => replica.members.find((member) => member.id === id)?.name ?? String(id));
  return {
    header: headerOf(replica, revision),
    subscribers,
    acknowledged,
    missing: [...missing],
    silentMembers: names,
  };
}

function checkWait(waitMs: number): number {
  if (waitMs >= 0 && waitMs <= limits.maxDrainWaitMs) return waitMs === 0 ? limits.drainWaitMs : waitMs;
  const field = 'wait_ms';
  throw new QuorateError('INVALID_FIELD', `${field} ${waitMs} must be 0 to ${limits.maxDrainWaitMs}`, { field });
}

export function onAcknowledge(request: AcknowledgeRequest, call: UnaryCall<AcknowledgeResponseIn>): void {
  const { subscriber, leaving } = request;
  checkSubscriber(subscriber);
  const revision = checkRevision(request.revision, 'revision');
  const { replica } = call;
  const { subscribers, machine } = replica;
  const known = leaving ? subscribers.leave(subscriber) : subscribers.acknowledge(subscriber, revision);
  call.reply({ header: headerOf(replica, machine.revision), known });
}
