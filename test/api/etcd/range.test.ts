/** Range over gRPC. What is said of etcd was seen on etcd 3.4.23, where no other version is named. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kVService, type RangeRequestIn } from '../../../src/proto/etcd.js';
import {
  _etcdserverpb_RangeRequest_SortOrder as Order,
  _etcdserverpb_RangeRequest_SortTarget as Target,
} from '../../../src/proto/gen/etcdserverpb/RangeRequest.js';
import { type Api, startApi } from '../api-client.js';
import { b, fill, shown } from './etcd-words.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const keysFrom = (more: RangeRequestIn): RangeRequestIn => ({ key: b('k'), range_end: b('l'), ...more });

async function keys(more: RangeRequestIn): Promise<string> {
  const { kvs, count, more: flag } = await api.client.call(kVService.range, keysFrom(more));
  return `${kvs.map(({ key }) => key.toString()).join()} of ${count}${flag ? ', more' : ''}`;
}

describe('what it answers', () => {
  test('an empty store is at revision 1; the header names the member that answers', async () => {
    const { header, kvs, count, more } = await api.client.call(kVService.range, { key: b('a') });
    expect(header).toEqual({ cluster_id: '77', member_id: '1', revision: '1', raft_term: '3' });
    expect([kvs, count, more]).toEqual([[], '0', false]);
  });

  test('a key with all that is known of it', async () => {
    await fill(api, 'a=1', 'a=2', 'b=3');
    const { kvs } = await api.client.call(kVService.range, { key: b('a') });
    expect(kvs).toEqual([{ key: b('a'), value: b('2'), create_revision: '2', mod_revision: '3', version: '2' }]);
    expect(kvs[0]?.lease).toBe('0');
  });

  test('keys are bytes', async () => {
    await api.client.call(kVService.put, { key: Buffer.from([0xff, 0x00, 0x80]), value: Buffer.from([0xfe]) });
    const { kvs } = await api.client.call(kVService.range, { key: Buffer.from([0xff]), range_end: b('\0') });
    expect(kvs[0]?.key).toEqual(Buffer.from([0xff, 0x00, 0x80]));
    expect(kvs[0]?.value).toEqual(Buffer.from([0xfe]));
  });

  test('an old revision under the current header', async () => {
    await fill(api, 'a=1', 'a=2');
    const old = await api.client.call(kVService.range, { key: b('a'), revision: 2 });
    expect(shown(old.kvs)).toEqual(['a=1']);
    expect(old.header?.revision).toBe('3');
  });

  test('an answer of more than a client message', async () => {
    const value = Buffer.alloc(1 << 20);
    for (const key of ['k1', 'k2', 'k3', 'k4', 'k5']) await api.client.call(kVService.put, { key: b(key), value });
    const { kvs } = await api.client.call(kVService.range, keysFrom({}));
    expect(kvs.map((kv) => kv.value.length)).toEqual(Array(5).fill(1 << 20));
  });
});

describe('options', () => {
  /** As in the session with etcd that the expectations come from: created in key order, k1 changed at last. */
  beforeEach(() => fill(api, 'k1=d', 'k2=c', 'k3=b', 'k4=a', 'k5=e', 'k1=z'));

  test.each<[string, RangeRequestIn, string]>([
    ['no option', {}, 'k1,k2,k3,k4,k5 of 5'],
    ['a limit', { limit: 2 }, 'k1,k2 of 5, more'],
    ['a limit that is just enough', { limit: 5 }, 'k1,k2,k3,k4,k5 of 5'],
    ['a negative limit', { limit: -1 }, 'k1,k2,k3,k4,k5 of 5'],
    ['a negative revision', { revision: -5 }, 'k1,k2,k3,k4,k5 of 5'],
    ['the count alone', { count_only: true, limit: 2 }, ' of 5'],
    ['the count alone, sorted', { count_only: true, limit: 1, sort_order: Order.DESCEND }, ' of 5'],
    ['to the end of all keys', { key: b('k3'), range_end: b('\0') }, 'k3,k4,k5 of 3'],
    ['an upside-down range', { key: b('z'), range_end: b('a') }, ' of 0'],
    ['an end that is the key', { key: b('k3'), range_end: b('k3') }, ' of 0'],
    ['descending', { sort_order: Order.DESCEND }, 'k5,k4,k3,k2,k1 of 5'],
    ['by value', { sort_target: Target.VALUE, sort_order: Order.ASCEND }, 'k4,k3,k2,k5,k1 of 5'],
    ['by value, limited', { sort_target: Target.VALUE, sort_order: Order.ASCEND, limit: 2 }, 'k4,k3 of 5, more'],
    ['by value without an order', { sort_target: Target.VALUE }, 'k4,k3,k2,k5,k1 of 5'],
    ['by value without an order, limited', { sort_target: Target.VALUE, limit: 2 }, 'k3,k2 of 5, more'],
    ['by change', { sort_target: Target.MOD, sort_order: Order.DESCEND, limit: 1 }, 'k1 of 5, more'],
    ['by creation', { sort_target: Target.CREATE, sort_order: Order.DESCEND, limit: 1 }, 'k5 of 5, more'],
    ['by version', { sort_target: Target.VERSION, sort_order: Order.DESCEND, limit: 1 }, 'k1 of 5, more'],
    ['changed from a revision on', { min_mod_revision: 5, limit: 2 }, 'k1,k4 of 5, more'],
    ['changed up to a revision', { max_mod_revision: 4 }, 'k2,k3 of 5'],
    ['changed up to a negative revision', { max_mod_revision: -1 }, ' of 5'],
    ['changed from a negative revision on', { min_mod_revision: -1, limit: 1 }, 'k1 of 5, more'],
    ['created from a revision on', { min_create_revision: 5 }, 'k4,k5 of 5'],
    ['created up to a revision', { max_create_revision: 2 }, 'k1 of 5'],
  ])('%s', async (_name, request, expected) => {
    expect(await keys(request)).toBe(expected);
  });

  test('keys only, sorted by the values that are left out', async () => {
    const request = keysFrom({ keys_only: true, sort_target: Target.VALUE, sort_order: Order.DESCEND });
    const { kvs } = await api.client.call(kVService.range, request);
    expect(shown(kvs)).toEqual(['k1=', 'k5=', 'k2=', 'k3=', 'k4=']);
  });
});

