/** Binds typed handlers to the methods of a grpc-js server. */
import type { handleUnaryCall, Server, ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import type { Message, Method } from '../proto/schema.js';
import type { Door } from './door.js';
import type { Conversation, Input, MessageStream, Running } from './message-stream.js';
import { OpenStream } from './open-stream.js';
import { UnaryCall } from './unary-call.js';

/**
 * Messages pass grpc-js as bytes and are decoded here: grpc-js would answer INTERNAL to bytes that are no such message, where the caller is owed
 * INVALID_ARGUMENT.
 */
const passThrough = (bytes: Buffer): Buffer => bytes;

export class HandlerTable {
  constructor(
    private readonly server: Server,
    private readonly door: Door,
  ) {}

  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, call: UnaryCall<Res>) => void,
  ): void {
    const { door } = this;
    const { path, request, response } = method;
    const handler: handleUnaryCall<Buffer, Buffer> = (grpcCall, respond) => {
      const call = new UnaryCall<Res>(door, grpcCall, respond, path, response);
      try {
        door.checkServing();
        onCall(request.decode(grpcCall.request), call);
      } catch (thrown) {
        call.fail(thrown);
      }
    };
    this.server.register(path, handler, passThrough, passThrough, 'unary');
  }

  /** `fail` is for what goes wrong after onCall has returned. */
  serverStream<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, stream: MessageStream, fail: (thrown: unknown) => void) => Running,
  ): void {
    const { door } = this;
    const { path, request } = method;
    const handler = (grpcCall: ServerWritableStream<Buffer, Buffer>): void => {
      const open = new OpenStream(door, grpcCall, path);
      open.run((stream) => onCall(request.decode(grpcCall.request), stream, open.fail));
    };
    this.server.register(path, handler, passThrough, passThrough, 'serverStream');
  }

  bidi<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (stream: MessageStream, input: Input) => Conversation<ReqOut>,
  ): void {
    const { door } = this;
    const { path, request } = method;
    const handler = (grpcCall: ServerDuplexStream<Buffer, Buffer>): void => {
      const open = new OpenStream(door, grpcCall, path);
      open.run((stream) => {
        const conversation = onCall(stream, grpcCall);
        listen(open, grpcCall, request, conversation);
        return conversation;
      });
    };
    this.server.register(path, handler, passThrough, passThrough, 'bidi');
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
