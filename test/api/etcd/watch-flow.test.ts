/** What etcd's watches do with much: large revisions, slow callers, members that have lost their leader. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WatchStream } from '../../../src/api/etcd/watch-stream.js';
import { keyOfText, NO_LEASE } from '../../../src/base/ids.js';
import { limits } from '../../../src/base/limits.js';
import type { Operation } from '../../../src/machine/types.js';
import { kVService, WatchRequest, type WatchRequestIn, WatchResponse } from '../../../src/proto/etcd.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { until } from '../../support/until.js';
import { holdClock, TestStream, turns } from '../quorate/watch-fixture.js';
import { compact, EtcdDoor, short } from './watch-fixture.js';

describe('over the wire', () => {
  let etcd: EtcdDoor;

  beforeEach(async () => {
    etcd = await EtcdDoor.start({ leaderLookMs: 20 });
  });

  afterEach(() => etcd.stop());

  /** One revision of about so many bytes. */
  function putMuch(bytes: number, prefix = 'k', value = Buffer.alloc(1 << 16, '.')): void {
    const success: Operation[] = [];
    for (let i = 0; i * value.length < bytes; i++) {
      const key = keyOfText(`${prefix}${String(i).padStart(3, '0')}`);
      success.push({ kind: 'put', key, value, lease: NO_LEASE, prevKv: false, ignoreValue: false, ignoreLease: false });
    }
    etcd.replica.apply({ kind: 'txn', compares: [], success, failure: [] });
  }

  it('a revision stays whole, however large', async () => {
    const watch = etcd.watch();
    await watch.created('k*');
    putMuch(5 << 20);
    const [message] = await watch.take(1);
    expect(message?.events.map(({ kv }) => `${kv?.key}`)).toEqual(
      Array.from({ length: 80 }, (_, i) => `k${String(i).padStart(3, '0')}`),
    );
    expect(message?.fragment).toBe(false);
  });

  it('unless the caller takes fragments: all but the last say that more follows', async () => {
    const watch = etcd.watch();
    await watch.created('k*', { fragment: true });
    putMuch(5 << 20);
    const messages = await watch.take(3);
    expect(messages.map(({ fragment }) => fragment)).toEqual([true, true, false]);
    expect(messages.map(({ header }) => header?.revision)).toEqual(['2', '2', '2']);
    const keys = messages.flatMap(({ events }) => events.map(({ kv }) => `${kv?.key}`));
    expect(keys).toEqual(Array.from({ length: 80 }, (_, i) => `k${String(i).padStart(3, '0')}`));
    for (const message of messages) {
      const { length } = WatchResponse.encode(message);
      expect(length).toBeLessThan(limits.watchFragmentBytes);
    }
    // As full as they may be.
    expect(messages[0]?.events.length).toBe(31);
    await etcd.put('k', 'small');
    expect(await watch.next(1)).toEqual(['0@3 k=small']);
  });

  it('a single event is never split', async () => {
    const watch = etcd.watch();
    await watch.created('a', { fragment: true, prev_kv: true });
    const value = Buffer.alloc(1_400_000, '.');
    await etcd.put('a', value);
    await etcd.put('a', value);
    const messages = await watch.take(2);
    expect(messages.map(({ fragment, events }) => [fragment, events.length])).toEqual([
      [false, 1],
      [false, 1],
    ]);
  });

  it('a caller that does not read holds up neither the member nor other callers, and misses nothing (etcd #17529)', async () => {
    const slow = etcd.watch();
    const quick = etcd.watch();
    await slow.created('k');
    await slow.created('k', { prev_kv: true });
    await quick.created('k');
    slow.pause();
    for (let i = 0; i < 300; i++) await etcd.put('k', `${i}:${'.'.repeat(20_000)}`);
    const seen = await quick.take(300);
    expect(seen.map(({ header }) => Number(header?.revision))).toEqual(Array.from({ length: 300 }, (_, i) => i + 2));
    slow.resume();
    const events = (id: string) =>
      slow.messages.filter(({ watch_id }) => watch_id === id).flatMap((message) => message.events);
    await until('the slow one has it all', () => events('0').length === 300 && events('1').length === 300);
    for (const id of ['0', '1'])
      expect(events(id).map(({ kv }) => `${kv?.value}`.split(':')[0])).toEqual(
        Array.from({ length: 300 }, (_, i) => String(i)),
      );
    expect(events('1')[299]?.prev_kv?.mod_revision).toBe('300');
  });

  it('a stream that needs a leader is refused where there is none', async () => {
    etcd.replica.leader = undefined;
    const watch = etcd.watch({ hasleader: 'true' });
    expect(await watch.end()).toBe('14 etcdserver: no leader');
    await etcd.watch().created('a');
    await etcd.watch({ hasleader: 'false' }).created('a');
  });

  it('a stream that needs a leader ends when the member has lost it, and only such a stream', async () => {
    const watch = etcd.watch({ hasleader: 'true' });
    const other = etcd.watch();
    await watch.created('a');
    await other.created('a');
    etcd.replica.leader = undefined;
    expect(await watch.end()).toBe('14 etcdserver: no leader');
    expect(etcd.replica.hub.size).toBe(1);
    await etcd.put('a', '1');
    expect(await other.next(1)).toEqual(['0@2 a=1']);
  });

  it('a stream ends when the member stops', async () => {
    const watch = etcd.watch();
    await watch.created('a');
    etcd.stopStreams();
    expect(await watch.end()).toBe('14 etcdserver: server stopped');
    expect(etcd.replica.hub.size).toBe(0);
  });

  it('watches end with their stream', async () => {
    const watch = etcd.watch();
    for (let i = 0; i < 3; i++) await watch.created('a', { progress_notify: true });
    watch.cancel();
    await until('no watch is left', () => etcd.replica.hub.size === 0);
  });

  it('bytes that are no request end the stream with an error that says so', async () => {
    expect(await etcd.garbage('/etcdserverpb.Watch/Watch')).toMatch(/^3 etcdserver: the request cannot be decoded/);
  });

  it('many keys deleted at once come in one message with what they were', async () => {
    for (let i = 0; i < 30; i++) putMuch(700, `${i}-`, Buffer.from('before!'));
    const watch = etcd.watch();
    await watch.created('..', { prev_kv: true });
    await watch.created('..');
    const { deleted } = await etcd.call(kVService.deleteRange, { key: Buffer.of(0), range_end: Buffer.of(0) });
    await etcd.put('a', 'after');
    const messages = await watch.take(4);
    const big = messages.filter(({ events }) => events.length > 1);
    expect(big.map(({ events }) => events.length)).toEqual([Number(deleted), Number(deleted)]);
    for (const { events, watch_id } of big) {
      const keys = events.map(({ kv }) => `${kv?.key}`);
      expect(keys).toEqual([...keys].sort());
      expect(events.every(({ prev_kv }) => (prev_kv?.value.length ?? 0) === (watch_id === '0' ? 7 : 0))).toBe(true);
    }
    expect(
      messages
        .slice(2)
        .map(({ events }) => events.length)
        .sort(),
    ).toContain(1);
  });
});

