/** The probers against real servers on loopback: what passes, what fails and in which words, and that a server has no way to hold a probe. */
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/health/check.js';
import type { Probe, ProbeResult } from '../../src/health/probe.js';
import { openProbe } from '../../src/health/probes.js';
import { freePorts } from '../support/cluster.js';
import { until } from '../support/until.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const timing = { host: '127.0.0.1', intervalMs: 1_000, timeoutMs: 500, rise: 2, fall: 3 };
const tcp = (port: number, host = '127.0.0.1'): Check => ({ ...timing, kind: 'tcp', host, port });
const http = (port: number, path = '/'): Check => ({ ...timing, kind: 'http', path, port });
const grpc = (port: number, service = ''): Check => ({ ...timing, kind: 'grpc', service, port });

function open(check: Check): Probe {
  const probe = openProbe(check);
  cleanups.push(() => probe.close());
  return probe;
}

function run(probe: Probe): Promise<ProbeResult> {
  return new Promise((resolve) => probe.run(resolve));
}

const probe = (check: Check): Promise<ProbeResult> => run(open(check));

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that speaks raw bytes. */
const listenRaw = (onSocket: (socket: Socket) => void) => listen(createServer(onSocket));

function listenHttp(onRequest: RequestListener): Promise<number> {
  const server: HttpServer = createHttpServer(onRequest);
  return listen(server);
}

const nobody = async () => (await freePorts(1))[0] ?? 0;
const passing = { kind: 'passed' };
const failing = (why: string | RegExp) => ({
  kind: 'failed',
  why: typeof why === 'string' ? why : expect.stringMatching(why),
});

describe('a TCP check', () => {
  it('passes when a connection can be opened, and keeps none', async () => {
    const ended: Promise<unknown>[] = [];
    const port = await listenRaw((socket) => ended.push(once(socket.resume(), 'close')));
    expect(await probe(tcp(port))).toEqual(passing);
    await until('the server saw it', () => ended.length === 1);
    await ended[0];
  });

  it('fails when it is refused', async () => {
    expect(await probe(tcp(await nobody()))).toEqual(failing('connection refused'));
  });

  it.each(['unix:/tmp/socket', '/tmp/socket', 'dns://127.0.0.1/name', 'a b', '127.0.0.1:80', '127.0.0.256'])(
    'of %j connects to nothing',
    async (host) => {
      expect(await probe(tcp(80, host))).toEqual(failing(/is no address to connect to$/));
      expect(await probe({ ...grpc(80), host })).toEqual(failing(/is no address to connect to$/));
    },
  );

  it('of port 0 connects to nothing', async () => {
    expect(await probe(tcp(0))).toEqual(failing('127.0.0.1:0 is no address to connect to'));
  });
});

