/** The expected-failure lane inside apply: refused commands are values, because an apply must never throw for what a caller sent. */
import { QuorateError, type Reason } from '../base/errors.js';
import type { ErrorResult } from './types.js';

const NO_METADATA: Readonly<Record<string, string>> = {};

export function failure(reason: Reason, message: string, metadata = NO_METADATA): ErrorResult {
  return { kind: 'error', reason, message, metadata };
}

/** The same as an exception, for reads. */
export function asError(result: ErrorResult): QuorateError {
  return new QuorateError(result.reason, result.message, result.metadata);
}
