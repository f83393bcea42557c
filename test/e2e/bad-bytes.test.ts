/** Bytes that are no calls, at both ports of running members, while others go on with their work. */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Code } from '../../src/base/errors.js';
import type { ClusterId, MemberId } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { configService, registryService } from '../../src/proto/quorate.js';
import { clusterIdOf, memberIdOf } from '../../src/settings/identity.js';
import { type Handshake, handshakeMetadata, PROTOCOL_VERSION } from '../../src/transport/handshake.js';
import { ApiClient, collect, type WireError } from '../api/api-client.js';
import { TestCluster } from '../support/cluster.js';
import { Bystanders, type Callers, callersOf, expectUndisturbed, termOf } from '../support/undisturbed.js';
import { until } from '../support/until.js';
import { type Cleanups, rawStream, throwAt } from '../transport/raw-peer.js';

let cluster: TestCluster;
let callers: Callers;
let term: number;
let bystanders: Bystanders;
const cleanups: Cleanups = [];

beforeAll(async () => {
  cluster = await TestCluster.start({ timers: 'patient' });
  callers = callersOf(cluster);
  term = await termOf(callers);
});
afterAll(() => cluster.stop());

beforeEach(() => {
  bystanders = new Bystanders(cluster, callers);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  expect(await bystanders.stop()).toEqual([]);
  await expectUndisturbed(cluster, callers, term);
});

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const emptySettings = Buffer.from('000000040000000000', 'hex');
/** The same bytes in every run. */
const noise = Buffer.concat(Array.from({ length: 3_000 }, (_, i) => hash('sha256', `noise ${i}`, 'buffer')));

/** Sends bytes and waits until the port closes or resets the connection, or says GOAWAY: then it reads no further, and cuts the connection by and by. */
async function throwUntilRefused(address: string, bytes: Buffer): Promise<void> {
  const socket = connect(portOf(address), '127.0.0.1');
  let heard = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    heard = Buffer.concat([heard, data]);
    if (heard.includes(Buffer.from('070000000000', 'hex'))) socket.destroy();
  });
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
}

describe.each(['client', 'peer'] as const)('the %s port', (door) => {
  const addresses = () => cluster.members.map((member) => member[door]);

  it.each([
    ['random bytes', noise],
    ['zeros', Buffer.alloc(100_000)],
    ['an HTTP/1 request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a TLS hello', Buffer.from(`16030100c8010000c40303${'ab'.repeat(190)}`, 'hex')],
    ['half an HTTP/2 preface', preface.subarray(0, 12)],
    ['an HTTP/2 preface and then random frames', Buffer.concat([preface, emptySettings, noise])],
    ['a frame that claims 16 MB', Buffer.concat([preface, emptySettings, Buffer.from('ffffff000000000001', 'hex')])],
  ])('survives %s', async (_title, bytes) => {
    await Promise.all(addresses().map((address) => throwUntilRefused(address, bytes)));
  });

  it('survives thousands of short connections', async () => {
    const [address] = addresses() as [string];
    let left = 2_000;
    const knock = async () => {
      while (left-- > 0) await throwAt(address, left % 2 === 0 ? preface : Buffer.of(0));
    };
    await Promise.all(Array.from({ length: 100 }, knock));
  });

  it('serves others while hundreds of connections say nothing', async () => {
    const silent: Socket[] = [];
    cleanups.push(() => {
      for (const socket of silent) socket.destroy();
    });
    for (let i = 0; i < 500; i++) {
      const socket = connect(portOf(addresses()[i % 3] ?? ''), '127.0.0.1');
      socket.on('error', () => undefined);
      silent.push(socket);
      await once(socket, 'connect');
    }
    await expectUndisturbed(cluster, callers, term);
  });
});

