/** The port as a stock resolver finds it: that of Node (c-ares). */
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExitCode, FatalError } from '../../src/base/errors.js';
import { silentLog } from '../../src/base/log.js';
import { DnsServer } from '../../src/dns/server.js';
import { FakeReplica } from '../support/fake-replica.js';
import { deregister, register } from '../support/registered.js';
import { until } from '../support/until.js';
import { queryFor, read } from './knowledge.js';

const name = 'compute.prod.service.quorate';
let replica: FakeReplica;
let server: DnsServer;
let resolver: Resolver;

function serverOn(port: number): DnsServer {
  const address = { host: '127.0.0.1', port };
  return new DnsServer({ address, replica, namespace: 'prod', ttlSeconds: 0, random: Math.random, log: silentLog });
}

beforeEach(async () => {
  replica = new FakeReplica();
  server = serverOn(0);
  await server.start();
  resolver = new Resolver({ timeout: 2_000, tries: 3 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
});
afterEach(() => {
  resolver.cancel();
  server.stop();
  replica.hub.close();
});

/** The records, or the code of the failure. */
const tell = <T>(records: Promise<T>): Promise<T | string> =>
  records.catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error));

test('a resolver follows the instances', async () => {
  await until('the member is up to date', async () => (await tell(resolver.resolve4(name))) === 'ENOTFOUND');
  register(replica);
  register(replica, { id: 'i2', address: '::1', port: 5_002, weight: 30, ports: { metrics: 9_100 } });
  expect(await resolver.resolve4(name)).toEqual(['10.0.0.1']);
  expect(await resolver.resolve6(name)).toEqual(['::1']);
  expect(await resolver.resolve4('compute.service.quorate')).toEqual(['10.0.0.1']);
  expect((await resolver.resolveSrv(name)).sort((a, b) => a.port - b.port)).toMatchObject([
    { name: '0a000001.addr.quorate', port: 5_000, priority: 0, weight: 100 },
    { name: '00000000000000000000000000000001.addr.quorate', port: 5_002, weight: 30 },
  ]);
  expect(await resolver.resolveSrv(`_metrics._tcp.${name}`)).toMatchObject([{ port: 9_100 }]);

  const name1 = { namespace: 'prod', service: 'compute', instance: 'i1' };
  replica.apply({ kind: 'setStatus', ...name1, status: 'DRAINING', reason: '', atMs: 1 });
  expect(await tell(resolver.resolve4(name))).toBe('ENODATA');
  deregister(replica, 'i1');
  deregister(replica, 'i2');
  expect(await tell(resolver.resolve4(name))).toBe('ENOTFOUND');
});

test('an instance is gone with its lease', async () => {
  register(replica);
  await until('it is told', async () => Array.isArray(await tell(resolver.resolve4(name))));
  replica.advance(60_001);
  expect(await tell(resolver.resolve4(name))).toBe('ENOTFOUND');
});

test('what was there before the start is told, all of it', async () => {
  for (let i = 0; i < 450; i++) register(replica, { id: `i${i}`, address: `10.0.${i >> 8}.${i & 255}` });
  const late = serverOn(0);
  try {
    await late.start();
    resolver.setServers([`127.0.0.1:${late.port}`]);
    // Too many for UDP: the resolver asks again over TCP.
    const all = await until('all are told', async () => {
      const found = await tell(resolver.resolve4(name));
      return Array.isArray(found) ? found : undefined;
    });
    expect(new Set(all).size).toBe(450);
  } finally {
    late.stop();
  }
});

test('changes while all is read are not lost, even when they are compacted meanwhile', async () => {
  for (let i = 0; i < 450; i++) register(replica, { id: `i${i}`, address: `10.0.${i >> 8}.${i & 255}` });
  const late = serverOn(0);
  try {
    await late.start();
    for (let i = 0; i < 449; i++) deregister(replica, `i${i}`);
    replica.apply({ kind: 'compact', revision: replica.machine.revision });
    resolver.setServers([`127.0.0.1:${late.port}`]);
    await until('only the last is told', async () => {
      const found = await tell(resolver.resolve4(name));
      return Array.isArray(found) && found.join() === '10.0.1.193';
    });
  } finally {
    late.stop();
  }
});

test('a member that cannot tell whether it is up to date sends resolvers to another', async () => {
  replica.quorum = false;
  const late = serverOn(0);
  try {
    await late.start();
    resolver.setServers([`127.0.0.1:${late.port}`]);
    expect(await tell(resolver.resolve4(name))).toBe('ESERVFAIL');
    replica.quorum = true;
    await until('it is up to date', async () => (await tell(resolver.resolve4(name))) === 'ENOTFOUND');
    // And goes on with what it knows when it is cut off later.
    register(replica);
    replica.quorum = false;
    expect(await resolver.resolve4(name)).toEqual(['10.0.0.1']);
  } finally {
    late.stop();
  }
});

describe('over TCP', () => {
  /** Sends the pieces one after the other, and gives what comes back. */
  function exchange(pieces: readonly Buffer[], answers: number): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
      let seen = Buffer.alloc(0);
      const found: Buffer[] = [];
      const finish = (): void => {
        socket.destroy();
        resolve(found);
      };
      socket.on('data', (bytes) => {
        seen = Buffer.concat([seen, bytes]);
        while (seen.length >= 2 && seen.length >= 2 + seen.readUInt16BE(0)) {
          const end = 2 + seen.readUInt16BE(0);
          found.push(seen.subarray(2, end));
          seen = seen.subarray(end);
        }
        if (found.length === answers) finish();
      });
      socket.on('close', finish);
      socket.on('error', reject);
      const next = (at: number): void => {
        const piece = pieces[at];
        if (piece && !socket.destroyed) socket.write(piece, () => setImmediate(() => next(at + 1)));
      };
      socket.on('connect', () => next(0));
    });
  }
  const framed = (query: Buffer): Buffer => Buffer.concat([Buffer.from([0, query.length]), query]);

  test('several questions may come at once, and in pieces', async () => {
    register(replica);
    const two = Buffer.concat([framed(queryFor(name, 'A')), framed(queryFor(name, 'SRV'))]);
    const bytes = [...two].map((byte) => Buffer.from([byte]));
    for (const pieces of [[two], bytes]) {
      const answers = await exchange(pieces, 2);
      expect(answers.map((answer) => read(answer).questions?.[0]?.type)).toEqual(['A', 'SRV']);
    }
  });

  test('whoever floods it is answered no faster than it reads, and completely', async () => {
    const many = 3_000;
    const flood = Buffer.concat(Array.from({ length: many }, () => framed(queryFor(name, 'A'))));
    expect(await exchange([flood], many)).toHaveLength(many);
  });

  test('the connection ends with what is no query', async () => {
    const answer = framed(queryFor(name, 'A'));
    answer[4] = 0x80;
    expect(await exchange([answer], 1)).toEqual([]);
  });
});

test('a port that is taken is said in one sentence', async () => {
  const second = serverOn(server.port);
  const error = await second.start().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FatalError);
  expect(error).toMatchObject({ exitCode: ExitCode.PORT });
  expect(String(error)).toContain('change the dns address in the settings');
});

test('nothing answers after the stop', async () => {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.on('connect', resolve));
  await until('it is accepted', () => new Promise<boolean>((resolve) => setImmediate(() => resolve(true))));
  server.stop();
  await closed;
  const again = serverOn(0);
  await again.start();
  again.stop();
});
