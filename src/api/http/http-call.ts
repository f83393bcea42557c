import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallMetadata, ServerCall } from '../server-call.js';

/** A request over HTTP/1.1 as the handlers see a call. */
export class HttpCall implements ServerCall {
  readonly metadata: CallMetadata;
  private readonly deadline: number;

  constructor(
    request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    this.metadata = { get: (key) => metadataOf(request, key) };
    this.deadline = Date.now() + timeoutOf(request);
  }

  getDeadline(): number {
    return this.deadline;
  }

  on(_event: 'cancelled', listener: () => void): void {
    if (this.response.destroyed) setImmediate(listener);
    else this.response.on('close', listener);
  }
}

/** Headers that callers of a gateway mean for the server behind it begin with this; the token of a caller is a header of its own. */
const metadataPrefix = 'grpc-metadata-';

function metadataOf({ headersDistinct, headers }: IncomingMessage, key: string): string[] {
  const found = headersDistinct[metadataPrefix + key] ?? [];
  return key === 'authorization' && headers.authorization !== undefined ? [...found, headers.authorization] : found;
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** `Grpc-Timeout: 500m` and the like (gRPC over HTTP/2); infinite without one. */
function timeoutOf({ headers }: IncomingMessage): number {
  const header = headers['grpc-timeout'];
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  if (!match) return Number.POSITIVE_INFINITY;
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.POSITIVE_INFINITY);
}
