/** Binds typed handlers to the methods of a grpc-js server. */
import type { handleUnaryCall, Server, ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import type { Message, Method } from '../proto/schema.js';
import { type Dialect, nativeDialect } from './dialect.js';
import type { Door } from './door.js';
import {
  type Conversation,
  GrpcMessageStream,
  type Input,
  type MessageStream,
  type Running,
} from './message-stream.js';
import { OpenStream } from './open-stream.js';
import type { ServerCall } from './server-call.js';
import { UnaryCall } from './unary-call.js';

/**
 * Messages pass grpc-js as bytes and are decoded here: grpc-js would answer INTERNAL to bytes that are no such message, where the caller is owed
 * INVALID_ARGUMENT.
 */
const passThrough = (bytes: Buffer): Buffer => bytes;

/** Where a service binds its handlers. */
export interface Handlers {
  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, call: UnaryCall<Res>) => void,
  ): void;

  /** `fail` is for what goes wrong after onCall has returned. */
  serverStream<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, stream: MessageStream, fail: (thrown: unknown) => void, call: ServerCall) => Running,
  ): void;

  /** `fail` is for what goes wrong outside of the conversation's own methods. */
  bidi<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (
      stream: MessageStream,
      input: Input,
      call: ServerCall,
      fail: (thrown: unknown) => void,
    ) => Conversation<ReqOut>,
  ): void;
}

/** Serves over gRPC. */
export class HandlerTable implements Handlers {
  constructor(
    private readonly server: Server,
    private readonly door: Door,
    private readonly dialect: Dialect = nativeDialect,
  ) {}

  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, call: UnaryCall<Res>) => void,
  ): void {
    const { door, dialect } = this;
    const { path, request, response } = method;
    const handler: handleUnaryCall<Buffer, Buffer> = (grpcCall, respond) => {
      const call = new UnaryCall<Res>(door, dialect, grpcCall, respond, path, response);
      try {
        door.checkServing();
        onCall(request.decode(grpcCall.request), call);
      } catch (thrown) {
        call.fail(thrown);
      }
    };
    this.server.register(path, handler, passThrough, passThrough, 'unary');
  }

  serverStream<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, stream: MessageStream, fail: (thrown: unknown) => void, call: ServerCall) => Running,
  ): void {
    const { path, request } = method;
    const handler = (grpcCall: ServerWritableStream<Buffer, Buffer>): void => {
      const open = this.open(grpcCall, path);
      open.run((stream) => onCall(request.decode(grpcCall.request), stream, open.fail, grpcCall));
    };
    this.server.register(path, handler, passThrough, passThrough, 'serverStream');
  }

  bidi<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (
      stream: MessageStream,
      input: Input,
      call: ServerCall,
      fail: (thrown: unknown) => void,
    ) => Conversation<ReqOut>,
  ): void {
    const { path, request } = method;
    const handler = (grpcCall: ServerDuplexStream<Buffer, Buffer>): void => {
      const open = this.open(grpcCall, path);
      open.run((stream) => {
        const conversation = onCall(stream, grpcCall, grpcCall, open.fail);
        listen(open, grpcCall, request, conversation);
        return conversation;
      });
    };
    this.server.register(path, handler, passThrough, passThrough, 'bidi');
  }

  private open(
    grpcCall: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
    path: string,
  ): OpenStream {
    const { door, dialect } = this;
    return new OpenStream(door, grpcCall, new GrpcMessageStream(grpcCall, dialect), path);
  }
}

function listen<ReqOut extends object>(
  open: OpenStream,
  grpcCall: ServerDuplexStream<Buffer, Buffer>,
  request: Message<object, ReqOut>,
  conversation: Conversation<ReqOut>,
): void {
  grpcCall.on('data', (bytes: Buffer) => open.attempt(() => conversation.onMessage(request.decode(bytes))));
  grpcCall.on('end', () => open.attempt(() => conversation.onHalfClose()));
}
