import { limits } from '../base/limits.js';
import { type Failure, type FailureStatus, statusOf } from './status.js';

/** How an API family answers, where the families differ. */
export interface Dialect {
  statusOf(failure: Failure): FailureStatus;
  /** Longest answer to a unary call. */
  readonly answerBytes: number;
  /** Longest that a call waits for the cluster, milliseconds: for one without a deadline, or with a later one. */
  readonly waitMs: number;
}

export const nativeDialect: Dialect = {
  statusOf,
  answerBytes: limits.clientMessageBytes,
  waitMs: Number.POSITIVE_INFINITY,
};
