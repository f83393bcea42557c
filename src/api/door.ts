import { FatalError, QuorateError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { DecodeError } from '../proto/schema.js';
import type { Replica } from '../replica/types.js';

/** A call that is not answered yet, or a stream that is open. */
export interface OpenCall {
  readonly streaming: boolean;
  /** Ends it now with this error. */
  stop(error: QuorateError): void;
}

/** What all calls of one client port share. */
export class Door {
  /** New calls are refused. */
  stopping = false;
  readonly open = new Set<OpenCall>();

  constructor(
    readonly replica: Replica,
    readonly version: string,
    private readonly log: Log,
    private readonly onFatal: (error: FatalError) => void,
  ) {}

  /** @throws QuorateError MEMBER_STOPPING */
  checkServing(): void {
    if (this.stopping) throw stoppingError();
  }

  /** Ends the open streams; calls that wait for one answer go on. */
  stopStreams(error: QuorateError): void {
    for (const call of this.open) if (call.streaming) call.stop(error);
  }

  /** The error to answer with for anything that a handler threw. What is no QuorateError is our bug: it is logged, and the process goes on. */
  errorOf(thrown: unknown, path: string): QuorateError {
    if (thrown instanceof QuorateError) return thrown;
    if (thrown instanceof DecodeError)
      return new QuorateError('INVALID_FIELD', `the request cannot be decoded: ${thrown.message}`);
    if (thrown instanceof FatalError) {
      this.onFatal(thrown);
      return stoppingError();
    }
    this.log.error({ err: thrown, path }, 'a handler failed; this is a bug');
    return new QuorateError('BUG', 'the member failed to handle this call; its log says why');
  }
}

export function stoppingError(): QuorateError {
  return new QuorateError('MEMBER_STOPPING', 'this member is stopping; another member of the cluster will answer');
}
