import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../../src/base/limits.js';
import type { WatchConfigResponse } from '../../../src/proto/quorate.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { compact, failures, holdClock, type Opened, openConfig, publish, TestStream, turns } from './watch-fixture.js';

let replica: FakeReplica;
let open: Opened<WatchConfigResponse>[];

beforeEach(() => {
  holdClock();
  replica = new FakeReplica({ recentBytes: 4_000 });
  open = [];
});

afterEach(() => {
  for (const each of open) each.cancel();
  replica.hub.close();
  vi.useRealTimers();
  expect(failures.splice(0)).toEqual([]);
});

function watch(request: Parameters<typeof openConfig>[1] = {}, capacity?: number): Opened<WatchConfigResponse> {
  const stream = new TestStream();
  if (capacity !== undefined) stream.capacity = capacity;
  const opened = openConfig(replica, { namespace: 'ns', ...request }, stream);
  open.push(opened);
  return opened;
}

/** Messages in short: "snapshot@3 a=1", "changes@4 b=2 c-", "progress@4"; flags follow the kind. */
function short(messages: readonly WatchConfigResponse[]): string[] {
  return messages.map(({ header, snapshot, changes, progress }) => {
    const at = `@${header?.revision}`;
    if (progress) return `progress${at}`;
    const documents = (snapshot ?? changes)?.documents ?? [];
    const texts = documents.map(({ key, value, deleted }) => ` ${key}${deleted ? '-' : `=${value.toString()}`}`);
    const flags = `${snapshot?.resync ? ' resync' : ''}${snapshot?.more ? ' more' : ''}${changes?.conflated ? ' conflated' : ''}`;
    return `${snapshot ? 'snapshot' : 'changes'}${at}${flags}${texts.join('')}`;
  });
}

describe('a new watch', () => {
  it('begins with a snapshot, then carries all changes of a revision in one message', async () => {
    publish(replica, { a: '1', b: '1' });
    publish(replica, { b: undefined, c: '1' }, 'ns');
    publish(replica, { a: 'elsewhere' }, 'other');
    const { take } = watch();
    await turns();
    publish(replica, { a: '2', c: undefined });
    publish(replica, { a: 'elsewhere' }, 'other');
    publish(replica, { b: '2' });
    expect(short(take())).toEqual(['snapshot@4 a=1 c=1', 'changes@5 a=2 c-', 'changes@7 b=2']);
  });

  it('tells everything about a document', async () => {
    publish(replica, { a: '1' });
    const { take } = watch({ key: 'a' });
    await turns();
    publish(replica, { a: '2' });
    const [snapshot, changes] = take();
    expect(snapshot?.header).toMatchObject({ clusterId: replica.clusterId, memberId: replica.memberId, term: 3 });
    expect(snapshot?.snapshot?.documents[0]).toMatchObject({ version: 1, revision: 2, author: 'someone' });
    expect(changes?.changes?.documents[0]).toMatchObject({
      namespace: 'ns',
      key: 'a',
      value: Buffer.from('2'),
      version: 2,
      contentType: 'text/plain',
      sha256: 'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35',
      author: 'someone',
      comment: 'why',
      publishedAtMs: 5,
      revision: 3,
      deleted: false,
    });
  });

  it('has an empty snapshot of a document that does not exist yet', async () => {
    const { take } = watch({ key: 'a' });
    await turns();
    publish(replica, { a: '1' });
    expect(short(take())).toEqual(['snapshot@1', 'changes@2 a=1']);
  });

  it('waits until this member is up to date', async () => {
    replica.quorum = false;
    const { take } = watch();
    publish(replica, { a: '1' });
    await turns();
    expect(take()).toEqual([]);
    replica.quorum = true;
    await turns();
    expect(short(take())).toEqual(['snapshot@2 a=1']);
  });

  it('ends with NO_QUORUM when nobody confirms that', async () => {
    replica.quorum = false;
    const { stream } = watch();
    await vi.advanceTimersByTimeAsync(limits.watchBarrierMs);
    expect([stream.ended, stream.error?.reason]).toEqual([true, 'NO_QUORUM']);
    expect(replica.hub.size).toBe(0);
  });

  it('refuses bad names and revisions', () => {
    const reason = (request: Parameters<typeof openConfig>[1]) => {
      try {
        watch(request);
      } catch (error) {
        return (error as { reason: string }).reason;
      }
      return undefined;
    };
    expect(reason({ namespace: '' })).toBe('INVALID_NAME');
    expect(reason({ namespace: 'a/b' })).toBe('INVALID_NAME');
    expect(reason({ key: '' })).toBe('INVALID_KEY');
    expect(reason({ prefix: '/' })).toBe('INVALID_KEY');
    expect(reason({ afterRevision: -1 })).toBe('INVALID_FIELD');
  });
});

