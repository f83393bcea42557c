import type { Deadline } from '@grpc/grpc-js';

/** What a call is beside its messages. Calls of grpc-js are such, and so are those of the JSON gateway. */
export interface ServerCall {
  readonly metadata: CallMetadata;
  /** As grpc-js gives it: a date, or milliseconds of the wall clock; infinite for none. */
  getDeadline(): Deadline;
  /** The caller is gone. May also be emitted after the call has ended in order. */
  on(event: 'cancelled', listener: () => void): unknown;
}

/** What the caller sent along. */
export interface CallMetadata {
  /** All values of a key in lower case; none for one that was not sent. */
  get(key: string): readonly (string | Buffer)[];
}
