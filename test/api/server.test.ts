import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiServer } from '../../src/api/server.js';
import { Code, ExitCode, FatalError } from '../../src/base/errors.js';
import { limits } from '../../src/base/limits.js';
import { type Log, silentLog } from '../../src/base/log.js';
import { kVService } from '../../src/proto/etcd.js';
import { clusterService, configService, PutConfigRequest, registryService } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { type Api, ApiClient, collect, startApi, type WireError } from './api-client.js';
import { HttpStream, post } from './http/http-client.js';

let api: Api;
const errors: { fields: Record<string, unknown>; message: string }[] = [];
const log: Log = { ...silentLog, error: (fields, message) => void errors.push({ fields, message }) };
beforeEach(async () => {
  errors.length = 0;
  api = await startApi(log);
});
afterEach(() => api.stop());

const document = { namespace: 'prod', key: 'a' };
const inASecond = () => ({ deadline: Date.now() + 1_000 });

describe('the port', () => {
  test('that is taken is one sentence with the address, and exit code PORT', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const taken = other.address();
      const port = typeof taken === 'object' && taken ? taken.port : 0;
      const address = `127.0.0.1:${port}`;
      const server = new ApiServer({ address, replica: api.replica, version: '1', log });
      const error = await server.start().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FatalError);
      expect(error).toMatchObject({
        exitCode: ExitCode.PORT,
        message: `cannot listen on the client address ${address}: another process listens there: stop it or change the client address in the settings`,
      });
      await server.stop(0);
    } finally {
      other.close();
    }
  });

  test('of a host that is not of this machine is one sentence too', async () => {
    // RFC 5737: an address for documentation, of no machine.
    const server = new ApiServer({ address: '192.0.2.1:7101', replica: api.replica, version: '1', log });
    await expect(server.start()).rejects.toThrow(/^cannot listen on the client address 192\.0\.2\.1:7101: /);
  });

  test.each([
    ['random bytes', Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 197 + 31) % 256))],
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    ['a good preface and then garbage', Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(500)}`, 'latin1')],
    ['nothing', Buffer.alloc(0)],
  ])('survives %s, and others are served meanwhile', async (_what, garbage) => {
    const socket = connectTcp(api.server.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(garbage);
    socket.end();
    await api.client.call(configService.put, document);
    socket.resume();
    if (!socket.destroyed) await once(socket, 'close');
    expect((await api.client.call(configService.get, document)).document?.version).toBe(1);
    expect(errors).toEqual([]);
  });

  test('answers a plain HTTP/2 request that is not gRPC with 415', async () => {
    const session = connectHttp2(`http://127.0.0.1:${api.server.port}`);
    try {
      const request = session.request({ ':method': 'POST', ':path': '/quorate.v1.ConfigService/Put' });
      request.end('{}');
      const [headers] = (await once(request, 'response')) as [Record<string, unknown>];
      expect(headers[':status']).toBe(415);
      request.close();
    } finally {
      session.destroy();
    }
  });
});

/** Passes on what clients send in pieces of so many bytes, each in a packet of its own. */
function slowProxy(port: number, size: number): Server {
  return createServer({ noDelay: true }, (client) => {
    const upstream = connectTcp({ port, host: '127.0.0.1', noDelay: true });
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.pipe(client);
    const pieces: Buffer[] = [];
    const next = (): void => {
      const piece = pieces.shift();
      if (piece) upstream.write(piece, () => setImmediate(next));
    };
    client.on('data', (bytes) => {
      const idle = pieces.length === 0;
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      if (idle) next();
    });
  }).listen(0, '127.0.0.1');
}

describe('gRPC and HTTP/1.1', () => {
  test('are served on one port, to the same key space', async () => {
    await api.client.call(kVService.put, { key: Buffer.from('a'), value: Buffer.from('1') });
    const { text } = await post(api.server.port, '/v3/kv/range', '{"key":"YQ=="}');
    expect(JSON.parse(text)).toMatchObject({ kvs: [{ key: 'YQ==', value: 'MQ==' }] });
  });

  test.each([1, 7])('are told apart when their bytes come in packets of %i', async (size) => {
    const proxy = slowProxy(api.server.port, size);
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const client = new ApiClient(port);
    try {
      await client.call(configService.put, document);
      expect((await client.call(configService.get, document)).document?.version).toBe(1);
      expect((await post(port, '/v3/kv/put', '{"key":"YQ=="}')).status).toBe(200);
    } finally {
      client.close();
      proxy.close();
    }
  });
});