describe('selection', () => {
  it('of a key, a prefix and a namespace', async () => {
    const [key, prefix, all] = [watch({ key: 'a' }), watch({ prefix: 'a/' }), watch()];
    await turns();
    // The history of "a" is a prefix of the history of "a/0000000001".
    publish(replica, { a: '1', 'a/0000000001': '2', 'a/b': '3', ab: '4' });
    const changes = (opened: Opened<WatchConfigResponse>) => short(opened.take()).slice(1);
    expect(changes(key)).toEqual(['changes@2 a=1']);
    expect(changes(prefix)).toEqual(['changes@2 a/0000000001=2 a/b=3']);
    expect(changes(all)).toEqual(['changes@2 a=1 a/0000000001=2 a/b=3 ab=4']);
  });

  it('of a prefix that looks like a version does not show the document before it', async () => {
    publish(replica, { a: '1', 'a/00': '1' });
    const { take } = watch({ prefix: 'a/0' });
    await turns();
    publish(replica, { a: '2' });
    publish(replica, { 'a/00': '2' });
    expect(short(take())).toEqual(['snapshot@2 a/00=1', 'changes@4 a/00=2']);
  });

  it('says nothing when an old version is pruned', async () => {
    for (let i = 1; i <= limits.keptVersions; i++) publish(replica, { a: String(i) });
    const { take } = watch();
    await turns();
    publish(replica, { a: 'last' });
    expect(short(take()).slice(1)).toEqual(['changes@102 a=last']);
  });
});

describe('resuming', () => {
  it('sends what came after the revision, each change once, and no snapshot', async () => {
    for (let i = 1; i <= 50; i++) publish(replica, { a: String(i) });
    const { take } = watch({ afterRevision: 11 });
    await turns();
    publish(replica, { a: '51' });
    expect(short(take())).toEqual(Array.from({ length: 41 }, (_, i) => `changes@${i + 12} a=${i + 11}`));
  });

  it('needs no quorum when this member has come as far', async () => {
    publish(replica, { a: '1' });
    replica.quorum = false;
    const { take } = watch({ afterRevision: 1 });
    await turns();
    expect(short(take())).toEqual(['changes@2 a=1']);
  });

  // etcd #15220, #20221: on a member that lags, a watch must neither go back in time nor fail.
  it('waits on a member that lags', async () => {
    replica.quorum = false;
    const { take } = watch({ afterRevision: 2 });
    await turns();
    publish(replica, { a: '1' });
    publish(replica, { a: '2' });
    expect(take()).toEqual([]);
    replica.quorum = true;
    await turns();
    expect(short(take())).toEqual(['changes@3 a=2']);
  });

  it('after a revision that does not exist is OUT_OF_RANGE', async () => {
    const { stream } = watch({ afterRevision: 5 });
    await turns();
    expect(stream.error).toMatchObject({ reason: 'REVISION_IN_FUTURE', metadata: { revision: '5', current: '1' } });
  });

  it('after a compacted revision is a resync on the same stream', async () => {
    for (let i = 1; i <= 5; i++) publish(replica, { a: String(i), b: String(i) });
    publish(replica, { b: undefined });
    compact(replica);
    const { take } = watch({ afterRevision: 3 });
    await turns();
    publish(replica, { b: 'again' });
    expect(short(take())).toEqual(['snapshot@7 resync a=5', 'changes@8 b=again']);
  });

  it('right at the compacted revision goes on without a resync', async () => {
    for (let i = 1; i <= 5; i++) publish(replica, { a: String(i) });
    compact(replica, replica.machine.revision);
    publish(replica, { a: '6' });
    const { take } = watch({ afterRevision: 6 });
    await turns();
    expect(short(take())).toEqual(['changes@7 a=6']);
  });

  // etcd #18089, #19179: the deletion at the compacted revision must not be missing.
  it('right before the compacted revision is given what that revision deleted', async () => {
    publish(replica, { a: '1', b: '1' });
    publish(replica, { b: undefined });
    compact(replica, replica.machine.revision);
    publish(replica, { a: '2' });
    const { take } = watch({ afterRevision: 2 });
    await turns();
    expect(short(take())).toEqual(['changes@3 b-', 'changes@4 a=2']);
  });
});

