import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { QuorateError } from '../../src/base/errors.js';
import type { ConfigEvent } from '../../src/client/events.js';
import { configService, type WatchConfigRequest, type WatchConfigResponseIn } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster, type FakeStream } from './fake-server.js';

type Stream = FakeStream<WatchConfigResponseIn>;

const at = (revision: number) => ({ clusterId: 1, memberId: 1, term: 1, revision });
const documents = (...keys: string[]) => keys.map((key) => ({ namespace: 'prod', key, value: Buffer.from(key) }));
const snapshot = (revision: number, keys: string[], rest: { more?: boolean; resync?: boolean } = {}) => ({
  header: at(revision),
  snapshot: { documents: documents(...keys), ...rest },
});
const changes = (revision: number, ...keys: string[]) => ({
  header: at(revision),
  changes: { documents: documents(...keys) },
});
const progress = (revision: number, leaderContactAgeMs = 0) => ({
  header: at(revision),
  progress: { leaderContactAgeMs },
});

/** An event in one short line. */
function line(event: ConfigEvent): string {
  if (event.kind === 'progress') return `progress ${event.revision}`;
  const keys = event.items.map((item) => item.key).join(' ');
  if (event.kind === 'snapshot') return `${event.resync ? 'resync' : 'snapshot'} ${event.revision}: ${keys}`;
  return `${event.conflated ? 'conflated' : 'changes'} ${event.revision}: ${keys}`;
}

