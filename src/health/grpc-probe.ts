/**
 * The health protocol of gRPC over HTTP/2 itself. grpc-js would do, were it not that it never gives up a connection on which the other side accepts and says
 * nothing: every probe of a stopped process would cost this member a socket.
 */
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { status } from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';
import { present } from '../base/assert.js';
import { limits } from '../base/limits.js';
import { type Check, checkedAddress } from './check.js';
import { failed, type Probe, type ProbeResult, passed, resultOf } from './probe.js';

const { path, requestSerialize, responseDeserialize } = present(health.Check, 'the health protocol has Check');

/** Before each message: whether it is compressed, and its length. */
const frameHeadBytes = 5;

interface Connection {
  readonly session: ClientHttp2Session;
  error: Error | undefined;
  /** A probe was answered on it. */
  used: boolean;
}

/** What has come of an answer. */
interface Answer {
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  trailers: IncomingHttpHeaders;
  readonly chunks: Buffer[];
  bytes: number;
  error: Error | undefined;
}

/** `grpc.health.v1.Health/Check` without TLS; passes with SERVING. The connection is kept while it works. */
export class GrpcProbe implements Probe {
  private connection: Connection | undefined;

  constructor(private readonly check: Check & { readonly kind: 'grpc' }) {}

  run(done: (result: ProbeResult) => void): () => void {
    let over = false;
    const ask = () => {
      const connection = this.connect();
      this.ask(connection, (answer) => {
        if (over) return;
        const result = resultIn(answer);
        if (result) {
          over = true;
          connection.used = true;
          done(result);
          return;
        }
        this.drop(connection);
        // Servers end connections that were idle for long: that says nothing about them.
        if (connection.used) ask();
        else {
          over = true;
          done(brokenBy(connection.error ?? answer.error));
        }
      });
    };
    ask();
    return () => {
      over = true;
      this.close();
    };
  }

  close(): void {
    if (this.connection) this.drop(this.connection);
  }

  private connect(): Connection {
    if (this.connection) return this.connection;
    const session = connect(`http://${checkedAddress(this.check)}`, {
      settings: { enablePush: false, maxHeaderListSize: limits.healthHeadBytes },
    });
    const connection: Connection = { session, error: undefined, used: false };
    this.connection = connection;
    session.on('error', (error) => {
      connection.error = error;
    });
    const leave = () => {
      if (this.connection === connection) this.connection = undefined;
    };
    session.on('close', leave);
    session.on('goaway', () => {
      leave();
      session.close();
    });
    return connection;
  }

  private drop(connection: Connection): void {
    if (this.connection === connection) this.connection = undefined;
    connection.session.destroy();
  }

  private ask({ session }: Connection, done: (answer: Answer) => void): void {
    const answer: Answer = { headers: {}, trailers: {}, chunks: [], bytes: 0, error: undefined };
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'quorate-health',
    });
    stream.on('response', (headers) => {
      answer.headers = headers;
    });
    stream.on('trailers', (trailers) => {
      answer.trailers = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      answer.bytes += chunk.length;
      if (answer.bytes <= limits.healthBodyBytes) answer.chunks.push(chunk);
      else stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => {
      answer.error = error;
    });
    // What the connection has to say of its end comes in the same turn.
    stream.on('close', () => setImmediate(done, answer));
    stream.end(frame(requestSerialize({ service: this.check.service })));
  }
}

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Undefined: there is no whole answer. */
function resultIn({ headers, trailers, chunks, bytes }: Answer): ProbeResult | undefined {
  const { ':status': httpStatus } = headers;
  if (httpStatus === undefined) return undefined;
  if (httpStatus !== 200) return failed(`answers ${httpStatus} of HTTP`);
  if (bytes > limits.healthBodyBytes) return failed('the answer is too long');
  const { 'grpc-status': code, 'grpc-message': text } = 'grpc-status' in trailers ? trailers : headers;
  if (code === undefined) return undefined;
  if (code !== '0') return failed(`answers ${status[Number(code)] ?? code}${text ? `: ${decoded(String(text))}` : ''}`);
  const said = servingStatus(Buffer.concat(chunks));
  return said === 'SERVING' ? passed : failed(`answers ${said}`);
}

/** The status by its name in the protocol. */
function servingStatus(body: Buffer): string {
  if (body.length < frameHeadBytes || body[0] !== 0) return 'something else';
  try {
    const answer: unknown = responseDeserialize(body.subarray(frameHeadBytes, frameHeadBytes + body.readUInt32BE(1)));
    return typeof answer === 'object' && answer && 'status' in answer ? String(answer.status) : 'something else';
  } catch {
    return 'something else';
  }
}

/** Messages are percent-encoded on the wire. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function brokenBy(error: Error | undefined): ProbeResult {
  return error ? resultOf(error) : failed('the connection ended without an answer');
}
