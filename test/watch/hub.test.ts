import { describe, expect, it } from 'vitest';
import { prefixEnd } from '../../src/base/ranges.js';
import type { KeyRange } from '../../src/watch/types.js';
import { at, change, Harness, keyNamed, RecordingSink } from './fixture.js';

const one = (key: string): KeyRange[] => [{ key: keyNamed(key), end: undefined }];
const prefix = (key: string): KeyRange[] => [{ key: keyNamed(key), end: prefixEnd(keyNamed(key)) }];
const range = (key: string, end: string): KeyRange[] => [{ key: keyNamed(key), end: keyNamed(end) }];

describe('matching', () => {
  it('reaches exact, prefix, range and open-ended watches, and no others', () => {
    const { hub, put } = bound(new Harness());
    const sinks = {
      exact: watch(hub, one('a/1')),
      other: watch(hub, one('a/')),
      prefix: watch(hub, prefix('a/')),
      range: watch(hub, range('a/1', 'a/2')),
      open: watch(hub, range('b', '\0')),
      upsideDown: watch(hub, range('z', 'a')),
      several: watch(hub, [...one('b'), ...one('a/2')]),
    };
    put('a/1');
    put('a/2', 'b');
    put('b');
    put('A');
    expect(sinks.exact.got).toEqual(['2:a/1']);
    expect(sinks.other.got).toEqual([]);
    expect(sinks.prefix.got).toEqual(['2:a/1', '3:a/2']);
    expect(sinks.range.got).toEqual(['2:a/1']);
    expect(sinks.open.got).toEqual(['3:b', '4:b']);
    expect(sinks.upsideDown.got).toEqual([]);
    expect(sinks.several.got).toEqual(['3:a/2,b', '4:b']);
  });

  it('gives a change once to a watch whose ranges overlap, in operation order', () => {
    const { hub, put } = bound(new Harness());
    const sink = watch(hub, [...prefix('a'), ...range('a', 'c'), ...one('ab')]);
    put('ab', 'b', 'a');
    expect(sink.got).toEqual(['2:ab,b,a']);
  });

  it('shares one array between watchers of identical ranges only', () => {
    const { hub, put } = bound(new Harness());
    const [a, b, c] = [watch(hub, prefix('a')), watch(hub, prefix('a')), watch(hub, prefix('ab'))];
    put('abc');
    expect(a.arrays[0]).toBe(b.arrays[0]);
    expect(a.arrays[0]).not.toBe(c.arrays[0]);
  });

  it('forgets watchers that left', () => {
    const { hub, put } = bound(new Harness());
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(1), sink);
    const stays = watch(hub, one('a'));
    expect(hub.size).toBe(2);
    watcher.cancel();
    watcher.cancel();
    put('a');
    expect([hub.size, sink.got, stays.got]).toEqual([1, [], ['2:a']]);
  });
});