describe('a call to the client port', () => {
  const opened = (address: string): ApiClient => {
    const client = new ApiClient(portOf(address));
    cleanups.push(() => client.close());
    return client;
  };
  const atAll = (act: (client: ApiClient) => Promise<unknown>): Promise<WireError[]> =>
    Promise.all(
      cluster.endpoints.map(async (address) => {
        const answer: unknown = await act(opened(address)).catch((error: unknown) => error);
        expect(answer).toHaveProperty('code');
        return answer as WireError;
      }),
    );

  it.each([
    ['random bytes', noise.subarray(0, 1_000)],
    ['a field that is cut off', Buffer.from('0aff', 'hex')],
    ['text that is not UTF-8', Buffer.from('0a02c328', 'hex')],
    ['a TTL that no number holds', Buffer.from('10ffffffffffffffff7f', 'hex')],
  ])('with %s is INVALID_FIELD', async (_title, bytes) => {
    for (const error of await atAll((client) => client.send(registryService.register.path, bytes)))
      expect(error).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_FIELD' });
  });

  it('that streams garbage is INVALID_FIELD', async () => {
    const bytes = (buffer: Buffer) => buffer;
    for (const address of cluster.endpoints) {
      const client = new Client(address, credentials.createInsecure());
      cleanups.push(() => client.close());
      const stream = client.makeBidiStreamRequest(registryService.keepAlive.path, bytes, bytes, new Metadata());
      const answer = collect(stream);
      stream.write(Buffer.from('0aff', 'hex'));
      expect((await answer).error).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_FIELD' });
    }
  });

  it.each(['/quorate.v1.ConfigService/Nothing', '/quorate.v9.ConfigService/Get', '/x'])(
    'of the unknown method %s is UNIMPLEMENTED',
    async (path) => {
      for (const error of await atAll((client) => client.send(path, Buffer.alloc(10))))
        expect(error.code).toBe(Code.UNIMPLEMENTED);
    },
  );

  it('of 6 MB is RESOURCE_EXHAUSTED; the client of the product does not even send it', async () => {
    const value = Buffer.alloc(6_000_000);
    const request = configService.put.request.encode({ namespace: 'big', key: 'k', value });
    for (const error of await atAll((client) => client.send(configService.put.path, request)))
      expect(error).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, text: expect.stringMatching(/larger|size/) });
    await expect(cluster.client().config.put('big/k', value)).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      reason: 'REQUEST_TOO_LARGE',
      message: expect.stringContaining(String(limits.clientMessageBytes)),
    });
    expect(await cluster.client().config.get('big/k')).toBeUndefined();
  });

  it('of a few bytes that unpack to 64 MB is RESOURCE_EXHAUSTED', async () => {
    const bytes = (buffer: Buffer) => buffer;
    const client = new Client(cluster.endpoints[0] ?? '', credentials.createInsecure(), {
      'grpc.default_compression_algorithm': 2,
    });
    cleanups.push(() => client.close());
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(configService.put.path, bytes, bytes, Buffer.alloc(64 << 20), (failed) =>
        resolve(failed),
      );
    });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });
});

describe('a stream to the peer port', () => {
  const idOf = (name: string) => memberIdOf('test', name);
  const handshake = (): Handshake => ({
    version: PROTOCOL_VERSION,
    clusterId: clusterIdOf('test'),
    from: idOf('n2'),
    to: idOf('n1'),
    incarnation: 1,
    founded: true,
    address: '',
  });

  it.each<[string, () => Metadata, RegExp]>([
    [
      'of another cluster',
      () => handshakeMetadata({ ...handshake(), clusterId: clusterIdOf('other') as ClusterId }),
      /this member belongs to cluster [0-9a-f]+, the caller to cluster [0-9a-f]+/,
    ],
    [
      'of another version',
      () => handshakeMetadata({ ...handshake(), version: 99 }),
      /the peer protocol here has version 1, the caller's has 99/,
    ],
    [
      'for another member',
      () => handshakeMetadata({ ...handshake(), to: idOf('n3') }),
      /the peer addresses in the settings disagree/,
    ],
    [
      'of a stranger',
      () => handshakeMetadata({ ...handshake(), from: 12_345 as MemberId }),
      /member 3039 is not in the cluster as member [0-9a-f]+ knows it/,
    ],
    ['of an earlier run of a member', () => handshakeMetadata(handshake()), /a newer run of this member is connected/],
    ['without a handshake', () => new Metadata(), /this port is for the members of a Quorate cluster/],
  ])('%s is refused, and the log says why', async (_title, metadata, sentence) => {
    const { peer } = cluster.members[0] ?? { peer: '' };
    const { call, ended } = rawStream(peer, metadata(), cleanups);
    call.write(noise.subarray(0, 100));
    const error = await ended;
    expect(error).toMatchObject({ code: Code.FAILED_PRECONDITION, details: expect.stringMatching(sentence) });
    const line = await until('the member has logged it', () =>
      cluster
        .output('n1')
        .split('\n')
        .find((text) => sentence.test(text)),
    );
    expect(JSON.parse(line)).toMatchObject({
      level: 'warn',
      msg: expect.stringMatching(/^refused a peer connection: /),
    });
  });

  it('of no method that exists is refused', async () => {
    const { peer } = cluster.members[0] ?? { peer: '' };
    const client = new ApiClient(portOf(peer));
    cleanups.push(() => client.close());
    const error = await client.failure(configService.get, { namespace: 'kept', key: 'doc' });
    expect(error.code).toBe(Code.UNIMPLEMENTED);
  });
});