describe('a call', () => {
  test('with bytes that are no such message is INVALID_FIELD', async () => {
    const { path } = configService.put;
    for (const bytes of [Buffer.from([0xff, 0xff]), Buffer.from([0x0a, 0x7f]), Buffer.alloc(64, 0x0f)]) {
      const failed: unknown = await api.client.send(path, bytes).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_FIELD' });
    }
    expect(errors).toEqual([]);
  });

  test('with a 64-bit number beyond what is exact is INVALID_FIELD', async () => {
    const huge = Buffer.concat([PutConfigRequest.encode(document), Buffer.from([0x28, ...Array(8).fill(0xff), 0x7f])]);
    const failed: unknown = await api.client.send(configService.put.path, huge).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_FIELD' });
  });

  test('with fields that a newer client knows is served', async () => {
    const newer = Buffer.concat([PutConfigRequest.encode(document), Buffer.from([0xf8, 0x07, 1])]);
    await api.client.send(configService.put.path, newer);
    expect((await api.client.call(configService.get, document)).document?.version).toBe(1);
  });

  test('over the message limit is RESOURCE_EXHAUSTED, and disturbs nobody', async () => {
    const value = Buffer.alloc(limits.clientMessageBytes + 1);
    const [failed] = await Promise.all([
      api.client.failure(configService.put, { ...document, value }),
      api.client.call(configService.put, { ...document, key: 'b' }),
    ]);
    expect(failed.code).toBe(Code.RESOURCE_EXHAUSTED);
    expect(api.replica.submitted).toHaveLength(1);
  });

  test('of an unknown method is UNIMPLEMENTED', async () => {
    const failed: unknown = await api.client.send('/quorate.v1.ConfigService/Nope', Buffer.alloc(0)).catch((e) => e);
    expect(failed).toMatchObject({ code: Code.UNIMPLEMENTED });
  });

  test('that meets a bug is INTERNAL, is logged, and the process goes on', async () => {
    const { machine } = api.replica;
    machine.config = () => {
      throw new TypeError('a slip');
    };
    expect(await api.client.failure(configService.get, document)).toMatchObject({
      code: Code.INTERNAL,
      reason: 'BUG',
      text: expect.not.stringContaining('a slip') as string,
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.fields).toMatchObject({ err: { message: 'a slip' }, path: configService.get.path });
    await api.client.call(configService.put, document);
  });

  test('that meets a broken disk reports it and tells the caller to go elsewhere', async () => {
    const fatal: FatalError[] = [];
    const server = new ApiServer({
      address: '127.0.0.1:0',
      replica: api.replica,
      version: '1',
      log,
      onFatal: (error) => fatal.push(error),
    });
    await server.start();
    const client = new ApiClient(server.port);
    try {
      const damage = new FatalError('a record is damaged', ExitCode.DATA);
      api.replica.machine.config = () => {
        throw damage;
      };
      expect(await client.failure(configService.get, document)).toMatchObject({
        code: Code.UNAVAILABLE,
        reason: 'MEMBER_STOPPING',
      });
      expect(fatal).toEqual([damage]);
    } finally {
      client.close();
      await server.stop(0);
    }
  });
});

describe('without a quorum', () => {
  beforeEach(() => {
    api.replica.quorum = false;
  });

  test.each([
    ['a write', () => api.client.failure(configService.put, document, inASecond())],
    ['a linearizable read', () => api.client.failure(configService.get, document, inASecond())],
    [
      'a read that waits for a revision',
      () =>
        api.client.failure(
          configService.get,
          { ...document, read: { consistency: 1, minRevision: 1_000 } },
          inASecond(),
        ),
    ],
  ])('%s waits until shortly before its deadline, then UNAVAILABLE NO_QUORUM', async (_what, call) => {
    const started = performance.now();
    expect(await call()).toMatchObject({ code: Code.UNAVAILABLE, reason: 'NO_QUORUM' });
    // 100 ms is the margin.
    expect(performance.now() - started).toBeGreaterThan(850);
  });

  test('a serializable read is answered', async () => {
    api.replica.apply({
      kind: 'configPublish',
      changes: [{ ...document, content: { value: Buffer.from('x'), contentType: '', sha256: '' }, ifVersion: 0 }],
      preconditions: [],
      author: '',
      comment: '',
      publishedAtMs: 1,
    });
    const { document: found } = await api.client.call(configService.get, { ...document, read: { consistency: 1 } });
    expect(found?.value.toString()).toBe('x');
  });

  test('a call that waits is answered when the quorum is back', async () => {
    const write = api.client.call(configService.put, document, { deadline: Date.now() + 10_000 });
    await until('the write waits', () => api.replica.waiting === 1);
    api.replica.quorum = true;
    expect((await write).version).toBe(1);
  });

  test('a caller that cancels is forgotten', async () => {
    let cancel: () => void = () => {};
    const bytes = PutConfigRequest.encode(document);
    const write = api.client.send(configService.put.path, bytes, {}, (given) => {
      cancel = given;
    });
    const failed = write.catch((error: unknown) => error);
    await until('the write waits', () => api.replica.waiting === 1);
    cancel();
    expect(await failed).toMatchObject({ code: Code.CANCELLED });
    await until('it waits no longer', () => api.replica.waiting === 0);
  });
});

test('a serializable read with min_revision waits until the member has reached it', async () => {
  const { header } = await api.client.call(configService.put, document);
  const minRevision = (header?.revision ?? 0) + 1;
  const read = api.client.call(configService.get, { ...document, read: { consistency: 1, minRevision } });
  await until('the read waits', () => api.replica.waiting === 1);
  await api.client.call(configService.put, document);
  expect((await read).document?.version).toBe(2);
});

describe('stop', () => {
  test('lets a running call finish', async () => {
    api.replica.quorum = false;
    const write = api.client.call(configService.put, document);
    await until('the write waits', () => api.replica.waiting === 1);
    const stopped = api.server.stop(10_000);
    api.replica.quorum = true;
    expect((await write).version).toBe(1);
    const started = performance.now();
    await stopped;
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('ends running calls with MEMBER_STOPPING at the end of the grace', async () => {
    api.replica.quorum = false;
    const write = api.client.failure(configService.put, document);
    await until('the write waits', () => api.replica.waiting === 1);
    await api.server.stop(100);
    expect(await write).toMatchObject({ code: Code.UNAVAILABLE, reason: 'MEMBER_STOPPING' });
    expect(api.replica.waiting).toBe(0);
  });

  test('ends open streams with MEMBER_STOPPING at once, though calls still run', async () => {
    const watch = collect(api.client.serverStream(configService.watch, { namespace: 'prod' }));
    await until('the watch is open', () => api.replica.hub.size === 1);
    api.replica.quorum = false;
    const write = api.client.call(configService.put, document);
    const keepAlive = api.client.bidi(registryService.keepAlive);
    const kept = collect(keepAlive);
    keepAlive.write({ lease: 'ab' });
    await until('both wait', () => api.replica.waiting === 2);
    const stopped = api.server.stop(10_000);
    expect((await watch).error).toMatchObject({ code: Code.UNAVAILABLE, reason: 'MEMBER_STOPPING' });
    expect((await kept).error).toMatchObject({ code: Code.UNAVAILABLE, reason: 'MEMBER_STOPPING' });
    expect(api.replica.hub.size).toBe(0);
    api.replica.quorum = true;
    await write;
    await stopped;
  });

  test('refuses new calls', async () => {
    api.replica.quorum = false;
    const write = api.client.call(configService.put, document);
    await until('the write waits', () => api.replica.waiting === 1);
    const stopped = api.server.stop(10_000);
    expect((await api.client.failure(configService.get, document)).code).toBe(Code.UNAVAILABLE);
    api.replica.quorum = true;
    await write;
    await stopped;
  });

  test('is not held up by clients that keep their connection, or say nothing', async () => {
    const silent: Socket = connectTcp(api.server.port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    await api.client.call(configService.put, document);
    // By fetch, which keeps its connection.
    await post(api.server.port, '/v3/kv/put', '{"key":"YQ=="}');
    const started = performance.now();
    await api.server.stop(10_000);
    expect(performance.now() - started).toBeLessThan(2_000);
    silent.destroy();
  });

  test('lets a running call over HTTP/1.1 finish, and then cuts its connection', async () => {
    api.replica.quorum = false;
    const write = post(api.server.port, '/v3/kv/put', '{"key":"YQ=="}');
    await until('the write waits', () => api.replica.waiting === 1);
    const stopped = api.server.stop(10_000);
    api.replica.quorum = true;
    expect((await write).status).toBe(200);
    const started = performance.now();
    await stopped;
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('ends running calls over HTTP/1.1 at the end of the grace, and their streams at once', async () => {
    const watch = new HttpStream(api.server.port, '/v3/watch').end('{"create_request":{"key":"YQ=="}}');
    await watch.chunk(0);
    api.replica.quorum = false;
    const write = post(api.server.port, '/v3/kv/put', '{"key":"YQ=="}');
    await until('the write waits', () => api.replica.waiting === 1);
    const stopped = api.server.stop(300);
    await watch.untilEnd();
    expect(await watch.message(1)).toMatchObject({ error: { grpc_code: 14 } });
    expect(api.replica.waiting).toBe(1);
    expect((await write).status).toBe(503);
    await stopped;
  });

  test('twice is once, and before start it is nothing', async () => {
    const never = new ApiServer({ address: '127.0.0.1:0', replica: api.replica, version: '1', log });
    await never.stop(1_000);
    await Promise.all([api.server.stop(10), api.server.stop(10)]);
    const failed: WireError = await api.client.failure(clusterService.listMembers, {});
    expect(failed.code).toBe(Code.UNAVAILABLE);
  });
});
