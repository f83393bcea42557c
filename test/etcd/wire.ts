/** Calls of etcd's API as a plain gRPC client makes them: the message that came back, or code and text. */
import { Client, type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import type { Message, Method } from '../../src/proto/schema.js';

const callMs = 15_000;
const messageBytes = 64 * 1024 * 1024;
const passThrough = (bytes: Buffer): Buffer => bytes;

export interface Failure {
  readonly code: number;
  readonly text: string;
}
export type Answer<Res> = { readonly response: Res } | Failure;

export class Wire {
  private readonly client: Client;

  constructor(readonly address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': messageBytes,
      'grpc.enable_retries': 0,
    });
  }

  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    { path, request, response }: Method<Req, ReqOut, Res, ResOut>,
    message: Req,
  ): Promise<Answer<ResOut>> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + callMs };
      const bytes = request.encode(message);
      this.client.makeUnaryRequest(path, passThrough, passThrough, bytes, options, (error, answer) => {
        try {
          if (error) resolve(failureOf(error));
          else if (answer) resolve({ response: response.decode(answer) });
          else reject(new Error(`${path} was answered with nothing`));
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  stream<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onMessage: (message: ResOut) => void,
  ): WireStream<Req> {
    const { path, request, response } = method;
    const call = this.client.makeBidiStreamRequest(path, passThrough, passThrough);
    return new WireStream(call, request, (bytes) => onMessage(response.decode(bytes)));
  }

  close(): void {
    this.client.close();
  }
}

/** A conversation; `ended` says how it ended. */
export class WireStream<Req extends object> {
  ended: Failure | undefined;

  constructor(
    private readonly call: ClientDuplexStream<Buffer, Buffer>,
    private readonly request: Message<Req, object>,
    onBytes: (bytes: Buffer) => void,
  ) {
    call.on('data', onBytes);
    call.on('error', (error: ServiceError) => {
      this.ended ??= failureOf(error);
    });
    call.on('end', () => {
      this.ended ??= { code: 0, text: '' };
    });
  }

  send(message: Req): void {
    this.call.write(this.request.encode(message));
  }

  cancel(): void {
    this.call.cancel();
  }
}

function failureOf(error: ServiceError): Failure {
  return { code: error.code, text: error.details };
}
