/** Errors on the wire: gRPC code and sentence, and `google.rpc.ErrorInfo` with the stable reason in the rich status details. */
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { type Reason, reasons } from '../base/errors.js';
import { ErrorInfo, Status } from '../proto/rpc.js';

/** Where the reasons of this product are defined. */
export const errorDomain = 'quorate';
const detailsKey = 'grpc-status-details-bin';
const errorInfoType = `type.googleapis.com/${ErrorInfo.name}`;

/** What an error says, whether it is a QuorateError or the machine's ErrorResult. */
export interface Failure {
  readonly reason: Reason;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The status to answer with. An Error too, because grpc-js wants one for streams. */
export type FailureStatus = StatusObject & Error;

/** gRPC status of a failure; the code comes from the one table in base/errors.ts. */
export function statusOf({ reason, message, metadata }: Failure): FailureStatus {
  const code = reasons[reason];
  const info = ErrorInfo.encode({ reason, domain: errorDomain, metadata });
  const details = Status.encode({ code, message, details: [{ type_url: errorInfoType, value: info }] });
  const trailer = new Metadata();
  trailer.set(detailsKey, details);
  return { name: 'QuorateError', code, message, details: message, metadata: trailer };
}
