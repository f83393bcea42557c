/** etcd's JSON gateway. Statuses, bodies and the ends of streams were seen at etcd 3.4. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gatewayPaths } from '../../../src/api/http/gateway-paths.js';
import { limits } from '../../../src/base/limits.js';
import * as etcd from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';
import { type Answer, exchange, get, HttpStream, post } from './http-client.js';

let api: Api;
const streams: HttpStream[] = [];
beforeEach(async () => {
  api = await startApi();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.cut();
  await api.stop();
});

const call = (path: string, body: string | object = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  post(api.server.port, path, body, headers);
const open = (path: string, headers: Record<string, string> = {}): HttpStream => {
  const stream = new HttpStream(api.server.port, path, headers);
  streams.push(stream);
  return stream;
};
const header = (revision: number): object => ({
  cluster_id: '77',
  member_id: '1',
  revision: String(revision),
  raft_term: '3',
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const put = (key: string, value: string): Promise<Answer> =>
  call('/v3/kv/put', { key: base64(key), value: base64(value) });

describe('a call', () => {
  test.each(['/v3', '/v3beta'])('under %s is answered in JSON', async (prefix) => {
    expect(await call(`${prefix}/kv/put`, '{"key":"Zm9v","value":"YmFy"}')).toEqual({
      status: 200,
      type: 'application/json',
      text: JSON.stringify({ header: header(2) }),
    });
    const { text } = await call(`${prefix}/kv/range`, '{"key":"Zm9v"}');
    expect(text).toBe(
      JSON.stringify({
        header: header(2),
        kvs: [{ key: 'Zm9v', create_revision: '2', mod_revision: '2', version: '1', value: 'YmFy' }],
        count: '1',
      }),
    );
  });

  test('keeps all digits of a lease that comes as a bare number', async () => {
    const id = '7587848390000000001';
    expect(JSON.parse((await call('/v3/lease/grant', `{"TTL":60,"ID":${id}}`)).text)).toMatchObject({
      ID: id,
      TTL: '60',
    });
    expect((await call('/v3/kv/put', `{"key":"Zm9v","lease":${id}}`)).status).toBe(200);
    for (const path of ['/v3/lease/timetolive', '/v3/kv/lease/timetolive'])
      expect(JSON.parse((await call(path, `{"ID":${id},"keys":true}`)).text)).toMatchObject({
        ID: id,
        grantedTTL: '60',
        keys: ['Zm9v'],
      });
    expect((await call('/v3/kv/lease/revoke', `{"ID":"${id}"}`)).status).toBe(200);
    expect((await call('/v3/lease/revoke', `{"ID":"${id}"}`)).status).toBe(404);
  });

  test.each([
    ['/v3/kv/range', '', 400, 3, 'etcdserver: key is not provided'],
    [
      '/v3/kv/range',
      '{"key":"Zm9v","revision":99}',
      400,
      11,
      'etcdserver: mvcc: required revision is a future revision',
    ],
    ['/v3/lease/revoke', '{"ID":"77"}', 404, 5, 'etcdserver: requested lease not found'],
    ['/v3/auth/authenticate', '', 412, 9, 'etcdserver: authentication is not enabled'],
    ['/v3/auth/user/add', '{"name":"a"}', 501, 12, undefined],
    ['/v3/election/leader', '{}', 500, 2, 'election: no leader'],
    ['/v3/kv/range', '{bad', 400, 3, "invalid character 'b' looking for beginning of object key string"],
    ['/v3/kv/range', '{"key":"***"}', 400, 3, 'illegal base64 data at input byte 0'],
    [
      '/v3/kv/range',
      '{"sort_order":"WAT"}',
      400,
      3,
      'unknown value "WAT" for enum etcdserverpb.RangeRequest_SortOrder',
    ],
  ])('of %s with %j is refused with status %i and code %i', async (path, body, status, code, text) => {
    const answer = await call(path, body);
    expect(answer).toMatchObject({ status, type: 'application/json' });
    const { message } = JSON.parse(answer.text) as { message: string };
    expect(message).toBe(text ?? message);
    expect(answer.text).toBe(JSON.stringify({ error: message, message, code }));
  });

  test('without a quorum ends at the time that the caller gives, with 503', async () => {
    api.replica.quorum = false;
    const answer = await call('/v3/kv/range', '{"key":"Zm9v"}', { 'grpc-timeout': '200m' });
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('"code":14') as string });
  });

  test('may ask for a leader in a header, as over gRPC', async () => {
    const request = [
      `/v3/kv/range`,
      '{"key":"Zm9v","serializable":true}',
      { 'grpc-metadata-hasleader': 'true' },
    ] as const;
    expect((await call(...request)).status).toBe(200);
    api.replica.leader = undefined;
    const { status, text } = await call(...request);
    expect([status, JSON.parse(text)]).toEqual([503, expect.objectContaining({ message: 'etcdserver: no leader' })]);
  });

  test('that its caller gives up waits no longer', async () => {
    api.replica.quorum = false;
    const stream = open('/v3/kv/put').end('{"key":"Zm9v"}');
    await until('the put waits', () => api.replica.waiting === 1);
    stream.cut();
    await until('it waits no longer', () => api.replica.waiting === 0);
  });

  test('with a body over the limit is refused, and others go on', async () => {
    const answer = await call('/v3/kv/put', Buffer.alloc(limits.httpBodyBytes + 1, ' ').toString());
    expect(answer).toMatchObject({ status: 429, text: expect.stringContaining('request is too large') as string });
    expect((await put('a', 'b')).status).toBe(200);
  });

  test('with a value over the limit of a command is refused as over gRPC', async () => {
    const { status, text } = await call('/v3/kv/put', { key: 'Zm9v', value: Buffer.alloc(2 << 20).toString('base64') });
    expect([status, JSON.parse(text)]).toEqual([
      400,
      expect.objectContaining({ code: 3, message: 'etcdserver: request is too large' }),
    ]);
  });

  test('goes over a connection again and again, also many at a time', async () => {
    const request = 'POST /v3/kv/put HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"key":"Zm9v"}';
    const pieces = [Buffer.from(request.repeat(3)), Buffer.from(request)];
    const seen = await exchange(api.server.port, pieces, (bytes) => bytes.toString().split('200 OK').length > 4);
    const revisions = [...seen.toString().matchAll(/"revision":"(\d+)"/g)].map(([, revision]) => revision);
    expect(revisions).toEqual(['2', '3', '4', '5']);
    // Ten minutes: etcd keeps such connections for ever.
    expect(seen.toString()).toContain('Keep-Alive: timeout=600');
  });
});

describe('the paths', () => {
  test('of every method of etcd are served, but no others', async () => {
    const services = Object.entries(etcd).filter(([name]) => name.endsWith('Service'));
    const methods = services.flatMap(([, service]) => Object.values(service as Record<string, { path: string }>));
    expect(methods.length).toBeGreaterThan(40);
    for (const { path } of methods) {
      const paths = gatewayPaths(path);
      expect(paths.length, path).toBeGreaterThan(1);
      for (const each of paths) expect((await get(api.server.port, each)).status, each).toBe(405);
    }
    for (const path of ['/', '/v3', '/v3/kv/lease/grant', '/v3alpha/kv/range', '/v2/keys', '/v3/kv/range/'])
      expect((await call(path)).status, path).toBe(404);
  });

  test('may have a query after them', async () => {
    expect((await call('/v3/kv/range?x=1', '{"key":"Zm9v"}')).status).toBe(200);
  });
});

describe('a stream', () => {
  test('of a watch has each message as a line and a chunk of its own', async () => {
    const value = 'x'.repeat(100_000);
    const stream = open('/v3/watch').end('{"create_request":{"key":"Zm9v"}}');
    expect(await stream.chunk(0)).toBe(`{"result":{"header":${JSON.stringify(header(1))},"created":true}}\n`);
    await put('foo', value);
    const kv = { key: 'Zm9v', create_revision: '2', mod_revision: '2', version: '1', value: base64(value) };
    await until('the event is whole', () => stream.chunks.slice(1).join('').endsWith('\n'));
    expect(JSON.parse(stream.chunks.slice(1).join(''))).toEqual({ result: { header: header(2), events: [{ kv }] } });
    expect(stream.status).toBe(200);
    stream.cut();
    await until('the watch is gone', () => api.replica.hub.size === 0);
  });

  test('has whole messages in its chunks on the wire', async () => {
    await put('foo', 'x'.repeat(5_000));
    const body = '{"create_request":{"key":"Zm9v","start_revision":1}}';
    const request = `POST /v3/watch HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const seen = await exchange(
      api.server.port,
      [Buffer.from(request)],
      (bytes) => bytes.toString().endsWith('}\n\r\n') && bytes.includes('"events"'),
    );
    const wire = seen.toString().split('\r\n\r\n').slice(1).join('\r\n\r\n');
    const chunks = [...wire.matchAll(/([\da-f]+)\r\n([^\r]*)\r\n/g)];
    expect(chunks).toHaveLength(2);
    for (const [, size, text = ''] of chunks) {
      expect(Number.parseInt(size ?? '', 16)).toBe(text.length);
      expect(text.endsWith('\n')).toBe(true);
      expect(JSON.parse(text)).toHaveProperty('result');
    }
  });

  test('of a watch takes more messages while it runs, and outlives the end of what the caller says', async () => {
    const stream = open('/v3/watch').write('{"create_request":{"key":"Zm9v"}}');
    expect(await stream.message(0)).toMatchObject({ result: { created: true } });
    stream.write('{"createRequest":{"key":"YmFy"').write('}} {"cancel_request":{"watch_id":0}}');
    expect(await stream.message(1)).toMatchObject({ result: { created: true, watch_id: '1' } });
    expect(await stream.message(2)).toMatchObject({ result: { canceled: true } });
    stream.end();
    await put('bar', '1');
    expect(await stream.message(3)).toMatchObject({ result: { watch_id: '1', events: [{ kv: { key: 'YmFy' } }] } });
  });

  test('of keep-alives ends with what the caller says', async () => {
    await call('/v3/lease/grant', '{"TTL":60,"ID":77}');
    const stream = open('/v3/lease/keepalive').end('{"ID":77}{"ID":"77"}{"ID":78}');
    await stream.untilEnd();
    const ttls = stream.chunks
      .join('')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { result: object }).result);
    expect(ttls).toEqual([
      { header: header(1), ID: '77', TTL: '60' },
      { header: header(1), ID: '77', TTL: '60' },
      { header: header(1), ID: '78' },
    ]);
  });

  test('that begins with what is no message is refused with 500', async () => {
    const text = "invalid character 'b' looking for beginning of object key string";
    expect(await call('/v3/watch', '{bad')).toEqual({
      status: 500,
      type: 'application/json',
      text: JSON.stringify({ error: text, message: text, code: 2 }),
    });
  });

  test('takes what is no message later as the end of what the caller says', async () => {
    await call('/v3/lease/grant', '{"TTL":60,"ID":77}');
    const stream = open('/v3/lease/keepalive').end('{"ID":77}{bad');
    await stream.untilEnd();
    expect(stream.chunks).toHaveLength(1);
  });

  test('of a snapshot comes whole', async () => {
    const { status, text } = await call('/v3/maintenance/snapshot');
    const blobs = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { result: { blob: string } }).result.blob);
    expect(status).toBe(200);
    expect(Buffer.concat(blobs.map((blob) => Buffer.from(blob, 'base64'))).toString()).toMatch(/^first second/);
  });

  test('that fails before its first message has the failure as its status', async () => {
    api.replica.openImage = () => Promise.reject(new TypeError('a slip'));
    const { status, text } = await call('/v3/maintenance/snapshot');
    expect([status, JSON.parse(text)]).toEqual([500, expect.objectContaining({ code: 13 })]);
  });

  test('whose caller does not read is held up, and goes on when it does', async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x');
    let given = 0;
    const image = await api.replica.openImage();
    api.replica.openImage = () =>
      Promise.resolve({
        ...image,
        async *chunks() {
          for (; given < 200; given++) yield chunk;
        },
      });
    const socket = connect(api.server.port, '127.0.0.1').pause();
    await once(socket, 'connect');
    socket.write('POST /v3/maintenance/snapshot HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
    let before = -1;
    await until('the queue is full', () => {
      const full = given > 0 && given === before;
      before = given;
      return full;
    });
    expect(given).toBeLessThan(150);
    socket.resume();
    await until('all of it was asked for', () => given === 200);
    socket.destroy();
  });

  test('ends with the failure when the member stops', async () => {
    const stream = open('/v3/watch').end('{"create_request":{"key":"Zm9v"}}');
    await stream.chunk(0);
    await api.server.stop(1_000);
    await stream.untilEnd();
    expect(await stream.message(1)).toEqual({
      error: {
        grpc_code: 14,
        http_code: 503,
        message: 'etcdserver: server stopped',
        http_status: 'Service Unavailable',
      },
    });
  });
});