describe('a config watch', () => {
  let cluster: FakeCluster;
  /** What was asked for, by member and in all. */
  let requests: { position: number; afterRevision: number | undefined }[];

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    requests = [];
  });
  afterEach(() => cluster.stop());

  /** Scripts the streams of a member, one function for the first stream, one for the second, the last for all further. */
  function onWatch(position: number, ...scripts: ((stream: Stream, request: WatchConfigRequest) => void)[]): void {
    let nth = 0;
    cluster.member(position).onStream(configService.watch, (request, stream: Stream) => {
      requests.push({ position, afterRevision: request.afterRevision });
      scripts[Math.min(nth, scripts.length - 1)]?.(stream, request);
      nth++;
    });
  }

  /** Reads until so many events came, then breaks off. */
  async function read(count: number, watch: AsyncIterable<ConfigEvent>): Promise<string[]> {
    const lines: string[] = [];
    for await (const event of watch) {
      lines.push(line(event));
      if (lines.length === count) break;
    }
    return lines;
  }

  const watchAll = () => cluster.client().config.watch({ namespace: 'prod' });

  test('yields the snapshot and then the changes; break ends it at the member', async () => {
    let served: Stream | undefined;
    onWatch(0, (stream) => {
      served = stream;
      stream.send(snapshot(5, ['a', 'b']));
      stream.send(changes(6, 'a'));
      stream.send({ header: at(9), changes: { documents: documents('b'), conflated: true } });
    });
    expect(await read(3, watchAll())).toEqual(['snapshot 5: a b', 'changes 6: a', 'conflated 9: b']);
    await until('the member hears of the end', () => served?.cancelled);
    expect(requests).toEqual([{ position: 0, afterRevision: undefined }]);
  });

  test('sends nothing before it is iterated', async () => {
    onWatch(0, (stream) => stream.send(snapshot(5, [])));
    const client = cluster.client();
    const idle = client.config.watch({ namespace: 'prod' });
    expect(await read(1, client.config.watch({ namespace: 'prod' }))).toHaveLength(1);
    expect(requests).toHaveLength(1);
    idle.close();
    expect(await idle.next()).toEqual({ done: true, value: undefined });
  });

  test('says what it watches: a key, a prefix, or all after a revision', async () => {
    const seen: WatchConfigRequest[] = [];
    onWatch(0, (stream, request) => {
      seen.push(request);
      stream.send(changes(9, 'a'));
    });
    const { config } = cluster.client();
    await read(1, config.watch({ namespace: 'prod', key: 'a' }));
    await read(1, config.watch({ namespace: 'prod', prefix: 'db/' }));
    await read(1, config.watch({ namespace: 'prod', afterRevision: 0 }));
    expect(seen).toMatchObject([{ key: 'a' }, { prefix: 'db/' }, { afterRevision: 0 }]);
    expect(seen.map((request) => request.selection)).toEqual(['key', 'prefix', undefined]);
  });

  test('goes on after the last revision on another member when a stream breaks', async () => {
    const first: { stream?: Stream } = {};
    onWatch(0, (stream) => {
      first.stream = stream;
      stream.send(snapshot(5, ['a']));
      stream.send(changes(6, 'a'));
    });
    onWatch(1, (stream) => {
      stream.send(changes(7, 'b'));
      stream.end();
    });
    onWatch(2, (stream) => stream.send(changes(8, 'c')));
    const lines: string[] = [];
    for await (const event of watchAll()) {
      lines.push(line(event));
      if (event.revision === 6) first.stream?.cut();
      if (event.revision === 8) break;
    }
    expect(lines).toEqual(['snapshot 5: a', 'changes 6: a', 'changes 7: b', 'changes 8: c']);
    expect(requests.slice(1)).toEqual([
      { position: 1, afterRevision: 6 },
      { position: 2, afterRevision: 7 },
    ]);
  });

  test('survives the death of its member', async () => {
    onWatch(0, (stream) => stream.send(snapshot(5, ['a'])));
    onWatch(1, (stream) => stream.send(changes(6, 'b')));
    const watch = watchAll();
    expect(line((await watch.next()).value as ConfigEvent)).toBe('snapshot 5: a');
    cluster.member(0).kill();
    expect(line((await watch.next()).value as ConfigEvent)).toBe('changes 6: b');
    expect(requests[1]).toEqual({ position: 1, afterRevision: 5 });
    watch.close();
  });

  test('passes on nothing twice when a member repeats what came before', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.send(changes(5, 'a'));
      stream.send(changes(4, 'a'));
      stream.send(changes(6, 'b'));
      stream.send(changes(6, 'b'));
      stream.send(changes(7, 'c'));
    });
    expect(await read(3, watchAll())).toEqual(['snapshot 5: a', 'changes 6: b', 'changes 7: c']);
  });

  test('puts the parts of a snapshot together', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a'], { more: true }));
      stream.send(snapshot(5, ['b', 'c'], { more: true }));
      stream.send(snapshot(5, ['d']));
    });
    expect(await read(1, watchAll())).toEqual(['snapshot 5: a b c d']);
  });

  test('drops the parts of a snapshot that the server began anew at another revision', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a', 'gone'], { more: true }));
      stream.send(snapshot(9, ['a'], { more: true }));
      stream.send(snapshot(9, ['b']));
    });
    expect(await read(1, watchAll())).toEqual(['snapshot 9: a b']);
  });

  test('throws half a snapshot away and asks for a whole one', async () => {
    const half: { stream?: Stream } = {};
    onWatch(0, (stream) => {
      half.stream = stream;
      stream.send(snapshot(5, ['a', 'gone'], { more: true }));
    });
    onWatch(1, (stream) => {
      stream.send(snapshot(6, ['a'], { more: true }));
      stream.send(snapshot(6, ['b']));
    });
    const reading = read(1, watchAll());
    await until('the first half is sent', () => half.stream);
    half.stream?.cut();
    expect(await reading).toEqual(['snapshot 6: a b']);
    expect(requests[1]).toEqual({ position: 1, afterRevision: undefined });
  });

  test('goes on after the old revision when a resync breaks off half way', async () => {
    const first: { stream?: Stream } = {};
    onWatch(0, (stream) => {
      first.stream = stream;
      stream.send(snapshot(5, ['a']));
      stream.send(snapshot(9, ['b'], { resync: true, more: true }));
    });
    onWatch(1, (stream) => stream.send(changes(6, 'c')));
    const watch = watchAll();
    expect(line((await watch.next()).value as ConfigEvent)).toBe('snapshot 5: a');
    first.stream?.cut();
    expect(line((await watch.next()).value as ConfigEvent)).toBe('changes 6: c');
    watch.close();
    expect(requests[1]).toEqual({ position: 1, afterRevision: 5 });
  });

  test('marks a snapshot that replaces changes', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.end();
    });
    onWatch(1, (stream) => stream.send(snapshot(50, ['b'], { resync: true })));
    expect(await read(2, watchAll())).toEqual(['snapshot 5: a', 'resync 50: b']);
  });

  test('progress moves the revision to resume after, and is yielded on request only', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.send(progress(40));
      stream.end();
    });
    onWatch(1, (stream) => {
      stream.send(changes(41, 'b'));
    });
    expect(await read(2, watchAll())).toEqual(['snapshot 5: a', 'changes 41: b']);
    expect(requests[1]).toEqual({ position: 1, afterRevision: 40 });
    const withProgress = cluster.client().config.watch({ namespace: 'prod', progress: true });
    expect(await read(2, withProgress)).toEqual(['snapshot 5: a', 'progress 40']);
  });

  test('progress amid a snapshot does not count as having the state', async () => {
    const half: { stream?: Stream } = {};
    onWatch(0, (stream) => {
      half.stream = stream;
      stream.send(progress(5));
      stream.send(snapshot(5, ['a'], { more: true }));
      stream.send(progress(5));
    });
    onWatch(1, (stream) => stream.send(snapshot(6, ['b'])));
    const reading = read(1, watchAll());
    await until('the first half is sent', () => half.stream);
    half.stream?.cut();
    expect(await reading).toEqual(['snapshot 6: b']);
    expect(requests[1]?.afterRevision).toBeUndefined();
  });

  test('leaves a member that has lost its leader', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.send(progress(5, 10_000));
    });
    onWatch(1, (stream) => stream.send(changes(6, 'b')));
    expect(await read(2, watchAll())).toEqual(['snapshot 5: a', 'changes 6: b']);
    expect(requests[1]).toEqual({ position: 1, afterRevision: 5 });
  });

  test('does not run in circles when every member has lost its leader', async () => {
    const stale = (stream: Stream) => {
      stream.send(snapshot(5, ['a']));
      stream.send(progress(5, 10_000));
    };
    for (const position of [0, 1, 2]) onWatch(position, stale);
    const watch = cluster.client().config.watch({ namespace: 'prod', progress: true });
    // The third member is the last to be tried; its progress is passed on.
    expect(await read(4, watch)).toEqual(['snapshot 5: a', 'resync 5: a', 'resync 5: a', 'progress 5']);
    expect(requests.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  test('leaves a member that falls silent', async () => {
    onWatch(0, (stream) => stream.send(snapshot(5, ['a'])));
    onWatch(1, () => {});
    onWatch(2, (stream) => stream.send(changes(6, 'b')));
    expect(await read(2, cluster.client({}, { watchQuietMs: 250 }).config.watch({ namespace: 'prod' }))).toEqual([
      'snapshot 5: a',
      'changes 6: b',
    ]);
    expect(requests.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  test('tries another member when one lags behind its revision', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.end();
    });
    onWatch(1, (stream) => stream.refuse('REVISION_IN_FUTURE'));
    onWatch(2, (stream) => stream.send(changes(6, 'b')));
    expect(await read(2, watchAll())).toEqual(['snapshot 5: a', 'changes 6: b']);
    expect(requests.map(({ afterRevision }) => afterRevision)).toEqual([undefined, 5, 5]);
  });

  test('does not let a resync of a lagging member take it back in time', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.end();
    });
    onWatch(1, (stream) => stream.send(snapshot(3, ['old'], { resync: true })));
    onWatch(2, (stream) => stream.send(changes(6, 'b')));
    expect(await read(2, watchAll())).toEqual(['snapshot 5: a', 'changes 6: b']);
  });

  test('begins anew when no member knows its revision any more', async () => {
    onWatch(0, (stream) => {
      stream.send(snapshot(5, ['a']));
      stream.end();
    });
    const emptied = (stream: Stream, request: WatchConfigRequest) => {
      if (request.afterRevision === undefined) stream.send(snapshot(2, ['new']));
      else stream.refuse('REVISION_IN_FUTURE');
    };
    for (const position of [1, 2]) onWatch(position, emptied);
    const client = cluster.client();
    const watch = client.config.watch({ namespace: 'prod' });
    await watch.next();
    onWatch(0, emptied);
    expect(await read(1, watch)).toEqual(['resync 2: new']);
  });

  test('throws when the caller asks for a revision that no member knows, and what is wrong with the request', async () => {
    for (const position of [0, 1, 2]) onWatch(position, (stream) => stream.refuse('REVISION_IN_FUTURE'));
    const { config } = cluster.client();
    await expect(read(1, config.watch({ namespace: 'prod', afterRevision: 99 }))).rejects.toMatchObject({
      reason: 'REVISION_IN_FUTURE',
    });
    onWatch(0, (stream) => stream.refuse('INVALID_NAME'));
    onWatch(1, (stream) => stream.refuse('INVALID_NAME'));
    onWatch(2, (stream) => stream.refuse('INVALID_NAME'));
    const watch = config.watch({ namespace: '-' });
    await expect(watch.next()).rejects.toMatchObject({ reason: 'INVALID_NAME' } satisfies Partial<QuorateError>);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test('ends by close() and by the signal while it waits, and with the client', async () => {
    for (const position of [0, 1, 2]) onWatch(position, (stream) => stream.send(snapshot(5, [])));
    const client = cluster.client();
    const abort = new AbortController();
    const watches = [
      client.config.watch({ namespace: 'prod' }),
      client.config.watch({ namespace: 'prod', signal: abort.signal }),
      client.config.watch({ namespace: 'prod' }),
    ] as const;
    await Promise.all(watches.map((watch) => watch.next()));
    const ends = watches.map((watch) => watch.next());
    watches[0].close();
    expect(await ends[0]).toEqual({ done: true, value: undefined });
    abort.abort();
    expect(await ends[1]).toEqual({ done: true, value: undefined });
    await client.close();
    expect(await ends[2]).toEqual({ done: true, value: undefined });
    await expect(client.config.watch({ namespace: 'prod' }).next()).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(await client.config.watch({ namespace: 'prod', signal: AbortSignal.abort() }).next()).toEqual({
      done: true,
      value: undefined,
    });
  });

  test('a slow consumer stops the stream instead of filling the memory, and misses nothing', async () => {
    const sent: number[] = [];
    const value = Buffer.alloc(64 * 1024);
    onWatch(0, (stream) => {
      stream.send(snapshot(1, []));
      const push = () => {
        while (sent.length < 400 && stream.ready) {
          const revision = sent.length + 2;
          sent.push(revision);
          const document = { namespace: 'prod', key: 'k', value };
          stream.send({ header: at(revision), changes: { documents: [document] } });
        }
        if (sent.length < 400 && !stream.cancelled) setTimeout(push, 1);
      };
      push();
    });
    // Silence that the client itself causes is no reason to leave the member.
    const watch = cluster.client({}, { watchQuietMs: 400 }).config.watch({ namespace: 'prod' });
    await watch.next();
    let before = 0;
    let quietSince = performance.now();
    await until('the member has stopped sending', () => {
      if (sent.length !== before) quietSince = performance.now();
      before = sent.length;
      return performance.now() - quietSince > 600;
    });
    expect(sent.length).toBeLessThan(100);
    const revisions: number[] = [];
    for await (const event of watch) {
      revisions.push(event.revision);
      if (event.revision === 401) break;
    }
    expect(revisions).toEqual(sent);
    expect(requests).toHaveLength(1);
  });
});
