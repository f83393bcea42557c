/** Txn over gRPC. What is said of etcd was seen on etcd 3.4.23. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CompareIn, kVService, leaseService, type RequestOpIn } from '../../../src/proto/etcd.js';
import {
  _etcdserverpb_Compare_CompareResult as Result,
  _etcdserverpb_Compare_CompareTarget as Target,
} from '../../../src/proto/gen/etcdserverpb/Compare.js';
import { type Api, startApi } from '../api-client.js';
import { b, deleteOp, fill, putOp, rangeOp, refusedTxn, shown, stored, txn } from './etcd-words.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const many = (count: number, operation: (key: string) => RequestOpIn): RequestOpIn[] =>
  Array.from({ length: count }, (_, i) => operation(`k${i}`));
const nested = (success: RequestOpIn[], compare: CompareIn[] = [], failure: RequestOpIn[] = []): RequestOpIn => ({
  request_txn: { compare, success, failure },
});

describe('answers', () => {
  test('in operation order, with the revision that was there before the first change and after it', async () => {
    await fill(api, 'a=1');
    const { header, succeeded, responses } = await txn(api, [
      rangeOp('a'),
      deleteOp('nothing'),
      putOp('b', '2', { prev_kv: true }),
      rangeOp('b'),
      deleteOp('nothing'),
      deleteOp('a'),
      nested([putOp('c')]),
      rangeOp('a', { revision: 2 }),
    ]);
    expect(header).toEqual({ cluster_id: '77', member_id: '1', revision: '3', raft_term: '3' });
    expect(succeeded).toBe(true);
    expect(responses.map(({ response }) => response)).toEqual([
      'response_range',
      'response_delete_range',
      'response_put',
      'response_range',
      'response_delete_range',
      'response_delete_range',
      'response_txn',
      'response_range',
    ]);
    const [found, missed, , own, , gone, inner, old] = responses;
    expect(found?.response_range?.header).toEqual({ revision: '2' });
    expect(missed?.response_delete_range?.header).toEqual({ revision: '2' });
    expect(responses[2]?.response_put).toEqual({ header: { revision: '3' } });
    expect(own?.response_range?.header).toEqual({ revision: '3' });
    expect(shown(own?.response_range?.kvs ?? [])).toEqual(['b=2']);
    expect(gone?.response_delete_range).toMatchObject({ header: { revision: '3' }, deleted: '1' });
    expect(inner?.response_txn).toMatchObject({ header: {}, succeeded: true });
    expect(inner?.response_txn?.responses[0]?.response_put?.header).toEqual({ revision: '3' });
    expect(shown(old?.response_range?.kvs ?? [])).toEqual(['a=1']);
  });

  test('a range before the first change has the revision before it, inside a nested txn too', async () => {
    const { responses } = await txn(api, [nested([rangeOp('a'), putOp('a'), rangeOp('a')])]);
    const [before, , after] = responses[0]?.response_txn?.responses ?? [];
    expect(before?.response_range?.header).toEqual({ revision: '1' });
    expect(after?.response_range?.header).toEqual({ revision: '2' });
  });

  test('the other branch when a compare does not hold', async () => {
    const exists = { target: Target.VERSION, result: Result.GREATER, key: b('a'), version: 0 };
    const first = await txn(api, [putOp('then')], [exists], [putOp('a')]);
    expect([first.succeeded, first.responses.length]).toEqual([false, 1]);
    expect((await txn(api, [putOp('then')], [exists])).succeeded).toBe(true);
    expect(stored(api)).toEqual(['a=', 'then=']);
  });

  test('an empty txn succeeds', async () => {
    expect(await txn(api, [])).toMatchObject({ succeeded: true, responses: [], header: { revision: '1' } });
  });

  test('nested ones are decided on the state before all of them', async () => {
    const missing = { target: Target.VERSION, result: Result.EQUAL, key: b('a'), version: 0 };
    const { responses } = await txn(api, [putOp('a', '1'), nested([putOp('b')], [missing], [putOp('c')])]);
    expect(responses[1]?.response_txn?.succeeded).toBe(true);
    expect(stored(api)).toEqual(['a=1', 'b=']);
  });
});

describe('compares', () => {
  beforeEach(async () => {
    await api.client.call(leaseService.leaseGrant, { ID: '-7', TTL: 60 });
    await fill(api, 'a=1', 'b=2', 'b=3');
    await api.client.call(kVService.put, { key: b('c'), value: b('4'), lease: '-7' });
  });
  const { VERSION, CREATE, MOD, VALUE, LEASE } = Target;
  const { EQUAL, GREATER, LESS, NOT_EQUAL } = Result;

  test.each<[string, CompareIn, boolean]>([
    ['version', { target: VERSION, result: EQUAL, key: b('b'), version: 2 }, true],
    ['create revision', { target: CREATE, result: LESS, key: b('b'), create_revision: 4 }, true],
    ['mod revision', { target: MOD, result: GREATER, key: b('b'), mod_revision: 4 }, false],
    ['far number', { target: MOD, result: LESS, key: b('b'), mod_revision: '9223372036854775807' }, true],
    ['value', { target: VALUE, result: NOT_EQUAL, key: b('b'), value: b('2') }, true],
    ['value by bytes', { target: VALUE, result: GREATER, key: b('b'), value: b('29') }, true],
    ['lease', { target: LEASE, result: EQUAL, key: b('c'), lease: '-7' }, true],
    ['lease below 0', { target: LEASE, result: LESS, key: b('c'), lease: 0 }, true],
    ['missing version', { target: VERSION, result: EQUAL, key: b('x'), version: 0 }, true],
    ['missing version below', { target: VERSION, result: GREATER, key: b('x'), version: -1 }, true],
    ['missing lease', { target: LEASE, result: EQUAL, key: b('x'), lease: 0 }, true],
    ['missing value', { target: VALUE, result: EQUAL, key: b('x'), value: b('') }, false],
    ['missing value, not equal', { target: VALUE, result: NOT_EQUAL, key: b('x'), value: b('y') }, false],
    ['range: all', { target: VERSION, result: GREATER, key: b('a'), range_end: b('\0'), version: 0 }, true],
    ['range: not all', { target: VERSION, result: EQUAL, key: b('a'), range_end: b('c'), version: 1 }, false],
    ['range: empty', { target: VERSION, result: EQUAL, key: b('x'), range_end: b('z'), version: 0 }, true],
    ['absent number', { target: VERSION, result: EQUAL, key: b('x') }, true],
    ['absent value', { target: VALUE, result: GREATER, key: b('a') }, true],
    ['number of another target', { target: VERSION, result: EQUAL, key: b('x'), mod_revision: 99 }, true],
    ['number of another target, on a key', { target: VERSION, result: EQUAL, key: b('a'), mod_revision: 1 }, false],
    ['unknown target', { target: 9 as 0, result: EQUAL, key: b('a') }, true],
    ['unknown target, greater', { target: 9 as 0, result: GREATER, key: b('a') }, false],
    ['unknown target, missing', { target: 9 as 0, result: EQUAL, key: b('x') }, true],
    ['unknown operator', { target: VERSION, result: 9 as 0, key: b('a'), version: 99 }, true],
    ['unknown operator on a value', { target: VALUE, result: 9 as 0, key: b('a'), value: b('z') }, true],
    ['unknown operator on no value', { target: VALUE, result: 9 as 0, key: b('x'), value: b('z') }, false],
  ])('%s', async (_name, compare, succeeded) => {
    const { target = 0, key } = compare;
    const before = api.replica.submitted.length;
    expect((await txn(api, [], [compare])).succeeded, `${target} of ${String(key)}`).toBe(succeeded);
    expect(api.replica.submitted).toHaveLength(before);
    expect((await txn(api, [putOp('z')], [compare], [deleteOp('none')])).succeeded).toBe(succeeded);
  });
});

describe('refused whole', () => {
  const future = { code: 11, text: 'etcdserver: mvcc: required revision is a future revision' };
  const compacted = { code: 11, text: 'etcdserver: mvcc: required revision has been compacted' };
  const keyNotFound = { code: 3, text: 'etcdserver: key not found' };
  const noKey = { code: 3, text: 'etcdserver: key is not provided' };
  const tooMany = { code: 3, text: 'etcdserver: too many operations in txn request' };
  const duplicate = { code: 3, text: 'etcdserver: duplicate key given in txn request' };
  const noLease = { code: 5, text: 'etcdserver: requested lease not found' };

  test('a range at a future or compacted revision, before and after a put, nested too', async () => {
    await fill(api, 'a=1', 'a=2', 'a=3');
    await api.client.call(kVService.compact, { revision: 3 });
    expect(await refusedTxn(api, [putOp('b'), rangeOp('a', { revision: 99 })])).toEqual(future);
    expect(await refusedTxn(api, [rangeOp('a', { revision: 5 }), putOp('b')])).toEqual(future);
    expect(await refusedTxn(api, [putOp('b'), rangeOp('a', { revision: 2 })])).toEqual(compacted);
    expect(await refusedTxn(api, [putOp('b'), nested([rangeOp('a', { revision: 99 })])])).toEqual(future);
    expect(await refusedTxn(api, [putOp('b'), rangeOp('a', { revision: -5 })])).toEqual(compacted);
  });

  test('not for what the branch not taken asks for', async () => {
    expect((await txn(api, [putOp('b')], [], [rangeOp('a', { revision: 99 })])).header?.revision).toBe('2');
  });

  test('read-only ones likewise', async () => {
    expect(await refusedTxn(api, [rangeOp('a', { revision: 99 })])).toEqual(future);
    expect(await refusedTxn(api, [rangeOp('a', { revision: -5 })])).toEqual(compacted);
  });

  test('puts that lone puts are refused for', async () => {
    expect(await refusedTxn(api, [putOp('b'), putOp('a', '', { lease: 77 })])).toEqual(noLease);
    expect(await refusedTxn(api, [putOp('a', '', { ignore_value: true })])).toEqual(keyNotFound);
    expect(await refusedTxn(api, [putOp('a', 'x', { ignore_value: true })])).toMatchObject({
      text: 'etcdserver: value is provided',
    });
  });

  test('the key counts before the lease, and all puts before all ranges', async () => {
    expect(await refusedTxn(api, [putOp('a', '', { ignore_value: true, lease: 99 })])).toEqual(keyNotFound);
    expect(await refusedTxn(api, [rangeOp('a', { revision: 99 }), putOp('a', '', { lease: 77 })])).toEqual(noLease);
    const inner = nested([rangeOp('a', { revision: 99 })]);
    expect(await refusedTxn(api, [inner, nested([putOp('a', '', { lease: 77 })])])).toEqual(noLease);
  });

  test('no key anywhere, and an operation that is none', async () => {
    for (const operation of [putOp(''), rangeOp(''), deleteOp('', 'z'), nested([putOp('')])])
      expect(await refusedTxn(api, [operation])).toEqual(noKey);
    expect(await refusedTxn(api, [], [{ target: Target.VERSION }])).toEqual(noKey);
    expect(await refusedTxn(api, [{}])).toEqual(keyNotFound);
  });

  test('more than 128 in a list; inside a nested one what the longest list around it leaves', async () => {
    expect((await txn(api, many(128, putOp))).responses).toHaveLength(128);
    expect(await refusedTxn(api, many(129, putOp))).toEqual(tooMany);
    expect(await refusedTxn(api, many(129, rangeOp))).toEqual(tooMany);
    const compares = many(129, putOp).map((): CompareIn => ({ key: b('a'), target: Target.VERSION, version: 0 }));
    expect(await refusedTxn(api, [], compares)).toEqual(tooMany);
    expect((await txn(api, [...many(126, putOp), nested([putOp('z')])])).responses).toHaveLength(127);
    expect(await refusedTxn(api, [...many(127, putOp), nested([putOp('z')])])).toEqual(tooMany);
    expect((await txn(api, [...many(127, rangeOp), nested([])])).responses).toHaveLength(128);
  });

  test('the same key twice', async () => {
    expect(await refusedTxn(api, [putOp('a'), putOp('a')])).toEqual(duplicate);
    expect(await refusedTxn(api, [putOp('b'), deleteOp('a', 'c')])).toEqual(duplicate);
    expect(await refusedTxn(api, [putOp('a'), nested([], [], [putOp('a')])])).toEqual(duplicate);
    expect((await txn(api, [deleteOp('a', 'c'), deleteOp('b')])).succeeded).toBe(true);
    expect((await txn(api, [putOp('a')], [], [putOp('a')])).succeeded).toBe(true);
  });

  test('more than 1.5 MiB in all', async () => {
    const half = 'x'.repeat(800_000);
    expect(await refusedTxn(api, [putOp('a', half), putOp('b', half)])).toEqual({
      code: 3,
      text: 'etcdserver: request is too large',
    });
  });

  test('a write among the keys of the native API, on whatever branch', async () => {
    const failure = await refusedTxn(api, [nested([], [], [putOp('/quorate/x')])]);
    expect(failure).toMatchObject({ code: 3, text: expect.stringMatching(/^etcdserver: /) });
  });
});

describe('reads', () => {
  test('a txn that changes nothing makes no entry of the log, nested or not', async () => {
    await fill(api, 'a=1');
    const before = api.replica.submitted.length;
    const { responses } = await txn(api, [rangeOp('a'), nested([rangeOp('a')])]);
    expect(shown(responses[0]?.response_range?.kvs ?? [])).toEqual(['a=1']);
    expect(responses[0]?.response_range?.header).toEqual({ revision: '2' });
    expect(api.replica.submitted).toHaveLength(before);
  });

  test('a cut-off member answers it if all of its ranges are serializable', async () => {
    await fill(api, 'a=1');
    api.replica.quorum = false;
    const serializable = rangeOp('a', { serializable: true });
    expect((await txn(api, [serializable, nested([serializable])])).succeeded).toBe(true);
    const request = { success: [serializable, rangeOp('a')] };
    const failure = await api.client.failure(kVService.txn, request, { deadline: Date.now() + 1_500 });
    expect(failure).toMatchObject({ code: 14, text: 'etcdserver: request timed out' });
  });

  test('one with compares alone is never answered from an old state, though etcd may do so', async () => {
    api.replica.quorum = false;
    const request = { compare: [{ target: Target.VERSION, result: Result.EQUAL, key: b('a'), version: 0 }] };
    const failure = await api.client.failure(kVService.txn, request, { deadline: Date.now() + 1_500 });
    expect(failure).toMatchObject({ code: 14, text: 'etcdserver: request timed out' });
  });
});
