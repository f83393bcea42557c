/** `etcdserverpb.Watch` over the wire. Rules are those of etcd's API guarantees and of its server as it answers (3.4 and 3.5). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kVService } from '../../../src/proto/etcd.js';
import { _etcdserverpb_WatchCreateRequest_FilterType as FilterType } from '../../../src/proto/gen/etcdserverpb/WatchCreateRequest.js';
import { compact, EtcdDoor, type WatchClient } from './watch-fixture.js';

let etcd: EtcdDoor;
let watch: WatchClient;

beforeEach(async () => {
  etcd = await EtcdDoor.start();
  watch = etcd.watch();
});

afterEach(() => etcd.stop());

const { NOPUT, NODELETE } = FilterType;
const noPut = { filters: [NOPUT] };
const noDelete = { filters: [NODELETE] };

describe('a watch', () => {
  it('is answered with the current revision, then gets one message a revision', async () => {
    await etcd.put('a', 'before');
    watch.create('a');
    expect(await watch.next(1)).toEqual(['0@2 created']);
    await etcd.put('a', '1');
    await etcd.put('b', 'not watched');
    await etcd.put('a', '2');
    await etcd.delete('a');
    expect(await watch.next(3)).toEqual(['0@3 a=1', '0@5 a=2', '0@6 -a']);
  });

  it('says everything about a key that is put, and of one that is deleted only key and revision', async () => {
    await etcd.grant('77');
    await watch.created('a');
    await etcd.put('a', '1');
    await etcd.put('a', '', '77');
    await etcd.delete('a');
    const [put, again, deleted] = (await watch.take(3)).map(({ events }) => ({ ...events[0] }));
    const key = Buffer.from('a');
    const [value, none] = [Buffer.from('1'), Buffer.alloc(0)];
    const times = { create_revision: '2', lease: '0' };
    expect(put).toMatchObject({ kv: { key, value, mod_revision: '2', version: '1', ...times } });
    expect(again).toMatchObject({ kv: { key, value: none, mod_revision: '3', version: '2', ...times, lease: '77' } });
    const gone = { key, value: none, create_revision: '0', mod_revision: '4', version: '0', lease: '0' };
    expect(deleted).toMatchObject({ type: 1, kv: gone });
    expect(deleted?.prev_kv ?? null).toBeNull();
  });

  it('gets a revision whole and in operation order, and a range deletion in key order', async () => {
    await watch.created('t*');
    const put = (key: string) => ({ request_put: { key: Buffer.from(key), value: Buffer.from('1') } });
    await etcd.call(kVService.txn, { success: [put('t3'), put('x'), put('t1'), put('t2')] });
    await etcd.delete('a', 'z');
    expect(await watch.next(2)).toEqual(['0@2 t3=1 t1=1 t2=1', '0@3 -t1 -t2 -t3']);
  });

  it('follows a key, a range, all keys from one on, or all', async () => {
    for (const keys of ['b', 'a..c', 'b..', '..']) await watch.created(keys);
    for (const key of ['a', 'b', 'c']) await etcd.put(key);
    const heard = (await watch.next(8)).sort();
    expect(heard).toEqual(['0@3 b=', '1@2 a=', '1@3 b=', '2@3 b=', '2@4 c=', '3@2 a=', '3@3 b=', '3@4 c=']);
  });

  it('goes on when the caller sends nothing more', async () => {
    await watch.created('a');
    watch.halfClose();
    await etcd.put('a', '1');
    expect(await watch.next(1)).toEqual(['0@2 a=1']);
    expect(watch.ended).toBeUndefined();
  });

  it('sees the keys of the native services', async () => {
    await watch.created('/quorate/*');
    const json = Buffer.from('{}');
    const words = { namespace: 'ns', service: 'web', instance: '1', ttlMs: 60_000, lease: '' as never };
    etcd.replica.apply({ kind: 'register', json, ...words });
    expect(await watch.next(1)).toEqual(['0@2 /quorate/registry/ns/web/1={"health":"PASSING"}']);
  });
});

describe('ids', () => {
  it('count from 0 and are not used again; callers may choose their own', async () => {
    expect(await watch.created('a')).toBe('0');
    expect(await watch.created('a', { watch_id: 2 })).toBe('2');
    expect(await watch.created('a', { watch_id: '-9223372036854775808' })).toBe('-9223372036854775808');
    expect(await watch.created('a')).toBe('1');
    watch.cancelWatch('1');
    await watch.take(1);
    expect(await watch.created('a')).toBe('3');
  });

  it('are refused when they are taken, and free again after a cancel', async () => {
    await watch.created('a', { watch_id: 7 });
    watch.create('b', { watch_id: 7 });
    const refused = '-1@1 created canceled "mvcc: duplicate watch ID provided on the WatchStream"';
    expect(await watch.next(1)).toEqual([refused]);
    watch.cancelWatch('7');
    expect(await watch.next(1)).toEqual(['7@1 canceled']);
    expect(await watch.created('b', { watch_id: 7 })).toBe('7');
    await etcd.put('b', '1');
    expect(await watch.next(1)).toEqual(['7@2 b=1']);
  });

  it('are answered in the order of the requests', async () => {
    for (let i = 0; i < 50; i++) watch.create(i % 7 === 3 ? 'b..a' : 'a');
    const answers = await watch.take(50);
    let next = 0;
    for (const [i, { watch_id }] of answers.entries()) expect(watch_id).toBe(i % 7 === 3 ? '-1' : String(next++));
  });

  it('that are not there are cancelled without a word, and so is a request that asks for nothing', async () => {
    watch.cancelWatch('5');
    watch.send({});
    watch.create('a');
    expect(await watch.next(1)).toEqual(['0@1 created']);
  });

  it('hear nothing after a cancel', async () => {
    await watch.created('a');
    await watch.created('a');
    watch.cancelWatch('0');
    expect(await watch.next(1)).toEqual(['0@1 canceled']);
    await etcd.put('a', '1');
    expect(await watch.next(1)).toEqual(['1@2 a=1']);
    expect(etcd.replica.hub.size).toBe(1);
  });

  it('belong to their stream', async () => {
    const other = etcd.watch();
    expect([await watch.created('a'), await other.created('a')]).toEqual(['0', '0']);
    other.cancel();
    await etcd.put('a', '1');
    expect(await watch.next(1)).toEqual(['0@2 a=1']);
  });
});

describe('a range', () => {
  it('that is empty is refused, whatever the id', async () => {
    await watch.created('a', { watch_id: 7 });
    for (const keys of ['b..a', 'b..b']) watch.create(keys, { watch_id: 7 });
    const refused = '-1@1 created canceled "mvcc: watcher range is empty"';
    expect(await watch.next(2)).toEqual([refused, refused]);
  });

  it('without a key begins with the least one', async () => {
    await watch.created('');
    await watch.created('..b');
    await etcd.put('a', '1');
    await etcd.put('\0', '2');
    await etcd.put('b', '3');
    expect((await watch.next(3)).sort()).toEqual(['0@3 \0=2', '1@2 a=1', '1@3 \0=2']);
  });
});

describe('a start revision', () => {
  beforeEach(async () => {
    await etcd.put('a', '1');
    await etcd.put('b', '1');
    await etcd.put('a', '2');
    await etcd.delete('a');
  });

  it('in the past brings everything from there on, in one message that says how far it goes', async () => {
    watch.create('a', { start_revision: 2 });
    expect(await watch.next(2)).toEqual(['0@5 created', '0@5 a=1 a=2 -a']);
    watch.create('a', { start_revision: 4 });
    expect(await watch.next(2)).toEqual(['1@5 created', '1@5 a=2 -a']);
    watch.create('a', { start_revision: 5 });
    expect(await watch.next(2)).toEqual(['2@5 created', '2@5 -a']);
    await etcd.put('a', '3');
    expect((await watch.next(3)).sort()).toEqual(['0@6 a=3', '1@6 a=3', '2@6 a=3']);
  });

  it('in the future brings nothing before it (etcd #20221)', async () => {
    watch.create('a', { start_revision: 8 });
    watch.create('a', { start_revision: '9223372036854775807' });
    expect(await watch.next(2)).toEqual(['0@5 created', '1@5 created']);
    for (const value of ['6', '7', '8', '9']) await etcd.put('a', value);
    expect(await watch.next(2)).toEqual(['0@8 a=8', '0@9 a=9']);
  });

  it('that is compacted ends the watch, after it was created; the stream lives on', async () => {
    compact(etcd.replica, 4);
    watch.create('a', { start_revision: 3 });
    expect(await watch.next(2)).toEqual(['0@5 created', '0@0 canceled compacted 4']);
    watch.create('a', { start_revision: 4 });
    expect(await watch.next(2)).toEqual(['1@5 created', '1@5 a=2 -a']);
  });

  it('at the compacted revision still brings a deletion made there (etcd #18089, #19179)', async () => {
    await etcd.put('b', '2');
    compact(etcd.replica, 5);
    watch.create('a..c', { start_revision: 5 });
    expect(await watch.next(2)).toEqual(['0@6 created', '0@6 -a b=2']);
  });

  it('that is compacted leaves the id taken until it is cancelled', async () => {
    compact(etcd.replica, 5);
    watch.create('a', { start_revision: 2, watch_id: 7 });
    await watch.take(2);
    watch.create('a', { watch_id: 7 });
    expect(await watch.next(1)).toEqual([
      '-1@5 created canceled "mvcc: duplicate watch ID provided on the WatchStream"',
    ]);
    watch.cancelWatch('7');
    expect(await watch.next(1)).toEqual(['7@5 canceled']);
    await watch.created('a', { watch_id: 7 });
  });

  it('before everything is compacted, or is the beginning for -1 while nothing is', async () => {
    watch.create('b', { start_revision: -5 });
    expect(await watch.next(2)).toEqual(['0@5 created', '0@0 canceled compacted -1']);
    watch.create('b', { start_revision: -1 });
    expect(await watch.next(2)).toEqual(['1@5 created', '1@5 b=1']);
    compact(etcd.replica, 4);
    watch.create('b', { start_revision: -1 });
    expect(await watch.next(2)).toEqual(['2@5 created', '2@0 canceled compacted 4']);
  });
});

describe('filters', () => {
  it('leave out puts, deletions or both, and then say nothing at all', async () => {
    for (const options of [noPut, noDelete, { filters: [NOPUT, NODELETE] }]) await watch.created('a', options);
    await watch.created('a');
    await etcd.put('a', '1');
    await etcd.delete('a');
    expect((await watch.next(4)).sort()).toEqual(['0@3 -a', '1@2 a=1', '3@2 a=1', '3@3 -a']);
  });

  it('go for what is caught up with, too', async () => {
    await etcd.put('a', '1');
    await etcd.delete('a');
    watch.create('a', { ...noPut, start_revision: 1 });
    expect(await watch.next(2)).toEqual(['0@3 created', '0@3 -a']);
  });
});

describe('prev_kv', () => {
  it('shows the version before, where there was one', async () => {
    await watch.created('a', { prev_kv: true });
    await watch.created('a');
    await etcd.put('a', '1');
    await etcd.put('a', '2');
    await etcd.delete('a');
    await etcd.put('a', '3');
    const heard = await watch.next(8);
    expect(heard.filter((text) => text.startsWith('0'))).toEqual(['0@2 a=1', '0@3 a=2[1]', '0@4 -a[2]', '0@5 a=3']);
    expect(heard.filter((text) => text.startsWith('1'))).toEqual(['1@2 a=1', '1@3 a=2', '1@4 -a', '1@5 a=3']);
  });

  it('shows it whole', async () => {
    await etcd.put('a', '1');
    await etcd.put('a', '2');
    await watch.created('a', { prev_kv: true });
    await etcd.delete('a');
    const [message] = await watch.take(1);
    const key = Buffer.from('a');
    expect(message?.events[0]?.prev_kv).toMatchObject({
      key,
      value: Buffer.from('2'),
      create_revision: '2',
      mod_revision: '3',
      version: '2',
    });
  });

  it('of history shows what is not compacted', async () => {
    for (const value of ['1', '2', '3', '4']) await etcd.put('a', value);
    compact(etcd.replica, 4);
    watch.create('a', { start_revision: 4, prev_kv: true });
    expect(await watch.next(2)).toEqual(['0@5 created', '0@5 a=3 a=4[3]']);
  });
});