describe('a stream whose caller is slow', () => {
  let replica: FakeReplica;
  let stream: TestStream;
  let watches: WatchStream;
  let heldUp: boolean;
  const failures: unknown[] = [];

  beforeEach(() => {
    replica = new FakeReplica({ recentBytes: 4_000 });
    stream = new TestStream();
    heldUp = false;
    const input = {
      pause: () => {
        heldUp = true;
      },
      resume: () => {
        heldUp = false;
      },
    };
    const leader = { cancel() {} };
    const fail = (thrown: unknown): void => void failures.push(thrown);
    watches = new WatchStream(replica, stream, input, { progressMs: 600_000, leader, fail });
  });

  afterEach(() => {
    vi.useRealTimers();
    watches.cancel();
    replica.hub.close();
    expect(failures.splice(0)).toEqual([]);
  });

  function send(request: WatchRequestIn): void {
    watches.onMessage(WatchRequest.decode(WatchRequest.encode(request)));
  }

  function create(key: string, options: WatchRequestIn['create_request'] = {}): void {
    send({ create_request: { key: Buffer.from(key), ...options } });
  }

  function put(key: string, value: string): void {
    const [lease, no] = [NO_LEASE, { prevKv: false, ignoreValue: false, ignoreLease: false }];
    replica.apply({ kind: 'put', key: keyOfText(key), value: Buffer.from(value), lease, ...no });
  }

  const heard = (): string[] => stream.messages.splice(0).map((message) => short(WatchResponse.decode(message)));

  it('is sent no more than its queue and what was on its way', async () => {
    stream.capacity = 10_000;
    create('a');
    create('b');
    const value = '.'.repeat(1_000);
    for (let i = 0; i < 200; i++) {
      put('a', value);
      put('b', value);
      if (i % 10 === 0) await turns(3);
    }
    expect(heldUp).toBe(true);
    expect(stream.peak).toBeLessThan(12_000);
    const revisions = { 0: [] as number[], 1: [] as number[] };
    for (let i = 0; i < 200; i++) {
      for (const message of stream.messages.splice(0)) {
        const { watch_id, events } = WatchResponse.decode(message);
        for (const { kv } of events) revisions[watch_id === '0' ? 0 : 1].push(Number(kv?.mod_revision));
      }
      stream.drain();
      await turns(3);
    }
    // What is gathered for a message on the way back is bounded, too.
    expect(stream.peak).toBeLessThan(10_000 + limits.watchHeldBytes);
    expect(revisions[0]).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i + 2));
    expect(revisions[1]).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i + 3));
    expect(heldUp).toBe(false);
  });

  it('hears of a compaction that overtook it, when it reads on', async () => {
    stream.capacity = 10;
    create('a');
    put('a', '.'.repeat(5_000));
    put('a', '.'.repeat(5_000));
    compact(replica, 3);
    await turns();
    expect(heard()).toEqual(['0@1 created']);
    stream.drain();
    await turns();
    expect(heard()).toEqual(['0@0 canceled compacted 3']);
  });

  it('is told of progress only when it has read everything', async () => {
    create('a');
    put('a', '1');
    stream.capacity = 1;
    put('a', '2');
    put('a', '3');
    expect(heard()).toEqual(['0@1 created', '0@2 a=1', '0@3 a=2']);
    send({ progress_request: {} });
    await turns();
    expect(heard()).toEqual([]);
    stream.capacity = Number.POSITIVE_INFINITY;
    stream.drain();
    await turns();
    expect(heard()).toEqual(['0@4 a=3', '-1@4']);
  });

  it('is answered in order what it asked while nothing could be said', async () => {
    stream.capacity = 1;
    create('a');
    create('b');
    send({ progress_request: {} });
    put('b', '1');
    expect(heard()).toEqual(['0@1 created']);
    const told: string[] = [];
    for (let i = 0; i < 4; i++) {
      stream.drain();
      await turns();
      told.push(...heard());
    }
    expect(told).toEqual(['1@1 created', '1@2 b=1', '-1@2']);
  });

  it('still gets what was gathered when a compaction ends the watch', async () => {
    holdClock();
    for (const value of ['1', '2', '3']) put('a', value.repeat(5_000));
    const { history } = replica.hub;
    const read = history.read.bind(history);
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = vi.spyOn(history, 'read');
    slow.mockImplementationOnce((after, upTo) => read(after, upTo, 1));
    slow.mockImplementationOnce(async (...range) => {
      await released;
      return read(...range);
    });
    create('a', { start_revision: 2 });
    await turns();
    compact(replica, 4);
    release();
    await turns();
    expect(slow).toHaveBeenCalledTimes(2);
    expect(heard()).toEqual(['0@4 created', `0@2 a=${'1'.repeat(5_000)}`, '0@0 canceled compacted 4']);
  });

  it('gets a large revision before the next one, though it is encoded in turns', async () => {
    for (let i = 0; i < 700; i++) put(`a${String(i).padStart(3, '0')}`, 'before');
    create('a', { range_end: Buffer.from('b'), prev_kv: true });
    create('a', { range_end: Buffer.from('b') });
    heard();
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1;
      return now;
    });
    const [key, end] = [keyOfText('a'), keyOfText('b')];
    replica.apply({ kind: 'deleteRange', key, end, prevKv: false });
    put('a', 'after');
    send({ progress_request: {} });
    await turns(100);
    clock.mockRestore();
    const messages = stream.messages.splice(0).map((message) => WatchResponse.decode(message));
    for (const id of ['0', '1']) {
      const revisions = messages
        .filter(({ watch_id }) => watch_id === id)
        .flatMap(({ events }) => events.map(({ kv, prev_kv }) => `${kv?.mod_revision}${prev_kv?.value ?? ''}`));
      const before = id === '0' ? 'before' : '';
      expect(revisions).toEqual([...Array.from({ length: 700 }, () => `702${before}`), '703']);
    }
    expect(messages.at(-1)).toMatchObject({ watch_id: '-1', header: { revision: '703' } });
  });

  it('gets the rest of a revision in fragments as it reads', async () => {
    create('a', { range_end: Buffer.from('b'), fragment: true });
    stream.capacity = 1_000;
    const [lease, no] = [NO_LEASE, { prevKv: false, ignoreValue: false, ignoreLease: false }];
    const value = Buffer.alloc(1 << 20, '.');
    const success = Array.from({ length: 6 }, (_, i): Operation => {
      return { kind: 'put', key: keyOfText(`a${i}`), value, lease, ...no };
    });
    replica.apply({ kind: 'txn', compares: [], success, failure: [] });
    put('a', 'after');
    const seen: string[] = [];
    for (let i = 0; i < 8; i++) {
      await turns(3);
      expect(stream.messages.length).toBeLessThanOrEqual(2);
      for (const message of stream.messages.splice(0)) {
        const { events, fragment, header } = WatchResponse.decode(message);
        seen.push(`${header?.revision} ${events.map(({ kv }) => kv?.key).join()}${fragment ? ' ...' : ''}`);
      }
      stream.drain();
    }
    expect(seen).toEqual(['1 ', '2 a0 ...', '2 a1 ...', '2 a2 ...', '2 a3 ...', '2 a4 ...', '2 a5', '3 a']);
  });

  it('serves its watches in turn', async () => {
    stream.capacity = 1;
    for (const key of ['a', 'b', 'c']) {
      create(key);
      stream.drain();
    }
    for (let i = 0; i < 20; i++) for (const key of ['a', 'b', 'c']) put(key, String(i));
    heard();
    const first = new Set<string>();
    for (let i = 0; i < 8; i++) {
      stream.drain();
      await turns(5);
      for (const text of heard()) first.add(text.split('@')[0] ?? '');
    }
    expect([...first].sort()).toEqual(['0', '1', '2']);
  });
});