describe('a large snapshot', () => {
  const text = (i: number) => String(i).padStart(100_000, '.');

  it('comes in parts of one revision, and nothing that changes meanwhile is lost or doubled', async () => {
    for (let i = 0; i < 20; i++) publish(replica, { [`k${i}`]: text(i) });
    const { take } = watch();
    await turns(2);
    publish(replica, { k0: 'new', k19: undefined });
    await turns(100);
    const messages = take();
    const parts = messages.filter(({ snapshot }) => snapshot);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.map(({ snapshot }) => snapshot?.more)).toEqual([...parts.slice(1).map(() => true), false]);
    expect(new Set(parts.map(({ header }) => header?.revision))).toEqual(new Set([21]));
    expect(parts.flatMap(({ snapshot }) => snapshot?.documents ?? []).map(({ value }) => value.length)).toEqual(
      Array.from({ length: 20 }, () => 100_000),
    );
    expect(short(messages.slice(parts.length))).toEqual(['changes@22 k0=new k19-']);
  });

  it('has parts of bounded size', async () => {
    for (let i = 0; i < 20; i++) publish(replica, { [`k${i}`]: text(i) });
    const { stream } = watch();
    await turns(100);
    for (const message of stream.messages) expect(message.length).toBeLessThan(limits.watchPartBytes + 300_000);
  });

  it('begins anew when a compaction overtakes it', async () => {
    for (let i = 0; i < 20; i++) publish(replica, { [`k${i}`]: text(i) });
    const { stream, take } = watch({}, 1);
    await turns();
    publish(replica, { k0: 'new', k19: undefined });
    compact(replica);
    for (let i = 0; i < 30; i++) {
      stream.drain();
      await turns(10);
    }
    const messages = take();
    const last = messages.filter(({ header, snapshot }) => snapshot && header?.revision === 22);
    const documents = last.flatMap(({ snapshot }) => snapshot?.documents ?? []);
    expect(messages[0]?.header?.revision).toBe(21);
    expect(documents.map(({ key }) => key).sort()).toEqual(Array.from({ length: 19 }, (_, i) => `k${i}`).sort());
    expect(last.map(({ snapshot }) => snapshot?.more)).toEqual([...last.slice(1).map(() => true), false]);
    expect(last.every(({ snapshot }) => !snapshot?.resync)).toBe(true);
  });

  it('is sent as fast as the consumer reads', async () => {
    for (let i = 0; i < 20; i++) publish(replica, { [`k${i}`]: text(i) });
    const { stream } = watch({}, 1);
    await turns(100);
    expect(stream.messages.length).toBe(1);
    stream.drain();
    await turns(100);
    expect(stream.messages.length).toBe(2);
  });
});

