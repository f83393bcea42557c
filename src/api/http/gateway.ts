/** etcd's JSON gateway: the handlers of the etcd door over HTTP/1.1. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Message, Method } from '../../proto/schema.js';
import type { Dialect } from '../dialect.js';
import type { Door } from '../door.js';
import { otherEtcdError } from '../etcd/errors.js';
import type { Handlers } from '../handlers.js';
import type { Conversation, Input, MessageStream, Running } from '../message-stream.js';
import { OpenStream } from '../open-stream.js';
import type { ServerCall } from '../server-call.js';
import { UnaryCall } from '../unary-call.js';
import { type BodyProblem, readBody } from './body.js';
import { sendFailure } from './failures.js';
import { gatewayPaths } from './gateway-paths.js';
import { HttpCall } from './http-call.js';
import type { HttpHandler, HttpSide } from './http-side.js';
import { readMessage } from './json-read.js';
import { JsonStream } from './json-stream.js';
import { JsonTexts } from './json-texts.js';
import { JsonError } from './json-value.js';
import { writeMessage } from './json-write.js';
import { sendJson } from './responses.js';

/** gRPC codes for a request that is no such JSON: where one message is expected, and where a stream of them is. */
const INVALID_ARGUMENT = 3;
const UNKNOWN = 2;
const RESOURCE_EXHAUSTED = 8;
const DEADLINE_EXCEEDED = 4;

export class JsonGateway implements Handlers {
  constructor(
    private readonly side: HttpSide,
    private readonly door: Door,
    private readonly dialect: Dialect,
  ) {}

  unary<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, call: UnaryCall<Res>) => void,
  ): void {
    const { door, dialect } = this;
    const { path, request, response } = method;
    this.serve(path, (httpRequest, httpResponse) => {
      const respond = (failure: { code: number; details: string } | null, answer?: Buffer): void => {
        if (failure) sendFailure(httpResponse, failure);
        else sendJson(httpResponse, 200, answer ? writeMessage(response, answer) : '{}');
      };
      const call = new UnaryCall<Res>(door, dialect, new HttpCall(httpRequest, httpResponse), respond, path, response);
      this.withBody(httpRequest, httpResponse, (text) => {
        try {
          door.checkServing();
          onCall(theMessage(request, text), call);
        } catch (thrown) {
          call.fail(thrown);
        }
      });
    });
  }

  serverStream<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    onCall: (request: ReqOut, stream: MessageStream, fail: (thrown: unknown) => void, call: ServerCall) => Running,
  ): void {
    const { path, request, response } = method;
    this.serve(path, (httpRequest, httpResponse) => {
      const call = new HttpCall(httpRequest, httpResponse);
      const open = this.open(call, new JsonStream(httpResponse, this.dialect, response), path);
      this.withBody(httpRequest, httpResponse, (text) => {
        open.run((stream) => onCall(theMessage(request, text), stream, open.fail, call));
      });
    });
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
    const { path, request, response } = method;
    this.serve(path, (httpRequest, httpResponse) => {
      const call = new HttpCall(httpRequest, httpResponse);
      const open = this.open(call, new JsonStream(httpResponse, this.dialect, response), path);
      open.run((stream) => {
        const conversation = onCall(stream, httpRequest, call, open.fail);
        listen(open, httpRequest, (text) => readMessage(request, text), conversation);
        return conversation;
      });
    });
  }

  private serve(path: string, handler: HttpHandler): void {
    for (const httpPath of gatewayPaths(path)) this.side.route('POST', httpPath, handler);
  }

  private open(call: ServerCall, stream: JsonStream, path: string): OpenStream {
    return new OpenStream(this.door, call, stream, path);
  }

  private withBody(request: IncomingMessage, response: ServerResponse, onText: (text: string) => void): void {
    readBody(request, (problem, text) => {
      if (problem === undefined) return onText(text);
      // The rest of the body is still on its way.
      response.setHeader('connection', 'close');
      sendFailure(response, problemStatus(problem));
    });
  }
}

function problemStatus(problem: BodyProblem): { code: number; details: string } {
  return problem === 'too large'
    ? { code: RESOURCE_EXHAUSTED, details: 'etcdserver: request is too large' }
    : { code: DEADLINE_EXCEEDED, details: 'the request did not arrive in time' };
}

/** Hands on the messages of a body as they come. One that is none ends the stream if it is the first, and what the caller has to say if it is not (etcd). */
function listen<ReqOut extends object>(
  open: OpenStream,
  body: IncomingMessage,
  read: (text: string) => ReqOut,
  conversation: Conversation<ReqOut>,
): void {
  const texts = new JsonTexts();
  let first = true;
  let over = false;

  const halfClose = (): void => {
    if (!over) conversation.onHalfClose();
    over = true;
  };
  const onTexts = (cut: () => readonly string[]): void => {
    if (over) return;
    try {
      for (const text of cut()) {
        conversation.onMessage(read(text));
        first = false;
      }
    } catch (thrown) {
      if (!(thrown instanceof JsonError)) throw thrown;
      if (first) throw otherEtcdError(UNKNOWN, thrown.message);
      halfClose();
    }
  };
  body.on('data', (chunk: Buffer) => open.attempt(() => onTexts(() => texts.push(chunk))));
  body.on('end', () =>
    open.attempt(() => {
      onTexts(() => texts.rest());
      halfClose();
    }),
  );
}

/** The one message of a body. */
function theMessage<Out extends object>(message: Message<never, Out>, text: string): Out {
  try {
    return readMessage(message, text);
  } catch (thrown) {
    throw thrown instanceof JsonError ? otherEtcdError(INVALID_ARGUMENT, thrown.message) : thrown;
  }
}
