/** A short history of the etcd door in which every promise is kept, and ways to break them. */
import type { RawCall, RawChange, RawEvent, RawWatched } from '../etcd-history.js';
import type { History } from '../history.js';

type EtcdLists = Pick<History, 'etcdCalls' | 'etcdWatched' | 'etcdFinals'>;

const event = (
  key: string,
  value: string | undefined,
  revision: number,
  version: number,
  created: number,
): RawEvent => ({
  key,
  value,
  revision,
  version,
  created,
});
const a1 = event('k/a', 'one', 2, 1, 2);
const b1 = event('k/b', 'two', 2, 1, 2);
const a2 = { ...event('k/a', 'three', 3, 2, 2), previous: 2 };
const gone = { ...event('k/a', undefined, 4, 0, 0), previous: 3 };
const a3 = event('k/a', 'four', 6, 1, 6);

const line = (watcher: string, kind: RawWatched['kind'], revision: number, ...events: RawEvent[]): RawWatched => ({
  watcher,
  at: revision,
  kind,
  revision,
  prefix: kind === 'begin' ? 'k/' : undefined,
  events: kind === 'events' ? events : undefined,
});
const call = (changes: RawChange[], rest: Partial<RawCall>): RawCall => ({
  caller: 'c1',
  begin: 0,
  end: 1,
  changes,
  outcome: 'ok',
  ...rest,
});
const put = (key: string, value: string): RawChange => ({ key, value });

export function etcdSample(): EtcdLists {
  return {
    etcdCalls: [
      call([put('k/a', 'one'), put('k/b', 'two')], { revision: 2 }),
      call([put('k/a', 'three')], { outcome: 'unknown', reason: '14' }),
      call([{ key: 'k/a' }], { revision: 4 }),
      call([put('k/a', 'four')], { revision: 6 }),
      call([put('k/b', 'never')], { outcome: 'refused', reason: '3' }),
      call([], { deletedPrefix: 'k/c' }),
    ],
    // One watch that saw it all, one that was resumed, one that a compaction overtook.
    etcdWatched: [
      line('w1', 'begin', 1),
      line('w1', 'created', 1),
      line('w1', 'events', 2, a1, b1),
      line('w1', 'progress', 2),
      line('w1', 'events', 4, a2, gone),
      line('w1', 'progress', 5),
      line('w1', 'events', 6, a3),
      line('w2', 'begin', 1),
      line('w2', 'events', 2, a1, b1),
      line('w2', 'events', 3, a2),
      line('w2', 'begin', 4),
      line('w2', 'events', 4, gone),
      line('w2', 'progress', 5),
      line('w2', 'begin', 6),
      line('w2', 'events', 6, a3),
      line('w3', 'begin', 1),
      line('w3', 'events', 2, a1, b1),
      line('w3', 'begin', 3),
      line('w3', 'compacted', 5),
      line('w3', 'begin', 5),
      line('w3', 'events', 6, a3),
    ],
    etcdFinals: [
      { key: 'k/a', value: 'four', revision: 6, version: 1 },
      { key: 'k/b', value: 'two', revision: 2, version: 1 },
    ],
  };
}

/** Changes the first line of a watch that is of this kind and revision; undefined: drops it. */
function alter(
  { etcdWatched }: EtcdLists,
  watcher: string,
  kind: RawWatched['kind'],
  revision: number,
  to?: (line: RawWatched) => RawWatched | readonly RawWatched[],
): void {
  const at = etcdWatched.findIndex((l) => l.watcher === watcher && l.kind === kind && l.revision === revision);
  const found = etcdWatched[at];
  if (!found) throw new Error('there is no such line to change');
  etcdWatched.splice(at, 1, ...[to?.(found) ?? []].flat());
}