describe('catching up', () => {
  it('delivers from memory what came after the revision asked for, then goes on live', async () => {
    const { hub, put, settle, history } = bound(new Harness());
    put('a');
    put('a');
    put('b');
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(2), sink);
    expect([sink.got, watcher.live, watcher.deliveredRevision]).toEqual([[], false, 2]);
    await settle();
    expect([sink.got, watcher.live, watcher.deliveredRevision, sink.lives]).toEqual([['3:a'], true, 4, 1]);
    put('a');
    expect(sink.got).toEqual(['3:a', '5:a']);
    expect(history.reads).toBe(0);
  });

  it('reads history for what is no longer in memory, without gap or repeat at the seams', async () => {
    const { hub, put, settle, history } = bound(new Harness({ recentBytes: 3_000 }));
    for (let i = 0; i < 40; i++) put('a');
    const sink = watch(hub, one('a'), 5);
    put('a');
    await settle();
    put('a');
    expect(sink.revisions).toEqual(Array.from({ length: 38 }, (_, i) => i + 6));
    expect(history.reads).toBeGreaterThan(1);
  });

  it('keeps in memory what is not on disk yet, whatever the budget', async () => {
    const { hub, publish, settle, history } = bound(new Harness({ recentBytes: 1 }));
    publish([['a'], ['a'], ['a']], false);
    const sink = watch(hub, one('a'), 1);
    await settle();
    expect([sink.revisions, history.reads]).toEqual([[2, 3, 4], 0]);
  });

  it('shares one pass over history between watchers that resume together', async () => {
    const { hub, put, settle, history } = bound(new Harness({ recentBytes: 1 }));
    for (let i = 0; i < 20; i++) put(`k${i}`);
    const sinks = Array.from({ length: 20 }, (_, i) => watch(hub, one(`k${i}`), 1));
    await settle();
    expect(sinks.map(({ got }) => got)).toEqual(sinks.map((_, i) => [`${i + 2}:k${i}`]));
    expect(history.reads).toBeLessThanOrEqual(5);
  });

  it('lets a watcher that is nearly there arrive while another reads a long history', async () => {
    const { hub, put, settle, turn, history } = bound(new Harness({ recentBytes: 4_000 }));
    for (let i = 0; i < 100; i++) put('a');
    const far = watch(hub, one('a'), 1);
    const near = watch(hub, one('a'), 99);
    await turn();
    await turn();
    expect([near.revisions, far.revisions.length]).toEqual([[100, 101], 0]);
    await settle();
    expect(far.revisions.length).toBe(100);
    expect(history.reads).toBeGreaterThan(5);
  });

  it('is interrupted when the slice is over and goes on later', async () => {
    const harness = new Harness({ sliceMs: 5 });
    const { hub, put, turn, settle } = bound(harness);
    for (let i = 0; i < 50; i++) put('a');
    const sinks = Array.from({ length: 10 }, () => watch(hub, one('a'), 1));
    harness.msPerLook = 1;
    await turn();
    const given = sinks.reduce((sum, { got }) => sum + got.length, 0);
    expect(given).toBeGreaterThan(0);
    expect(given).toBeLessThan(10);
    await settle();
    for (const sink of sinks) expect(sink.revisions).toEqual(Array.from({ length: 50 }, (_, i) => i + 2));
  });

  it('tries again when history cannot be read, and says so', async () => {
    const { hub, put, turn, settle, runOut, history, errors } = bound(new Harness({ recentBytes: 1 }));
    put('a');
    put('a');
    history.failing = new Error('no such file');
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(1), sink);
    await turn();
    history.answer();
    await turn();
    expect(errors).toEqual(['cannot read the history of changes for watches; trying again']);
    expect(watcher.live).toBe(false);
    history.failing = undefined;
    runOut();
    await settle();
    expect(sink.revisions).toEqual([2, 3]);
    expect(watcher.live).toBe(true);
  });
});

describe('a hub under load', () => {
  it('hands a change to so many watchers as fit into a slice and to the rest in later turns', async () => {
    const harness = new Harness({ sliceMs: 5 });
    const { hub, put, settle } = bound(harness);
    const sinks = Array.from({ length: 100 }, () => watch(hub, one('a')));
    harness.msPerLook = 1;
    put('a');
    const given = sinks.filter(({ got }) => got.length > 0).length;
    expect(given).toBeLessThan(10);
    put('a');
    await settle();
    for (const sink of sinks) expect(sink.revisions).toEqual([2, 3]);
  });
});

describe('a full sink', () => {
  it('gets nothing until resume, then everything that it missed, then live changes', async () => {
    const { hub, put, settle } = bound(new Harness());
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(1), sink);
    sink.room = false;
    put('a');
    expect([watcher.live, watcher.deliveredRevision]).toEqual([false, 2]);
    put('b');
    put('a');
    put('a');
    await settle();
    expect([sink.revisions, watcher.deliveredRevision]).toEqual([[2], 3]);
    sink.room = true;
    watcher.resume();
    await settle();
    put('a');
    expect([sink.revisions, watcher.live]).toEqual([[2, 4, 5, 6], true]);
  });

  it('stays current while nothing that concerns it happens', () => {
    const { hub, put } = bound(new Harness());
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(1), sink);
    sink.room = false;
    put('a');
    for (let i = 0; i < 5; i++) put('b');
    expect(watcher.deliveredRevision).toBe(7);
    watcher.resume();
    expect(watcher.live).toBe(true);
  });

  it('that was paused gets nothing until resume either', async () => {
    const { hub, put, settle } = bound(new Harness());
    put('a');
    const sink = new RecordingSink();
    const [catching, live] = [hub.watch(one('a'), at(1), sink), hub.watch(one('b'), at(2), sink)];
    catching.pause();
    live.pause();
    put('a', 'b');
    await settle();
    expect(sink.got).toEqual([]);
    catching.resume();
    live.resume();
    await settle();
    expect(sink.got.sort()).toEqual(['2:a', '3:a', '3:b']);
  });

  it('may fill up again while it catches up', async () => {
    const { hub, put, settle } = bound(new Harness());
    for (let i = 0; i < 5; i++) put('a');
    const sink = new RecordingSink();
    sink.room = false;
    const watcher = hub.watch(one('a'), at(1), sink);
    for (let i = 0; i < 5; i++) {
      await settle();
      expect([sink.revisions.length, watcher.deliveredRevision]).toEqual([i + 1, i + 2]);
      watcher.resume();
    }
    await settle();
    expect([sink.revisions, watcher.live]).toEqual([[2, 3, 4, 5, 6], true]);
  });
});

