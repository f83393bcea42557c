/** A cluster that speaks etcd's protocol: the one that is copied, and ours. Calls move on to the next endpoint when one does not answer. */
import { Client, type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { Code } from '../../base/errors.js';
import type { Method } from '../../proto/schema.js';
import { CommandError, CommandExit } from '../exit-codes.js';

const pauseMs = 200;
const attemptMs = 5_000;

/** A call was refused, with the code and the text of the server. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly code: number,
    text: string,
  ) {
    super(text);
  }

  /** The revision that was asked for is no longer kept. */
  get compacted(): boolean {
    return this.code === Code.OUT_OF_RANGE && this.message.includes('compacted');
  }
}

export class EtcdServer {
  private readonly clients: readonly Client[];
  private current = 0;
  private closed = false;

  /**
   * @param role what people call it: "the etcd", "the cluster"
   * @param timeoutMs how long a call is tried
   */
  constructor(
    readonly role: string,
    readonly endpoints: readonly string[],
    private readonly timeoutMs: number,
  ) {
    this.clients = endpoints.map(
      (endpoint) =>
        new Client(endpoint, credentials.createInsecure(), {
          'grpc.max_receive_message_length': -1,
          'grpc.enable_retries': 0,
          'grpc.enable_http_proxy': 0,
          'grpc.initial_reconnect_backoff_ms': 100,
          'grpc.max_reconnect_backoff_ms': 1_000,
          'grpc.keepalive_time_ms': 10_000,
          'grpc.keepalive_timeout_ms': 5_000,
        }),
    );
  }

  /**
   * Calls until it is answered: what is called must do no harm when it is done twice. `retried` of the answer: an earlier try may have been done.
   * @throws Refused; CommandError UNAVAILABLE when nobody answers in time
   */
  async call<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    message: Req,
    signal?: AbortSignal,
  ): Promise<Res> {
    const deadline = Date.now() + this.timeoutMs;
    const request = method.request.encode(message);
    for (;;) {
      try {
        return await this.attempt(method, request, Math.min(deadline, Date.now() + attemptMs));
      } catch (error) {
        if (this.closed || signal?.aborted || !isTransient(error)) throw refusal(error);
        if (Date.now() + pauseMs >= deadline) throw this.unreachable(error);
        this.moveOn();
        await pause(pauseMs);
      }
    }
  }

  stream<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
  ): ClientDuplexStream<Req, Res> {
    return this.client.makeBidiStreamRequest(method.path, method.request.encode, method.response.decode);
  }

  /** The next call asks another member. */
  moveOn(): void {
    this.current = (this.current + 1) % this.clients.length;
  }

  close(): void {
    this.closed = true;
    for (const client of this.clients) client.close();
  }

  private get client(): Client {
    const client = this.clients[this.current];
    if (!client) throw new Error('there is an endpoint');
    return client;
  }

  private attempt<Res extends object>(
    { path, response }: Method<never, object, object, Res>,
    request: Buffer,
    deadline: number,
  ): Promise<Res> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Res) => {
        if (answer === undefined) reject(error);
        else resolve(answer);
      };
      this.client.makeUnaryRequest(path, asIs, response.decode, request, { deadline }, done);
    });
  }

  private unreachable(error: unknown): CommandError {
    const { message } = refusal(error);
    const [, cause = message] = /Last error: (?:Error: )?(.+?)(?:\. Resolution note|$)/.exec(message) ?? [];
    return new CommandError(
      `${this.role} does not answer at ${this.endpoints.join(', ')} (${cause})`,
      CommandExit.UNAVAILABLE,
    );
  }
}

const asIs = (bytes: Buffer): Buffer => bytes;

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}

function isTransient(error: unknown): boolean {
  if (!isServiceError(error)) return false;
  return error.code === Code.UNAVAILABLE || error.code === Code.DEADLINE_EXCEEDED;
}

/** What the server said; anything else stays what it is. */
export function refusal(error: unknown): Error {
  if (isServiceError(error)) return new Refused(error.code, error.details);
  return error instanceof Error ? error : new Error(String(error));
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}