/** Each with the sentence that must be said of it. */
export const etcdDoctored: readonly (readonly [string, (history: History) => void, RegExp])[] = [
  [
    'ordered: an event comes after a later one',
    (history) => alter(history, 'w1', 'events', 4, (l) => ({ ...l, events: [gone, a2] })),
    /w1: k\/a \(three, revision 3\) came after revision 4 in one message/,
  ],
  [
    'ordered: a message comes after a later one',
    (history) => {
      alter(history, 'w2', 'events', 3);
      alter(history, 'w2', 'events', 4, (l) => [l, line('w2', 'events', 3, a2)]);
    },
    /w2: k\/a \(three, revision 3\) was told after a message of revision 4/,
  ],
  [
    'unique: an event comes twice',
    (history) => alter(history, 'w1', 'events', 6, (l) => [l, l]),
    /w1: k\/a \(four, revision 6\) was told after a message of revision 6/,
  ],
  [
    'unique: an event is twice in a message',
    (history) => alter(history, 'w1', 'events', 6, (l) => ({ ...l, events: [a3, a3] })),
    /w1: k\/a \(four, revision 6\) was told twice/,
  ],
  [
    'reliable: an acknowledged write is not told',
    (history) => alter(history, 'w1', 'events', 6, (l) => ({ ...l, kind: 'progress', events: undefined })),
    /w1: missed k\/a \(four, revision 6\)/,
  ],
  [
    'reliable: what only another watch was told of is not told',
    (history) => alter(history, 'w1', 'events', 4, (l) => ({ ...l, events: [gone] })),
    /w1: missed k\/a \(three, revision 3\)/,
  ],
  [
    'reliable: no watch tells of a write that was not acknowledged, but versions count it',
    (history) => {
      alter(history, 'w1', 'events', 4, (l) => ({ ...l, events: [{ ...gone, previous: 3 }] }));
      alter(history, 'w2', 'events', 3);
      alter(history, 'w2', 'begin', 4, (l) => ({ ...l, revision: 3 }));
    },
    /w1: k\/a \(deleted, revision 4\) came after revision 3, but 2 was told before/,
  ],
  [
    'reliable: a watch stops telling',
    (history) => {
      alter(history, 'w2', 'begin', 6);
      alter(history, 'w2', 'events', 6);
    },
    /w2: ended at revision 5, before k\/a \(four, revision 6\)/,
  ],
  [
    'reliable: an event tells something else than another',
    (history) => alter(history, 'w1', 'events', 6, (l) => ({ ...l, events: [{ ...a3, value: 'five' }] })),
    /revision 6 of k\/a is four, but by watch w1 five/,
  ],
  [
    'reliable: the events leave another state than is read',
    (history) => {
      history.etcdFinals.splice(1, 1);
    },
    /w1: leaves k\/b \(two, revision 2\) where in the end nothing was read/,
  ],
  [
    'atomic: a revision is split over two messages',
    (history) =>
      alter(history, 'w1', 'events', 2, (l) => [
        { ...l, events: [a1] },
        { ...l, events: [b1] },
      ]),
    /w1: k\/b \(two, revision 2\) was told after a message of revision 2/,
  ],
  [
    'atomic: a part of a revision is not told',
    (history) => alter(history, 'w1', 'events', 2, (l) => ({ ...l, events: [a1] })),
    /w1: missed k\/b \(two, revision 2\)/,
  ],
  [
    'atomic: a txn has two revisions',
    (history) => {
      const [txn] = history.etcdCalls;
      if (txn) history.etcdCalls[0] = { ...txn, outcome: 'unknown', revision: undefined };
      history.etcdWatched.splice(
        0,
        history.etcdWatched.length,
        line('w1', 'begin', 1),
        line('w1', 'events', 3, a1, { ...b1, revision: 3 }),
      );
    },
    /a call of c1 changed k\/b in revision 3, and others in 2/,
  ],
  [
    'resumable: a resumed watch repeats',
    (history) => alter(history, 'w2', 'events', 4, (l) => ({ ...l, events: [a2, gone] })),
    /w2: k\/a \(three, revision 3\) was told after a message of revision 3/,
  ],
  [
    'resumable: a resumed watch leaves something out',
    (history) => alter(history, 'w2', 'events', 4),
    /w2: missed k\/a \(deleted, revision 4\)/,
  ],
  [
    'resumable: a watch is resumed elsewhere than where it ended',
    (history) => alter(history, 'w2', 'begin', 4, (l) => ({ ...l, revision: 5 })),
    /w2: resumed at revision 5, though it had everything up to 3/,
  ],
  [
    'resumable: a watch is ended by a compaction before it',
    (history) => alter(history, 'w3', 'compacted', 5, (l) => ({ ...l, revision: 3 })),
    /w3: was ended by a compaction at 3, though it began at 3/,
  ],
  [
    'bookmarkable: progress is ahead of the events',
    (history) => alter(history, 'w1', 'progress', 5, (l) => ({ ...l, revision: 6 })),
    /w1: k\/a \(four, revision 6\) was told after progress at revision 6/,
  ],
  [
    'bookmarkable: a watch that trusts progress misses something',
    (history) => {
      alter(history, 'w2', 'progress', 5, (l) => ({ ...l, revision: 6 }));
      alter(history, 'w2', 'begin', 6, (l) => ({ ...l, revision: 7 }));
      alter(history, 'w2', 'events', 6);
    },
    /w2: missed k\/a \(four, revision 6\)/,
  ],
  [
    'bookmarkable: a header is ahead of the events',
    (history) => alter(history, 'w2', 'events', 2, (l) => ({ ...l, revision: 3 })),
    /w2: k\/a \(three, revision 3\) was told after a message of revision 3/,
  ],
  [
    'an event is outside of the range',
    (history) => alter(history, 'w1', 'begin', 1, (l) => ({ ...l, prefix: 'k/a' })),
    /w1: k\/b \(two, revision 2\) is not in its range/,
  ],
  [
    'a key has the version of another life',
    (history) => alter(history, 'w1', 'events', 6, (l) => ({ ...l, events: [{ ...a3, version: 3, created: 2 }] })),
    /w1: k\/a \(four, revision 6\) is version 3 of the life since 2, but 1 since 6 belongs there/,
  ],
  [
    'a refused write is told',
    ({ etcdCalls }) => {
      const at = etcdCalls.findIndex(({ outcome }) => outcome === 'unknown');
      const found = etcdCalls[at];
      if (found) etcdCalls[at] = { ...found, outcome: 'refused' };
    },
    /three in k\/a, revision 3, is there although c1 was refused/,
  ],
  [
    'a write is told that nobody made',
    ({ etcdCalls }) => {
      etcdCalls.splice(1, 1);
    },
    /three in k\/a, revision 3, was written by nobody/,
  ],
  [
    'a delete is told that nobody made',
    ({ etcdCalls }) => {
      etcdCalls.splice(2, 1);
    },
    /k\/a was deleted in revision 4 by nobody/,
  ],
];
