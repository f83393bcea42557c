/** etcd's Compact. */
import { QuorateError } from '../../base/errors.js';
import type { CompactionRequest, CompactionResponseIn } from '../../proto/etcd.js';
import type { UnaryCall } from '../unary-call.js';
import { etcdError } from './errors.js';
import { etcdHeader } from './header.js';
import { numberOf, revisionOfInt64 } from './int64.js';

/** How often a caller that waits for the work looks at it. */
const pollMs = 10;

/** Answers when the revision is compacted, for a physical one when this member has nothing more to forget. */
export function onCompact(request: CompactionRequest, call: UnaryCall<CompactionResponseIn>): void {
  if (numberOf(request.revision) <= 0) {
    compactNothing(request, call);
    return;
  }
  const revision = revisionOfInt64(request.revision);
  call.apply({ kind: 'compact', revision }, '', 'compact', (_result, after) => {
    const answer = () => call.reply({ header: etcdHeader(call.replica, after) });
    if (request.physical) whenForgotten(call, call.waitUntil, answer);
    else answer();
  });
}

/** Revision 0 counts as not compacted yet until some other is (for etcd, until 0 itself is). To the machine it means another thing. */
function compactNothing(request: CompactionRequest, call: UnaryCall<CompactionResponseIn>): void {
  call.readAt(undefined, () => {
    const { machine } = call.replica;
    if (numberOf(request.revision) < 0 || machine.compactedRevision > 0) throw etcdError('Compacted');
    call.reply({ header: etcdHeader(call.replica, machine.revision) });
  });
}

function whenForgotten(call: UnaryCall<CompactionResponseIn>, end: number, answer: () => void): void {
  if (call.over) return;
  if (!call.replica.machine.compacting) answer();
  else if (performance.now() > end) call.fail(unfinished());
  else setTimeout(() => whenForgotten(call, end, answer), pollMs);
}

function unfinished(): QuorateError {
  return new QuorateError('NO_QUORUM', 'the compaction was not finished before the deadline');
}
