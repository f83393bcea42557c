import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../base/limits.js';
import { sendText } from './responses.js';

export type HttpMethod = 'GET' | 'POST';
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const tcpKeepAliveMs = 30_000;

/** The HTTP/1.1 side of the client port: exact paths and what answers there. It gets its connections from the port and binds nothing itself. */
export class HttpSide {
  private readonly server: Server;
  private readonly routes = new Map<string, Map<string, HttpHandler>>();
  private closing = false;

  constructor() {
    // A request that streams, such as a watch, ends when its caller wants: who reads a whole body has a bound of its own.
    const options = { headersTimeout: limits.httpHeadMs, requestTimeout: 0, keepAliveTimeout: limits.httpIdleMs };
    this.server = createServer(options, (request, response) => this.onRequest(request, response));
    // Starts what enforces headersTimeout, and what knows the connections that are idle: node does so when a server begins to listen.
    this.server.emit('listening');
  }

  /** @param path without a query */
  route(method: HttpMethod, path: string, handler: HttpHandler): void {
    const handlers = this.routes.get(path);
    if (handlers) handlers.set(method, handler);
    else this.routes.set(path, new Map([[method, handler]]));
  }

  /** Serves a connection from the first byte that was not read yet. */
  accept(socket: Socket): void {
    // The only sign that the caller of a quiet stream is gone without a word.
    socket.setKeepAlive(true, tcpKeepAliveMs);
    this.server.emit('connection', socket);
  }

  /** Cuts connections without a request; the others end with their answer. */
  close(): void {
    this.closing = true;
    this.server.close();
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.closing) response.setHeader('connection', 'close');
    const handlers = this.routes.get(pathOf(request));
    const handler = handlers?.get(request.method ?? '');
    if (handler) handler(request, response);
    else if (handlers) {
      response.setHeader('allow', [...handlers.keys()].join(', '));
      sendText(response, 405, 'Method Not Allowed\n');
    } else sendText(response, 404, '404 page not found\n');
  }
}

function pathOf({ url }: IncomingMessage): string {
  const target = url ?? '';
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** What follows the `?` of a request. */
export function queryOf({ url }: IncomingMessage): URLSearchParams {
  const target = url ?? '';
  const query = target.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : target.slice(query + 1));
}