describe('an HTTP check', () => {
  it.each([200, 204, 299])('passes with %i', async (status) => {
    const port = await listenHttp((_request, response) => response.writeHead(status).end());
    expect(await probe(http(port))).toEqual(passing);
  });

  it.each([199, 300, 304, 404, 500, 503])('fails with %i', async (status) => {
    const port = await listenRaw((socket) => socket.end(`HTTP/1.1 ${status} x\r\ncontent-length: 0\r\n\r\n`));
    expect((await probe(http(port))).kind).toBe('failed');
  });

  it('asks for the path and query with GET, and names the instance as host', async () => {
    const asked: IncomingMessage[] = [];
    const port = await listenHttp((request, response) => {
      asked.push(request);
      response.end('ok');
    });
    expect(await probe(http(port, '/ready?deep=1'))).toEqual(passing);
    expect(asked.map(({ method, url, headers }) => [method, url, headers.host])).toEqual([
      ['GET', '/ready?deep=1', `127.0.0.1:${port}`],
    ]);
  });

  it('follows no redirect', async () => {
    let elsewhere = 0;
    const target = await listenHttp((_request, response) => {
      elsewhere++;
      response.end();
    });
    const port = await listenHttp((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end(),
    );
    expect(await probe(http(port))).toEqual(failing('answers 302'));
    expect(elsewhere).toBe(0);
  });

  it('uses no proxy of the environment', async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = `http://127.0.0.1:${await nobody()}`;
    cleanups.push(() => {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    });
    const port = await listenHttp((_request, response) => response.end());
    expect(await probe(http(port))).toEqual(passing);
    const served = new GrpcServer();
    new HealthImplementation({ '': 'SERVING' }).addToServer(served);
    expect(await probe(grpc(await bind(served)))).toEqual(passing);
  });

  it('takes no more of an endless body than its bound', async () => {
    let sent = 0;
    let gone = false;
    const port = await listenHttp((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!gone && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more).on('close', () => {
        gone = true;
      });
      more();
    });
    expect(await probe(http(port))).toEqual(passing);
    await until('the connection is cut', () => gone);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('waits no more than a second for the end of a body', async () => {
    let closed = false;
    const port = await listenHttp((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('a');
    });
    expect(await probe(http(port))).toEqual(passing);
    await until('the connection is cut', () => closed, 5_000);
  });

  it('fails with a head beyond its bound', async () => {
    const port = await listenRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`));
    expect(await probe(http(port))).toEqual(failing('the head of the answer is too long'));
  });

  it.each([
    ['nothing', ''],
    ['something else', 'SSH-2.0-x\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ])('fails with a server that says %s and ends', async (_what, bytes) => {
    const port = await listenRaw((socket) => socket.once('data', () => socket.end(bytes)));
    expect((await probe(http(port))).kind).toBe('failed');
  });

  it('fails with a path that cannot be asked for', async () => {
    expect((await probe(http(1, '/ä b'))).kind).toBe('failed');
  });

  it('aborted before an answer ends its connection and says nothing', async () => {
    const ended: Promise<unknown>[] = [];
    const port = await listenRaw((socket) => ended.push(once(socket.resume(), 'close')));
    let told = 0;
    const abort = open(http(port)).run(() => told++);
    await until('it is connected', () => ended.length === 1);
    abort();
    await ended[0];
    expect(told).toBe(0);
  });
});

async function bind(server: GrpcServer): Promise<number> {
  cleanups.push(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

describe('a gRPC check', () => {
  async function serve(): Promise<{ port: number; health: HealthImplementation; server: GrpcServer }> {
    const server = new GrpcServer();
    const health = new HealthImplementation({ '': 'SERVING', part: 'NOT_SERVING' });
    health.addToServer(server);
    return { port: await bind(server), health, server };
  }

  it('passes with SERVING, of the server as a whole or of a service, and follows it', async () => {
    const { port, health } = await serve();
    expect(await probe(grpc(port))).toEqual(passing);
    const part = open(grpc(port, 'part'));
    expect(await run(part)).toEqual(failing('answers NOT_SERVING'));
    health.setStatus('part', 'SERVING');
    expect(await run(part)).toEqual(passing);
  });

  it('fails with an unknown service, and with a server without the protocol', async () => {
    const { port } = await serve();
    expect(await probe(grpc(port, 'other'))).toEqual(failing(/^answers NOT_FOUND/));
    expect(await probe(grpc(await bind(new GrpcServer())))).toEqual(failing(/^answers UNIMPLEMENTED/));
  });

  it('fails when it is refused, and passes with the next probe after the server has come', async () => {
    const port = await nobody();
    const kept = open(grpc(port));
    expect(await run(kept)).toEqual(failing('connection refused'));
    const server = new GrpcServer();
    new HealthImplementation({ '': 'SERVING' }).addToServer(server);
    cleanups.push(() => server.forceShutdown());
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    expect(await run(kept)).toEqual(passing);
  });

  it('keeps its connection while it works, and opens another after a failure', async () => {
    const { port: target, health } = await serve();
    let connections = 0;
    const { connect } = await import('node:net');
    const port = await listenRaw((socket) => {
      connections++;
      const onward = connect(target, '127.0.0.1');
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const kept = open(grpc(port));
    for (let i = 0; i < 3; i++) expect(await run(kept)).toEqual(passing);
    health.setStatus('', 'NOT_SERVING');
    expect(await run(kept)).toEqual(failing('answers NOT_SERVING'));
    expect(connections).toBe(1);
    kept.run(() => {})();
    health.setStatus('', 'SERVING');
    expect(await run(kept)).toEqual(passing);
    expect(connections).toBe(2);
  });

  it('aborted says nothing and ends its connection', async () => {
    const ended: Promise<unknown>[] = [];
    const port = await listenRaw((socket) => ended.push(once(socket.resume(), 'close')));
    let told = 0;
    const abort = open(grpc(port)).run(() => told++);
    await until('it is connected', () => ended.length === 1);
    abort();
    await ended[0];
    expect(told).toBe(0);
  });
});
