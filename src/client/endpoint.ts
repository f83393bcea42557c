/** One member's address and the channel to it, opened when it is first needed. */
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { QuorateError } from '../base/errors.js';
import type { Method } from '../proto/schema.js';
import type { Tuning } from './options.js';

// grpc-js copies the metadata of every call, so that all calls may share the empty one.
const noMetadata = new Metadata();
const asIs = (bytes: Buffer): Buffer => bytes;

export class Endpoint {
  private client: Client | undefined;
  /** Last words that are on their way. */
  private farewells = 0;
  private onLastWord: () => void = () => {};

  constructor(
    readonly address: string,
    /** In the ring. */
    public position: number,
    private readonly tuning: Tuning,
  ) {}

  /**
   * Sends one call with an already encoded request.
   * @param deadline milliseconds since 1970
   */
  unary<Res extends object>(
    method: Method<object, object, object, Res>,
    request: Buffer,
    deadline: number,
    done: (error: ServiceError | null, response?: Res) => void,
  ): ClientUnaryCall {
    return this.open().makeUnaryRequest(
      method.path,
      asIs,
      method.response.decode,
      request,
      noMetadata,
      { deadline },
      done,
    );
  }

  serverStream<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    request: Req,
  ): ClientReadableStream<Res> {
    return this.open().makeServerStreamRequest(
      method.path,
      method.request.encode,
      method.response.decode,
      request,
      noMetadata,
    );
  }

  duplexStream<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
  ): ClientDuplexStream<Req, Res> {
    return this.open().makeBidiStreamRequest(method.path, method.request.encode, method.response.decode, noMetadata);
  }

  /** Sends something that is still to arrive when the client is closed at once; nobody hears of the answer. */
  farewell<Res extends object>(method: Method<object, object, object, Res>, request: Buffer, deadline: number): void {
    this.farewells++;
    this.unary(method, request, deadline, () => {
      this.farewells--;
      if (this.farewells === 0) this.onLastWord();
    });
  }

  /** The promise is for last words that are on their way. */
  close(): Promise<void> | undefined {
    const { client } = this;
    this.client = undefined;
    if (this.farewells === 0) {
      client?.close();
      return undefined;
    }
    return new Promise((resolve) => {
      this.onLastWord = () => {
        client?.close();
        resolve();
      };
    });
  }

  private open(): Client {
    this.client ??= new Client(this.address, credentials.createInsecure(), {
      'grpc.enable_channelz': 0,
      'grpc.enable_http_proxy': 0,
      // The client retries by itself, on other members too.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      // A shared pool would let one client's closed or backing-off connection slow another's.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': this.tuning.reconnectStartMs,
      'grpc.max_reconnect_backoff_ms': this.tuning.reconnectCapMs,
      'grpc.keepalive_time_ms': this.tuning.pingMs,
      'grpc.keepalive_timeout_ms': this.tuning.pingAnswerMs,
    });
    return this.client;
  }
}

/**
 * Splits and checks endpoints.
 * @throws QuorateError INVALID_FIELD
 */
export function parseEndpoints(endpoints: readonly string[] | string): string[] {
  const list = typeof endpoints === 'string' ? endpoints.split(',') : endpoints;
  const addresses = [...new Set(list.map((address) => address.trim()).filter((address) => address !== ''))];
  if (addresses.length === 0) throw new QuorateError('INVALID_FIELD', 'endpoints names no member');
  for (const address of addresses) {
    const port = Number(/^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(address)?.[1]);
    if (!(port >= 1 && port <= 65_535))
      throw new QuorateError('INVALID_FIELD', `endpoint '${address}' is not host:port`);
  }
  return addresses;
}