describe('refusals', () => {
  const refusal = async (request: RangeRequestIn) => {
    const { code, text } = await api.client.failure(kVService.range, request);
    return `${code} ${text}`;
  };

  test('no key, whatever else there is', async () => {
    expect(await refusal({ range_end: b('z'), revision: 99 })).toBe('3 etcdserver: key is not provided');
  });

  test('a sort that nobody knows (etcd 3.5; 3.4 overlooks an order and dies of a target)', async () => {
    expect(await refusal({ key: b('a'), sort_order: 7 as 0 })).toBe('3 etcdserver: invalid sort option');
    expect(await refusal({ key: b('a'), sort_target: 7 as 0 })).toBe('3 etcdserver: invalid sort option');
  });

  test('a revision of the future, however far', async () => {
    const future = '11 etcdserver: mvcc: required revision is a future revision';
    expect(await refusal({ key: b('a'), revision: 2 })).toBe(future);
    expect(await refusal({ key: b('a'), revision: '9223372036854775807' })).toBe(future);
  });

  test('a compacted revision, but not the one that it was compacted to', async () => {
    await fill(api, 'a=1', 'a=2', 'a=3');
    await api.client.call(kVService.compact, { revision: 3 });
    expect(await refusal({ key: b('a'), revision: 2 })).toBe(
      '11 etcdserver: mvcc: required revision has been compacted',
    );
    expect(shown((await api.client.call(kVService.range, { key: b('a'), revision: 3 })).kvs)).toEqual(['a=2']);
  });
});

describe('consistency', () => {
  test('a cut-off member answers serializable reads only', async () => {
    await fill(api, 'a=1');
    api.replica.quorum = false;
    const { kvs } = await api.client.call(kVService.range, { key: b('a'), serializable: true });
    expect(shown(kvs)).toEqual(['a=1']);
    const options = { deadline: Date.now() + 1_500 };
    expect(await api.client.failure(kVService.range, { key: b('a') }, options)).toMatchObject({
      code: 14,
      text: 'etcdserver: request timed out',
      reason: undefined,
    });
  });

  test('no read makes an entry of the log', async () => {
    await fill(api, 'a=1');
    const before = api.replica.submitted.length;
    await api.client.call(kVService.range, { key: b('a') });
    await api.client.call(kVService.range, { key: b('a'), serializable: true });
    expect(api.replica.submitted).toHaveLength(before);
  });
});
