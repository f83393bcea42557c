/** A client of grpc-js for tests of the doors: nothing between the test and the wire but the codec. */
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { ApiServer } from '../../src/api/server.js';
import { type Log, silentLog } from '../../src/base/log.js';
import { ErrorInfo, Status } from '../../src/proto/rpc.js';
import type { Method } from '../../src/proto/schema.js';
import { FakeReplica } from '../support/fake-replica.js';

/** What a failed call says on the wire. */
export interface WireError {
  readonly code: number;
  readonly text: string;
  /** Undefined: the status has no details of this product. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

const bytes = (buffer: Buffer): Buffer => buffer;

export class ApiClient {
  private readonly client: Client;

  constructor(port: number) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': 16 << 20,
    });
  }

  /** Rejects with a WireError. */
  async call<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    request: Req,
    options: CallOptions = {},
    metadata = new Metadata(),
  ): Promise<Res> {
    const bytesOfAnswer = await this.send(method.path, method.request.encode(request), options, () => {}, metadata);
    return method.response.decode(bytesOfAnswer);
  }

  /** Sends any bytes to any path. `onStarted` gets what cancels the call. */
  send(
    path: string,
    request: Buffer,
    options: CallOptions = {},
    onStarted: (cancel: () => void) => void = () => {},
    metadata = new Metadata(),
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        path,
        bytes,
        bytes,
        request,
        metadata,
        options,
        (error: ServiceError | null, response?: Buffer) => {
          if (error) reject(wireError(error));
          else resolve(response ?? Buffer.alloc(0));
        },
      );
      onStarted(() => call.cancel());
    });
  }

  /** The error that the call fails with. */
  async failure<Req extends object>(
    method: Method<Req, object, object, object>,
    request: Req,
    options: CallOptions = {},
  ): Promise<WireError> {
    try {
      await this.call(method, request, options);
    } catch (error) {
      return error as WireError;
    }
    throw new Error('the call did not fail');
  }

  serverStream<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    request: Req,
    options: CallOptions = {},
  ): ClientReadableStream<Res> {
    return this.client.makeServerStreamRequest(
      method.path,
      (value: Req) => method.request.encode(value),
      (buffer: Buffer) => method.response.decode(buffer),
      request,
      new Metadata(),
      options,
    );
  }

  bidi<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    metadata = new Metadata(),
  ): ClientDuplexStream<Req, Res> {
    return this.client.makeBidiStreamRequest(
      method.path,
      (value: Req) => method.request.encode(value),
      (buffer: Buffer) => method.response.decode(buffer),
      metadata,
    );
  }

  close(): void {
    this.client.close();
  }
}

/** Reads the rich details of a failed call. */
export function wireError(error: ServiceError): WireError {
  const details = error.metadata.get('grpc-status-details-bin')[0];
  if (!Buffer.isBuffer(details)) return { code: error.code, text: error.details, reason: undefined, metadata: {} };
  const status = Status.decode(details);
  const value = status.details[0]?.value;
  if (!Buffer.isBuffer(value) || status.code !== error.code || status.message !== error.details)
    throw new Error('the rich details do not say the same as the status');
  const info = ErrorInfo.decode(value);
  return { code: error.code, text: error.details, reason: info.reason, metadata: info.metadata };
}

/** A running ApiServer on a free port over a fake member, with a client. */
export interface Api {
  readonly replica: FakeReplica;
  readonly server: ApiServer;
  readonly client: ApiClient;
  stop(): Promise<void>;
}

export async function startApi(log: Log = silentLog): Promise<Api> {
  const replica = new FakeReplica();
  const server = new ApiServer({ address: '127.0.0.1:0', replica, version: '9.9.9', log });
  await server.start();
  const client = new ApiClient(server.port);
  return {
    replica,
    server,
    client,
    async stop() {
      client.close();
      await server.stop(0);
      replica.hub.close();
    },
  };
}

/** All messages of a stream, and the error that ended it. */
export async function collect<Req, Res>(
  stream: ClientReadableStream<Res> | ClientDuplexStream<Req, Res>,
): Promise<{ messages: Res[]; error: WireError | undefined }> {
  const messages: Res[] = [];
  return new Promise((resolve) => {
    stream.on('data', (message: Res) => messages.push(message));
    stream.on('error', (error: ServiceError) => resolve({ messages, error: wireError(error) }));
    stream.on('end', () => resolve({ messages, error: undefined }));
  });
}
