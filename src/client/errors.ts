/** Turns what gRPC says about a failed call into a QuorateError and into what to do next. */
import { type ServiceError, status } from '@grpc/grpc-js';
import { QuorateError, type Reason, reasons } from '../base/errors.js';
import { ErrorInfo, Status } from '../proto/rpc.js';

export interface Failure {
  readonly error: QuorateError;
  /**
   * never: the answer is final · elsewhere: ask another member at once · later: ask again after a pause · once: every member may be
   * asked one more time, since nobody knows whether it helps.
   */
  readonly retry: 'never' | 'elsewhere' | 'later' | 'once';
}

const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';

/** Reads the rich details of a failed call; a failure without them was made by the transport. */
export function failureOf(failed: ServiceError, address: string): Failure {
  const rich = richError(failed);
  if (rich) return { error: rich, retry: retryOf(rich.reason, failed.code) };
  const text = `${address}: ${failed.details || failed.message}`;
  switch (failed.code) {
    // A connection that goes away under a call shows as UNAVAILABLE or, depending on the moment, as CANCELLED.
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return { error: new QuorateError('UNREACHABLE', text), retry: 'elsewhere' };
    case status.RESOURCE_EXHAUSTED:
      // gRPC itself refuses a message over the size limit, with this code and no details; repeating it does not help.
      if (/ larger /.test(failed.details))
        return { error: new QuorateError('REQUEST_TOO_LARGE', text), retry: 'never' };
      return { error: new QuorateError('OVERLOADED', text), retry: 'later' };
    case status.DEADLINE_EXCEEDED:
      return { error: new QuorateError('DEADLINE_EXCEEDED', text), retry: 'never' };
    case status.UNIMPLEMENTED:
      return { error: new QuorateError('UNIMPLEMENTED', text), retry: 'never' };
    case status.INTERNAL:
    case status.UNKNOWN:
      return { error: unknown(failed.code, text), retry: 'once' };
    default:
      return { error: unknown(failed.code, text), retry: 'never' };
  }
}

/** UNAVAILABLE always means: not here, not now; a newer member may say so with a reason that this version does not know. */
function retryOf(reason: Reason, code: status): Failure['retry'] {
  if (code === status.UNAVAILABLE) return 'elsewhere';
  return reason === 'OVERLOADED' ? 'later' : 'never';
}

function richError(failed: ServiceError): QuorateError | undefined {
  const details = failed.metadata?.get('grpc-status-details-bin')[0];
  if (!(details instanceof Buffer)) return undefined;
  try {
    for (const detail of Status.decode(details).details) {
      if (detail.type_url !== errorInfoType || !(detail.value instanceof Uint8Array)) continue;
      const info = ErrorInfo.decode(detail.value);
      if (info.domain !== 'quorate') continue;
      const metadata = { ...info.metadata };
      if (isReason(info.reason)) return new QuorateError(info.reason, failed.details, metadata);
      return unknown(failed.code, failed.details, { ...metadata, reason: info.reason });
    }
  } catch {
    // Details of another make: the code alone has to do.
  }
  return undefined;
}

function isReason(reason: string): reason is Reason {
  return Object.hasOwn(reasons, reason);
}

function unknown(code: number, text: string, metadata: Record<string, string> = {}): QuorateError {
  return new QuorateError('UNKNOWN', text, { ...metadata, code: status[code] ?? String(code) });
}

/** The caller ended the call, or the client was closed. */
export function cancelled(what: string): QuorateError {
  return new QuorateError('CANCELLED', what);
}

/** For callers that got something thrown which need not be an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The reason of a failed call; undefined for anything else that was thrown. */
export function reasonOf(error: unknown): Reason | undefined {
  return error instanceof QuorateError ? error.reason : undefined;
}
