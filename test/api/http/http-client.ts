/** Plain HTTP/1.1 for tests of the client port: whole answers by fetch, streams chunk by chunk. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { until } from '../../support/until.js';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

export async function get(port: number, path: string): Promise<Answer> {
  return answerOf(await fetch(`http://127.0.0.1:${port}${path}`));
}

export async function post(
  port: number,
  path: string,
  body: string | object = '',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answerOf(await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text, headers }));
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** A request whose body goes on, and its answer so far. */
export class HttpStream {
  status: number | undefined;
  /** One for each chunk of the transfer encoding: a test writes so little that they are not cut on their way. */
  readonly chunks: string[] = [];
  ended = false;
  private readonly request: ClientRequest;

  constructor(port: number, path: string, headers: Record<string, string> = {}, method = 'POST') {
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
    this.request = httpRequest(options, (response: IncomingMessage) => {
      this.status = response.statusCode;
      response.on('data', (chunk: Buffer) => this.chunks.push(chunk.toString()));
      response.on('close', () => {
        this.ended = true;
      });
      response.on('error', () => {});
    });
    this.request.on('error', () => {
      this.ended = true;
    });
  }

  write(text: string): this {
    this.request.write(text);
    return this;
  }

  end(text = ''): this {
    this.request.end(text);
    return this;
  }

  cut(): void {
    this.request.destroy();
  }

  async chunk(at: number): Promise<string> {
    await until(`chunk ${at} is there`, () => this.chunks.length > at);
    return this.chunks[at] ?? '';
  }

  /** The message of a chunk that is one line of JSON. */
  async message(at: number): Promise<Record<string, unknown>> {
    return JSON.parse(await this.chunk(at)) as Record<string, unknown>;
  }

  async untilEnd(): Promise<void> {
    await until('the stream has ended', () => this.ended);
  }
}

/** Sends bytes in pieces, each in a packet of its own, and returns all that comes back until `enough` or the end. */
export function exchange(port: number, pieces: readonly Buffer[], enough: (seen: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let seen = Buffer.alloc(0);
    const finish = (): void => {
      socket.destroy();
      resolve(seen);
    };
    socket.on('data', (bytes) => {
      seen = Buffer.concat([seen, bytes]);
      if (enough(seen)) finish();
    });
    socket.on('end', finish);
    socket.on('error', reject);
    const next = (at: number): void => {
      const piece = pieces[at];
      if (piece && !socket.destroyed) socket.write(piece, () => setTimeout(() => next(at + 1), 2));
    };
    socket.on('connect', () => next(0));
  });
}