describe('a watch on a future revision', () => {
  // etcd #20221: such a watch returned old events.
  it('delivers nothing up to the revision named, and says nothing about the future', () => {
    const { hub, put } = bound(new Harness());
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(4), sink);
    put('a');
    expect([sink.got, watcher.deliveredRevision]).toEqual([[], 2]);
    put('a');
    put('a');
    put('a');
    expect(sink.revisions).toEqual([5]);
  });
});

describe('compaction', () => {
  it('is told to a new watch even if the changes are still in memory', async () => {
    const { hub, put, settle, compact } = bound(new Harness());
    for (let i = 0; i < 5; i++) put('a');
    compact(5);
    const lost = watch(hub, one('a'), 2);
    const lostByOne = watch(hub, one('a'), 3);
    const kept = watch(hub, one('a'), 4);
    await settle();
    expect([lost.got, lost.compactedAt, lostByOne.compactedAt]).toEqual([[], 5, 5]);
    expect([kept.revisions, kept.compactedAt]).toEqual([[5, 6], undefined]);
    expect(hub.size).toBe(1);
  });

  it('is told to a new watch that was paused before it could hear of it', async () => {
    const { hub, put, settle, compact } = bound(new Harness());
    for (let i = 0; i < 5; i++) put('a');
    compact(5);
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(2), sink);
    watcher.pause();
    await settle();
    expect(sink.compactedAt).toBeUndefined();
    watcher.resume();
    await settle();
    expect([sink.got, sink.compactedAt]).toEqual([[], 5]);
  });

  it('does not harm a watcher that can be served from memory', async () => {
    const { hub, put, settle, compact } = bound(new Harness());
    const sink = new RecordingSink();
    const watcher = hub.watch(one('a'), at(1), sink);
    sink.room = false;
    for (let i = 0; i < 5; i++) put('a');
    compact(6);
    sink.room = true;
    watcher.resume();
    await settle();
    expect([sink.revisions, sink.compactedAt]).toEqual([[2, 3, 4, 5, 6], undefined]);
  });

  it('that passes while history is read ends the watcher instead of leaving a gap', async () => {
    const { hub, put, turn, settle, compact } = bound(new Harness({ recentBytes: 1 }));
    for (let i = 0; i < 20; i++) put('a');
    const sink = watch(hub, one('a'), 1);
    await turn();
    compact(10);
    await settle();
    expect([sink.got, sink.compactedAt]).toEqual([[], 10]);
  });
});

describe('reset', () => {
  it('reads on from the new state, or tells that it is compacted', async () => {
    const harness = new Harness();
    const { hub, put, settle, history } = bound(harness);
    const live = watch(hub, one('a'));
    const slow = new RecordingSink();
    slow.room = false;
    const slowWatcher = hub.watch(one('a'), at(1), slow);
    for (let i = 0; i < 3; i++) put('a');
    harness.revision += 5;
    history.all.push(...[5, 6, 7, 8].map((revision) => change(revision, 'a')));
    history.persisted = at(9);
    history.compacted = at(4);
    hub.reset(at(9), at(4));
    await settle();
    expect(live.revisions).toEqual([2, 3, 4, 5, 6, 7, 8]);
    slowWatcher.resume();
    await settle();
    expect([slow.revisions, slow.compactedAt]).toEqual([[2], 4]);
    put('a');
    expect(live.revisions.at(-1)).toBe(10);
  });
});

