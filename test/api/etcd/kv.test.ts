/** Put and DeleteRange over gRPC. What is said of etcd was seen on etcd 3.4.23. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeleteRangeRequestIn, kVService, leaseService, type PutRequestIn } from '../../../src/proto/etcd.js';
import { type Api, startApi } from '../api-client.js';
import { b, fill, shown, stored } from './etcd-words.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const putAll = (request: PutRequestIn) => api.client.call(kVService.put, request);
const get = async (key: string) => (await api.client.call(kVService.range, { key: b(key) })).kvs[0];

describe('put', () => {
  test('makes a revision, which its header has', async () => {
    const { header, prev_kv } = await putAll({ key: b('a'), value: b('1') });
    expect(header).toEqual({ cluster_id: '77', member_id: '1', revision: '2', raft_term: '3' });
    expect(prev_kv).toBeNull();
    expect(await get('a')).toMatchObject({ create_revision: '2', mod_revision: '2', version: '1' });
  });

  test('prev_kv is there if asked for, and if the key was', async () => {
    expect((await putAll({ key: b('a'), value: b('1'), prev_kv: true })).prev_kv).toBeNull();
    const { prev_kv } = await putAll({ key: b('a'), value: b('2'), prev_kv: true });
    expect(prev_kv).toEqual({ key: b('a'), value: b('1'), create_revision: '2', mod_revision: '2', version: '1' });
  });

  test('a lease of any int64; a put without one detaches the key', async () => {
    await api.client.call(leaseService.leaseGrant, { ID: '-7', TTL: 60 });
    await putAll({ key: b('a'), lease: '-7' });
    expect(await get('a')).toMatchObject({ lease: '-7' });
    await putAll({ key: b('a') });
    expect((await get('a'))?.lease).toBe('0');
  });

  test('ignore_value and ignore_lease keep what is there', async () => {
    await api.client.call(leaseService.leaseGrant, { ID: 9, TTL: 60 });
    await putAll({ key: b('a'), value: b('1'), lease: 9 });
    await putAll({ key: b('a'), value: b('2'), ignore_lease: true });
    expect(await get('a')).toMatchObject({ value: b('2'), lease: '9', version: '2' });
    await putAll({ key: b('a'), ignore_value: true });
    expect(await get('a')).toMatchObject({ value: b('2'), version: '3' });
    expect((await get('a'))?.lease).toBe('0');
  });

  test.each<[string, PutRequestIn, string]>([
    ['no key', { value: b('x'), ignore_value: true }, '3 etcdserver: key is not provided'],
    ['a value that is ignored', { key: b('a'), value: b('x'), ignore_value: true }, '3 etcdserver: value is provided'],
    ['a lease that is ignored', { key: b('a'), lease: 5, ignore_lease: true }, '3 etcdserver: lease is provided'],
    ['no value to keep', { key: b('no'), ignore_value: true }, '3 etcdserver: key not found'],
    ['no lease to keep', { key: b('no'), ignore_lease: true }, '3 etcdserver: key not found'],
    ['an unknown lease', { key: b('a'), lease: 5 }, '5 etcdserver: requested lease not found'],
    [
      'both: the lease counts',
      { key: b('no'), lease: 5, ignore_value: true },
      '5 etcdserver: requested lease not found',
    ],
    ['1.5 MiB', { key: b('a'), value: Buffer.alloc(1_572_864) }, '3 etcdserver: request is too large'],
    ['just too much', { key: b('big'), value: Buffer.alloc(1_572_864 - 25) }, '3 etcdserver: request is too large'],
  ])('refused: %s', async (_name, request, expected) => {
    const { code, text } = await api.client.failure(kVService.put, request);
    expect(`${code} ${text}`).toBe(expected);
    expect(api.replica.machine.revision).toBe(1);
  });

  test('the largest that etcd takes', async () => {
    expect((await putAll({ key: b('big'), value: Buffer.alloc(1_572_864 - 28) })).header?.revision).toBe('2');
  });

  test('keys of the native API are read and not written', async () => {
    const failure = await api.client.failure(kVService.put, { key: b('/quorate/config/a/b') });
    expect(failure).toMatchObject({ code: 3, text: expect.stringMatching(/^etcdserver: .*\/quorate\//) });
  });

  test('without a quorum, etcd says that it timed out', async () => {
    api.replica.quorum = false;
    const options = { deadline: Date.now() + 1_500 };
    const { code, text } = await api.client.failure(kVService.put, { key: b('a') }, options);
    expect(`${code} ${text}`).toBe('14 etcdserver: request timed out');
  });
});

describe('delete', () => {
  const remove = async (request: DeleteRangeRequestIn) => {
    const { deleted, prev_kvs, header } = await api.client.call(kVService.deleteRange, request);
    return [deleted, shown(prev_kvs), header?.revision];
  };
  beforeEach(() => fill(api, 'a=1', 'b=2', 'c=3'));

  test('one key, a range, from a key on', async () => {
    expect(await remove({ key: b('a') })).toEqual(['1', [], '5']);
    expect(stored(api)).toEqual(['b=2', 'c=3']);
    expect(await remove({ key: b('a'), range_end: b('c'), prev_kv: true })).toEqual(['1', ['b=2'], '6']);
    expect(await remove({ key: b('b'), range_end: b('\0') })).toEqual(['1', [], '7']);
    expect(stored(api)).toEqual([]);
  });

  test('previous ones come in key order', async () => {
    expect(await remove({ key: b('a'), range_end: b('z'), prev_kv: true })).toEqual(['3', ['a=1', 'b=2', 'c=3'], '5']);
  });

  test('nothing there: no revision', async () => {
    expect(await remove({ key: b('x'), prev_kv: true })).toEqual(['0', [], '4']);
    expect(await remove({ key: b('z'), range_end: b('a') })).toEqual(['0', [], '4']);
  });

  test('a key that comes back begins anew', async () => {
    await remove({ key: b('a') });
    await fill(api, 'a=4');
    expect(await get('a')).toMatchObject({ create_revision: '6', mod_revision: '6', version: '1' });
  });

  test('refused: no key', async () => {
    const { code, text } = await api.client.failure(kVService.deleteRange, { range_end: b('z') });
    expect(`${code} ${text}`).toBe('3 etcdserver: key is not provided');
  });
});

describe('bytes that nobody should send', () => {
  const path = kVService.put.path;
  const valid = () => kVService.put.request.encode({ key: b('a'), value: b('1') });

  test('fields of another version are passed over', async () => {
    const unknown = Buffer.from([0xfa, 0x01, 0x02, 0x68, 0x69, 0xf8, 0x06, 0x01]);
    await api.client.send(path, Buffer.concat([valid(), unknown]));
    expect(stored(api)).toEqual(['a=1']);
  });

  test.each([
    ['cut off', () => valid().subarray(0, -1)],
    ['no message', () => Buffer.from('\xff\xff\xff\xff\xff\xff', 'latin1')],
    ['a number of eleven bytes', () => Buffer.from([0x18, ...Array(10).fill(0xff), 0x01])],
  ])('%s: refused, and the member goes on', async (_name, bytes) => {
    await expect(api.client.send(path, bytes())).rejects.toMatchObject({
      code: 3,
      text: expect.stringMatching(/^etcdserver: the request cannot be decoded/),
    });
    await api.client.send(path, valid());
    expect(stored(api)).toEqual(['a=1']);
  });

  test('a txn of very many nested txns is refused, not followed for ever', async () => {
    let request = kVService.txn.request.encode({});
    for (let depth = 0; depth < 2_000; depth++) {
      const operation = Buffer.concat([Buffer.from([0x22]), varint(request.length), request]);
      request = Buffer.concat([Buffer.from([0x12]), varint(operation.length), operation]);
    }
    await expect(api.client.send(kVService.txn.path, request)).rejects.toMatchObject({ code: 3 });
    await api.client.send(path, valid());
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
