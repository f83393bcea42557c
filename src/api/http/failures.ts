/** Failures as etcd's JSON gateway shows them. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { sendJson } from './responses.js';

/** A gRPC code and its text. */
export interface GatewayFailure {
  readonly code: number;
  readonly details: string;
}

/** HTTP statuses by gRPC code, from OK on. */
const statuses = [200, 408, 500, 400, 504, 404, 409, 403, 429, 412, 409, 400, 501, 500, 503, 500, 401];

function httpStatusOf(code: number): number {
  return statuses[code] ?? 500;
}

/** The whole answer. */
export function sendFailure(response: ServerResponse, { code, details }: GatewayFailure): void {
  sendJson(response, httpStatusOf(code), JSON.stringify({ error: details, message: details, code }));
}

/** The last message of a stream that has sent others. */
export function failureMessage({ code, details }: GatewayFailure): string {
  const status = httpStatusOf(code);
  const error = { grpc_code: code, http_code: status, message: details, http_status: STATUS_CODES[status] };
  return JSON.stringify({ error });
}
