/** Lease over gRPC. What is said of etcd was seen on etcd 3.4.23. */
import { Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kVService, type LeaseTimeToLiveRequestIn, leaseService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import { type Api, collect, startApi } from '../api-client.js';
import { b, stored } from './etcd-words.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const grant = (TTL: number | string, ID: number | string = 0) => api.client.call(leaseService.leaseGrant, { TTL, ID });
const put = (key: string, lease: number | string) => api.client.call(kVService.put, { key: b(key), lease });
const header = { cluster_id: '77', member_id: '1', raft_term: '3' };

describe('grant', () => {
  test('under a chosen id, any int64', async () => {
    expect(await grant(60, 42)).toEqual({ header: { ...header, revision: '1' }, ID: '42', TTL: '60' });
    for (const id of ['-7', '-9223372036854775808', '9223372036854775807'])
      expect(await grant(60, id)).toMatchObject({ ID: id });
  });

  test('under an id of our choice, positive', async () => {
    const ids = [await grant(60), await grant(60)].map(({ ID }) => BigInt(ID));
    expect(ids[0]).not.toBe(ids[1]);
    for (const id of ids) expect(id > 0n).toBe(true);
  });

  test.each([1, 0, -5, 2])('a TTL of %i makes the least one, 2 s', async (ttl) => {
    expect(await grant(ttl)).toMatchObject({ TTL: '2' });
  });

  test('a TTL may have 9,000,000,000 s and no more', async () => {
    expect(await grant('9000000000', 1)).toMatchObject({ TTL: '9000000000' });
    for (const TTL of ['9000000001', '9223372036854775807']) {
      const { code, text } = await api.client.failure(leaseService.leaseGrant, { TTL });
      expect(`${code} ${text}`).toBe('11 etcdserver: too large lease TTL');
    }
  });

  test('an id that exists is refused', async () => {
    await grant(60, 42);
    const { code, text } = await api.client.failure(leaseService.leaseGrant, { TTL: 60, ID: 42 });
    expect(`${code} ${text}`).toBe('9 etcdserver: lease already exists');
  });
});

describe('revoke', () => {
  test('deletes its keys in one revision, which the header has', async () => {
    await grant(60, 42);
    for (const key of ['b', 'a']) await put(key, 42);
    await put('c', 0);
    expect((await api.client.call(leaseService.leaseRevoke, { ID: 42 })).header?.revision).toBe('5');
    expect(stored(api)).toEqual(['c=']);
  });

  test('without keys it moves nothing', async () => {
    await grant(60, 42);
    expect((await api.client.call(leaseService.leaseRevoke, { ID: 42 })).header?.revision).toBe('1');
  });

  test.each([0, 42])('lease %i is not found', async (ID) => {
    const { code, text } = await api.client.failure(leaseService.leaseRevoke, { ID });
    expect(`${code} ${text}`).toBe('5 etcdserver: requested lease not found');
  });
});

describe('time to live', () => {
  const ask = async (request: LeaseTimeToLiveRequestIn) => {
    const { ID, TTL, grantedTTL, keys } = await api.client.call(leaseService.leaseTimeToLive, request);
    return { ID, TTL, grantedTTL, keys: keys.map(String) };
  };

  test('whole seconds that are left, of those granted', async () => {
    await grant(60, 42);
    expect(await ask({ ID: 42 })).toEqual({ ID: '42', TTL: '59', grantedTTL: '60', keys: [] });
    api.replica.advance(10_500);
    expect(await ask({ ID: 42 })).toMatchObject({ TTL: '49' });
  });

  test('keys if asked for', async () => {
    await grant(60, '-7');
    for (const key of ['b', 'a']) await put(key, '-7');
    expect(await ask({ ID: '-7', keys: true })).toMatchObject({ ID: '-7', keys: ['a', 'b'] });
    expect(await ask({ ID: '-7' })).toMatchObject({ keys: [] });
  });

  test('-1 for one that does not exist, or no longer', async () => {
    const unknown = { TTL: '-1', grantedTTL: '0', keys: [] };
    expect(await ask({ ID: 9, keys: true })).toEqual({ ID: '9', ...unknown });
    expect(await ask({ ID: 0 })).toEqual({ ID: '0', ...unknown });
    await grant(2, 42);
    api.replica.advance(2_000);
    expect(await ask({ ID: 42 })).toEqual({ ID: '42', ...unknown });
  });
});

test('leases are listed in the order in which they expire', async () => {
  for (const [ttl, id] of [
    [60, 1],
    [10, '-2'],
    [30, 3],
  ] as const)
    await grant(ttl, id);
  const { leases } = await api.client.call(leaseService.leaseLeases, {});
  expect(leases.map(({ ID }) => ID)).toEqual(['-2', '3', '1']);
});

describe('keep-alive', () => {
  test('TTL 0 for an unknown lease, and the stream goes on; the half-close ends it', async () => {
    await grant(60, '-7');
    const stream = api.client.bidi(leaseService.leaseKeepAlive);
    const collected = collect(stream);
    for (const ID of ['-7', 555, 0, '-7']) stream.write({ ID });
    stream.end();
    const { messages, error } = await collected;
    expect(error).toBeUndefined();
    expect(messages.map(({ ID, TTL }) => [ID, TTL])).toEqual([
      ['-7', '60'],
      ['555', '0'],
      ['0', '0'],
      ['-7', '60'],
    ]);
    expect(messages[0]?.header).toEqual({ ...header, revision: '1' });
  });

  test('a lease that is kept alive lives', async () => {
    await grant(2, 42);
    const stream = api.client.bidi(leaseService.leaseKeepAlive);
    const collected = collect(stream);
    for (let i = 0; i < 3; i++) {
      api.replica.advance(1_500);
      const before = api.replica.submitted.length;
      stream.write({ ID: 42 });
      await until('it is renewed', () => api.replica.submitted.length > before && api.replica.waiting === 0);
    }
    expect(api.replica.machine.leaseIds()).toEqual(['2a']);
    stream.end();
    expect((await collected).messages).toHaveLength(3);
  });
});

describe('hasleader (the Go client asks for it with WithRequireLeader)', () => {
  const asking = (): Metadata => {
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    return metadata;
  };

  test('calls and streams are refused by a member that has no leader', async () => {
    api.replica.leader = undefined;
    const noLeader = { code: 14, text: 'etcdserver: no leader' };
    const read = api.client.call(kVService.range, { key: b('a') }, {}, asking());
    await expect(read).rejects.toMatchObject(noLeader);
    expect((await collect(api.client.bidi(leaseService.leaseKeepAlive, asking()))).error).toMatchObject(noLeader);
  });

  test('others are answered', async () => {
    api.replica.leader = undefined;
    await api.client.call(kVService.range, { key: b('a'), serializable: true });
    api.replica.leader = api.replica.memberId;
    await api.client.call(kVService.range, { key: b('a') }, {}, asking());
  });
});
