import { describe, expect, test } from 'vitest';
import { kVService, PutRequest, RangeResponse, WatchRequest } from '../../src/proto/etcd.js';
import { canonical, differences } from './fuzz/canonical.js';
import { overlooksDuplicates } from './fuzz/overlooked.js';
import { References } from './fuzz/references.js';

/** An answer of a store whose session began at `base`, and whose first lease has the id `lease`. */
function answer(base: number, lease: string, value: string) {
  const references = new References(base);
  references.granted(1, lease);
  const message = RangeResponse.decode(
    RangeResponse.encode({
      header: { cluster_id: base, member_id: base + 1, revision: base + 7, raft_term: 2 },
      kvs: [{ key: Buffer.from('a'), value: Buffer.from(value), mod_revision: base + 7, version: 1, lease }],
      count: 1,
    }),
  );
  return canonical(message, references);
}

describe('answers of two stores', () => {
  test('are equal when only ids and the first revision differ', () => {
    expect(differences(answer(10, '77', 'x'), answer(2_000, '-5', 'x'))).toEqual([]);
  });

  test('differ in a value, a revision or a lease', () => {
    expect(differences(answer(10, '77', 'x'), answer(10, '77', 'y'))).toEqual(['/kvs/0/value']);
    const late = {
      ...answer(10, '77', 'x'),
      header: { cluster_id: 'set', member_id: 'set', revision: '@8', raft_term: 'set' },
    };
    expect(differences(answer(10, '77', 'x'), late)).toEqual(['/header/revision']);
    const otherLease = canonical(
      { kvs: [{ key: Buffer.from('a'), value: Buffer.from('x'), mod_revision: '17', version: '1', lease: '78' }] },
      new References(10),
    );
    expect(differences({ kvs: answer(10, '77', 'x').kvs ?? '' }, otherLease)).toEqual(['/kvs/0/lease']);
  });

  test('differ when one has a field that the other has not', () => {
    expect(differences({ header: {} }, {})).toEqual(['/header']);
    expect(differences({ prev_kvs: [{ key: 'a' }] }, { prev_kvs: [] })).toEqual(['/prev_kvs/0']);
  });
});

test('steps are sent with the numbers of the store', () => {
  const references = new References(100);
  references.granted(2, '555');
  const request = references.resolve({
    success: [{ request_put: { key: Buffer.from('k'), lease: '#2' } }, { request_range: { revision: '@-1' } }],
  });
  const sent = kVService.txn.request.decode(kVService.txn.request.encode(request));
  expect(sent.success[0]?.request_put?.lease).toBe('555');
  expect(sent.success[1]?.request_range?.revision).toBe('99');
});

test('an empty end of a range is not sent', () => {
  const sent = new References(1).resolve({ create_request: { key: Buffer.from('k'), range_end: Buffer.from('') } });
  expect(WatchRequest.encode(sent)).toEqual(WatchRequest.encode({ create_request: { key: Buffer.from('k') } }));
  expect(PutRequest.encode(new References(1).resolve({ value: Buffer.from('') })).length).toBeGreaterThan(0);
});

describe('duplicate keys that etcd overlooks', () => {
  const put = (key: string) => ({ request_put: { key: Buffer.from(key) } });
  const remove = (key: string, end = '') => ({
    request_delete_range: { key: Buffer.from(key), range_end: Buffer.from(end) },
  });
  const nested = (...success: object[]) => ({ request_txn: { success } });

  test('are a delete to the end of the key space, and a nested delete after a nested put', () => {
    expect(overlooksDuplicates({ success: [remove('a', '\0'), put('b')] })).toBe(true);
    expect(overlooksDuplicates({ success: [nested(put('b')), nested(remove('a', 'c'))] })).toBe(true);
  });

  test('are not those that it refuses, nor those that are none', () => {
    expect(overlooksDuplicates({ success: [remove('a', 'c'), put('b')] })).toBe(false);
    expect(overlooksDuplicates({ success: [remove('b', '\0'), put('a')] })).toBe(false);
    expect(overlooksDuplicates({ success: [nested(remove('a', 'c')), nested(put('b'))] })).toBe(false);
  });
});