describe('progress', () => {
  it('is told every two seconds of quiet, with the revision delivered and the age of the last leader contact', async () => {
    publish(replica, { a: '1' });
    const { take } = watch();
    await turns();
    publish(replica, { a: '2' }, 'other');
    take();
    replica.leaderContactAgeMs = 1234.6;
    await vi.advanceTimersByTimeAsync(limits.watchProgressMs);
    const [progress, ...more] = take();
    expect(progress?.header?.revision).toBe(3);
    expect(progress?.progress?.leaderContactAgeMs).toBe(1235);
    expect(more).toEqual([]);
    await vi.advanceTimersByTimeAsync(limits.watchProgressMs * 2.5);
    expect(short(take())).toEqual(['progress@3', 'progress@3']);
  });

  it('waits for quiet', async () => {
    const { take } = watch();
    await turns();
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(limits.watchProgressMs / 2);
      publish(replica, { a: String(i) });
    }
    expect(short(take()).filter((line) => line.startsWith('progress'))).toEqual([]);
  });

  it('is not told before the snapshot is complete, nor to a full stream', async () => {
    replica.quorum = false;
    const waiting = watch();
    await vi.advanceTimersByTimeAsync(limits.watchProgressMs * 1.5);
    expect(waiting.take()).toEqual([]);
    replica.quorum = true;
    await turns();
    const full = watch({}, 1);
    await turns();
    publish(replica, { a: '1' });
    await vi.advanceTimersByTimeAsync(limits.watchProgressMs * 2.5);
    expect(short(full.take())).toEqual(['snapshot@1']);
  });

  it('stops the clock with the last stream', async () => {
    const { cancel } = watch();
    await turns();
    expect(vi.getTimerCount()).toBe(1);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a slow consumer', () => {
  /** A stream that is live and full. */
  async function full(): Promise<Opened<WatchConfigResponse>> {
    const opened = watch();
    await turns();
    opened.take();
    opened.stream.capacity = 1;
    publish(replica, { a: 'first' });
    return opened;
  }

  it('gets the newest value per key over all that it missed, and is told so; then every change again', async () => {
    const { stream, take } = await full();
    for (let i = 0; i < 500; i++) publish(replica, { a: String(i), [`k${i % 3}`]: String(i), gone: String(i) });
    publish(replica, { gone: undefined });
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
    expect(short(take())).toEqual(['changes@2 a=first']);
    stream.drain();
    await turns(200);
    expect(short(take())).toEqual(['changes@503 conflated k2=497 k0=498 a=499 k1=499 gone-']);
    stream.capacity = Number.POSITIVE_INFINITY;
    stream.drain();
    await turns();
    publish(replica, { a: 'x' });
    publish(replica, { a: 'y' });
    expect(short(take())).toEqual(['changes@504 a=x', 'changes@505 a=y']);
  });

  it('that was held up for a moment only misses nothing', async () => {
    const { stream, take } = await full();
    for (let i = 0; i < 50; i++) publish(replica, { a: String(i) });
    stream.capacity = Number.POSITIVE_INFINITY;
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs / 2);
    stream.drain();
    await turns();
    expect(short(take()).slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => `changes@${i + 3} a=${i}`));
  });

  it('of a snapshot is not slow for that alone', async () => {
    for (let i = 0; i < 12; i++) publish(replica, { [`k${i}`]: '.'.repeat(100_000) });
    const { stream, take } = watch({}, 1);
    await turns();
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs * 2);
    while (!take().some(({ snapshot }) => snapshot?.more === false)) {
      stream.drain();
      await turns();
    }
    stream.drain();
    await turns();
    for (let i = 0; i < 5; i++) publish(replica, { a: String(i) });
    stream.capacity = Number.POSITIVE_INFINITY;
    stream.drain();
    await turns();
    expect(short(take())).toEqual(Array.from({ length: 5 }, (_, i) => `changes@${i + 14} a=${i}`));
  });

  it('is owed every change while it resumes, and the newest once it had arrived', async () => {
    for (let i = 0; i < 20; i++) publish(replica, { a: String(i) });
    const { stream, take } = watch({ afterRevision: 1 }, 1);
    for (let i = 0; i < 30; i++) {
      await turns(4);
      await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
      stream.drain();
    }
    await turns();
    const told = short(take()).filter((line) => !line.startsWith('progress'));
    expect(told).toEqual(Array.from({ length: 20 }, (_, i) => `changes@${i + 2} a=${i}`));
    stream.drain();
    for (let i = 0; i < 5; i++) publish(replica, { a: `late${i}` });
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
    stream.drain();
    await turns();
    expect(short(take())).toEqual(['changes@22 a=late0', 'changes@26 conflated a=late4']);
  });

  it('is told of one revision as it was, without calling it conflated', async () => {
    const { stream, take } = await full();
    publish(replica, { a: '2', b: '2' });
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
    stream.drain();
    await turns();
    expect(short(take()).slice(1)).toEqual(['changes@3 a=2 b=2']);
  });

  it('gets a resync when what it missed is compacted', async () => {
    const { stream, take } = await full();
    for (let i = 0; i < 100; i++) publish(replica, { a: String(i), [`k${i}`]: 'x'.repeat(500) });
    for (let i = 0; i < 99; i++) publish(replica, { [`k${i}`]: undefined });
    compact(replica);
    stream.drain();
    await turns(200);
    expect(short(take()).slice(1)).toEqual([`snapshot@201 resync a=99 k99=${'x'.repeat(500)}`]);
    stream.drain();
    await turns();
    publish(replica, { a: 'y' });
    expect(short(take())).toEqual(['changes@202 a=y']);
  });

  it('never makes the stream hold more than its queue and one message of bounded size', async () => {
    const opened = watch({}, limits.watchQueueBytes);
    await turns();
    const value = (i: number) => String(i).padStart(200_000, '.');
    const held = new Map<string, string>();
    const read = (): void => {
      for (const { snapshot, changes } of opened.take())
        for (const { key, value: bytes } of [...(snapshot?.documents ?? []), ...(changes?.documents ?? [])])
          held.set(key, bytes.toString().replaceAll('.', ''));
    };
    for (let i = 0; i < 80; i++) {
      publish(replica, { [`k${i % 20}`]: value(i) });
      if (i % 20 === 19) {
        await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
        read();
        opened.stream.drain();
        await turns(60);
      }
    }
    for (let i = 0; i < 20; i++) {
      read();
      opened.stream.drain();
      await turns(60);
    }
    expect(Object.fromEntries(held)).toEqual(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, String(60 + i)])),
    );
    expect(opened.stream.peak).toBeLessThan(limits.watchQueueBytes + limits.watchMessageBytes + 200_000);
  });

  it('of a large document that changes often gets the newest only', async () => {
    const { stream, take } = await full();
    for (let i = 0; i < 10; i++) publish(replica, { a: String(i).padStart(700_000, '.') });
    await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
    stream.drain();
    await turns(100);
    const [, ...rest] = take();
    expect(rest.map(({ changes }) => [changes?.conflated, changes?.documents[0]?.version])).toEqual([[true, 11]]);
  });
});

describe('streams of equal selections', () => {
  it('share one encoding of a change', async () => {
    const [a, b, c] = [watch(), watch(), watch({ key: 'a' })];
    await turns();
    for (const { stream } of [a, b, c]) stream.messages.length = 0;
    publish(replica, { a: '1' });
    expect(a.stream.messages[0]).toBe(b.stream.messages[0]);
    expect(c.stream.messages[0]).not.toBe(a.stream.messages[0]);
  });
});

describe('cancelling', () => {
  it('stops everything at any point of a stream', async () => {
    for (let i = 0; i < 10; i++) publish(replica, { [`k${i}`]: '.'.repeat(200_000) });
    for (let turn = 0; turn < 15; turn++) {
      const { stream, cancel } = watch(turn % 2 ? { afterRevision: 2 } : {}, turn % 3 ? 1 : undefined);
      await turns(turn);
      cancel();
      const { length } = stream.messages;
      stream.drain();
      publish(replica, { a: 'x' });
      await turns();
      expect(stream.messages.length).toBe(length);
    }
    expect([replica.hub.size, replica.waiting]).toEqual([0, 0]);
  });
});
