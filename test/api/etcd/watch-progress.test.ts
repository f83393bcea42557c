/** Progress of etcd's watches: never ahead of events, whatever a watch is doing (etcd #15220, #20221). */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WatchStream } from '../../../src/api/etcd/watch-stream.js';
import { keyOfText, NO_LEASE } from '../../../src/base/ids.js';
import { WatchRequest, WatchResponse } from '../../../src/proto/etcd.js';
import type { RevisionChanges } from '../../../src/watch/types.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { until } from '../../support/until.js';
import { holdClock, TestStream } from '../quorate/watch-fixture.js';
import { compact, EtcdDoor, short } from './watch-fixture.js';

let etcd: EtcdDoor;

afterEach(async () => {
  vi.useRealTimers();
  await etcd.stop();
});

/** A member whose history is read only when the test says so. */
function slowHistory(): { replica: FakeReplica; release: () => void } {
  const replica = new FakeReplica({ recentBytes: 0 });
  const { history } = replica.hub;
  const read = history.read.bind(history);
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  vi.spyOn(history, 'read').mockImplementation(async (...range): Promise<readonly RevisionChanges[]> => {
    await released;
    return read(...range);
  });
  return { replica, release };
}

describe('a progress request', () => {
  it('is answered for the whole stream with the current revision', async () => {
    etcd = await EtcdDoor.start();
    const watch = etcd.watch();
    await watch.created('a');
    await watch.created('b');
    await etcd.put('c', '1');
    watch.requestProgress();
    watch.requestProgress();
    expect(await watch.next(2)).toEqual(['-1@2', '-1@2']);
    await etcd.put('a', '1');
    watch.requestProgress();
    expect(await watch.next(2)).toEqual(['0@3 a=1', '-1@3']);
  });

  it('is answered on a stream without watches', async () => {
    etcd = await EtcdDoor.start();
    const watch = etcd.watch();
    await etcd.put('a', '1');
    watch.requestProgress();
    expect(await watch.next(1)).toEqual(['-1@2']);
  });

  it('waits for watches that catch up', async () => {
    const { replica, release } = slowHistory();
    etcd = await EtcdDoor.start({}, replica);
    const watch = etcd.watch();
    await etcd.put('a', '1');
    await watch.created('b');
    watch.create('a', { start_revision: 2 });
    watch.requestProgress();
    watch.requestProgress();
    await etcd.put('b', '1');
    expect(await watch.next(2)).toEqual(['1@2 created', '0@3 b=1']);
    await etcd.put('c', '1');
    release();
    expect(await watch.next(2)).toEqual(['1@4 a=1', '-1@4']);
    watch.requestProgress();
    expect(await watch.next(1)).toEqual(['-1@4']);
  });

  it('waits no longer for a watch that is cancelled', async () => {
    const { replica } = slowHistory();
    etcd = await EtcdDoor.start({}, replica);
    const watch = etcd.watch();
    await etcd.put('a', '1');
    await watch.created('a', { start_revision: 2 });
    watch.requestProgress();
    watch.cancelWatch('0');
    expect(await watch.next(2)).toEqual(['0@2 canceled', '-1@2']);
  });

  it('does not wait for a watch that a compaction has ended', async () => {
    etcd = await EtcdDoor.start();
    const watch = etcd.watch();
    await etcd.put('a', '1');
    compact(etcd.replica, 2);
    await watch.created('a');
    watch.create('a', { start_revision: 1 });
    await watch.take(2);
    watch.requestProgress();
    expect(await watch.next(1)).toEqual(['-1@2']);
  });

  it('says nothing to a stream with a watch from a revision that is still to come', async () => {
    etcd = await EtcdDoor.start();
    const watch = etcd.watch();
    await watch.created('a', { start_revision: 3 });
    watch.requestProgress();
    await etcd.put('a', '2');
    await etcd.put('a', '3');
    expect(await watch.next(1)).toEqual(['0@3 a=3']);
    watch.requestProgress();
    expect(await watch.next(1)).toEqual(['-1@3']);
  });
});

describe('progress_notify', () => {
  it('tells a quiet watch under its own id, and only those that ask for it', async () => {
    etcd = await EtcdDoor.start({ progressMs: 50 });
    const watch = etcd.watch();
    await watch.created('a');
    await watch.created('a', { progress_notify: true });
    await etcd.put('b', '1');
    await until('the watch hears of revision 2', async () => (await watch.next(1))[0] === '1@2');
    expect(await watch.next(2)).toEqual(['1@2', '1@2']);
  });

  it('is left out in an interval with an event', async () => {
    holdClock();
    etcd = await EtcdDoor.start();
    const { replica } = etcd;
    const stream = new TestStream();
    const [idle, fail] = [{ cancel() {}, pause() {}, resume() {} }, vi.fn()];
    const watches = new WatchStream(replica, stream, idle, { progressMs: 1_000, leader: idle, fail });
    const request = { create_request: { key: Buffer.from('a'), progress_notify: true } };
    watches.onMessage(WatchRequest.decode(WatchRequest.encode(request)));
    const put = (key: string): void => {
      const no = { prevKv: false, ignoreValue: false, ignoreLease: false };
      replica.apply({ kind: 'put', key: keyOfText(key), value: Buffer.from('1'), lease: NO_LEASE, ...no });
    };
    const heard = (ms: number): string[] => {
      vi.advanceTimersByTime(ms);
      return stream.messages.splice(0).map((message) => short(WatchResponse.decode(message)));
    };
    expect(heard(999)).toEqual(['0@1 created']);
    expect(heard(1)).toEqual(['0@1']);
    put('a');
    put('b');
    expect(heard(1_000)).toEqual(['0@2 a=1']);
    expect(heard(1_000)).toEqual(['0@3']);
    watches.cancel();
    expect(heard(5_000)).toEqual([]);
    expect(fail).not.toHaveBeenCalled();
  });

  it('says nothing while the watch catches up, or before the revision that it begins with', async () => {
    const { replica, release } = slowHistory();
    etcd = await EtcdDoor.start({ progressMs: 20 }, replica);
    const watch = etcd.watch();
    await etcd.put('a', '1');
    await watch.created('a', { start_revision: 2, progress_notify: true });
    await watch.created('a', { start_revision: 4, progress_notify: true });
    // This one tells that intervals have gone by.
    const other = etcd.watch();
    await other.created('a', { progress_notify: true });
    await other.take(3);
    expect(watch.messages).toEqual([]);
    release();
    expect((await watch.next(2))[0]).toBe('0@2 a=1');
    await etcd.put('b', '1');
    expect((await watch.take(5)).every(({ watch_id }) => watch_id === '0')).toBe(true);
    await etcd.put('b', '2');
    await until('the watch from revision 4 hears of it', async () => (await watch.next(1))[0] === '1@4');
  });
});