describe('reset during a read of history', () => {
  it('does not use what was read of the old state', async () => {
    const harness = new Harness({ recentBytes: 1 });
    const { hub, put, turn, settle, history } = bound(harness);
    for (let i = 0; i < 3; i++) put('a');
    const sink = watch(hub, one('a'), 1);
    await turn();
    hub.reset(at(4), at(0));
    history.instead = [];
    history.answer();
    await Promise.resolve();
    history.instead = undefined;
    await settle();
    expect(sink.revisions).toEqual([2, 3, 4]);
  });

  it('does not read while the store is being replaced, nor use what was being read then', async () => {
    const harness = new Harness({ recentBytes: 1 });
    const { hub, put, turn, settle, history } = bound(harness);
    for (let i = 0; i < 3; i++) put('a');
    const early = watch(hub, one('a'), 1);
    await turn();
    hub.replacing();
    const { reads } = history;
    // The new state: what came before revision 4 is compacted there, and not known to be so here.
    history.instead = [];
    history.answer();
    const late = watch(hub, one('a'), 2);
    await settle();
    expect([early.revisions, late.revisions, history.reads]).toEqual([[], [], reads]);
    history.instead = undefined;
    history.compacted = at(4);
    hub.reset(at(4), at(4));
    await settle();
    expect([early.compactedAt, late.compactedAt, early.revisions, late.revisions]).toEqual([4, 4, [], []]);
  });
});

describe('callbacks', () => {
  it('may cancel their own and other watches', async () => {
    const { hub, put, settle } = bound(new Harness());
    const first = new RecordingSink();
    const second = new RecordingSink();
    const watchers = [hub.watch(one('a'), at(1), first), hub.watch(one('a'), at(1), second)];
    first.onEach = () => {
      for (const watcher of watchers) watcher.cancel();
    };
    put('a');
    put('a');
    await settle();
    expect([first.got.length, second.got.length, hub.size]).toEqual([1, 0, 0]);
  });

  it('may begin watches', async () => {
    const { hub, publish, settle } = bound(new Harness());
    const begun: RecordingSink[] = [];
    const sink = watch(hub, one('a'));
    sink.onEach = () => {
      if (begun.length < 2) begun.push(watch(hub, one('a'), begun.length === 0 ? 1 : 3));
    };
    publish([['a'], ['a'], ['a']]);
    await settle();
    expect(begun.map(({ revisions }) => revisions)).toEqual([[2, 3, 4], [4]]);
  });

  it('that throw end their own watch only', async () => {
    const { hub, put, settle, errors } = bound(new Harness());
    put('a');
    const bad = watch(hub, one('a'), 1);
    const badLive = watch(hub, one('a'));
    const good = watch(hub, one('a'), 1);
    for (const sink of [bad, badLive])
      sink.onEach = () => {
        throw new Error('broken');
      };
    put('a');
    await settle();
    expect([good.revisions, hub.size, errors.length]).toEqual([[2, 3], 1, 2]);
  });
});

describe('scale', () => {
  it('costs a change only what it concerns: 10,000 watches on 10,000 keys', () => {
    const { hub, put } = bound(new Harness());
    const sinks = Array.from({ length: 10_000 }, (_, i) => watch(hub, i % 2 ? one(`k${i}`) : prefix(`k${i}/`)));
    const started = performance.now();
    for (let i = 0; i < 10_000; i++) put(i % 2 ? `k${i}` : `k${i}/x`);
    // About 30 ms; asking every watcher about every change would be 10^8 comparisons.
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(sinks.every(({ got }) => got.length === 1)).toBe(true);
  });
});

function watch(hub: Harness['hub'], ranges: readonly KeyRange[], after = Number(hub.revision)): RecordingSink {
  const sink = new RecordingSink();
  hub.watch(ranges, at(after), sink);
  return sink;
}

function bound(harness: Harness) {
  return {
    hub: harness.hub,
    history: harness.history,
    errors: harness.errors,
    put: harness.put.bind(harness),
    publish: harness.publish.bind(harness),
    compact: harness.compact.bind(harness),
    turn: harness.turn.bind(harness),
    settle: harness.settle.bind(harness),
    runOut: harness.runOut.bind(harness),
  };
}
