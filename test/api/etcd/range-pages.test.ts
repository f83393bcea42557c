import { expect, test } from 'vitest';
import { readRange } from '../../../src/api/etcd/range-pages.js';
import { type Key, NO_LEASE, revision } from '../../../src/base/ids.js';
import { limits } from '../../../src/base/limits.js';
import type { RangeQuery, RangeResult } from '../../../src/machine/types.js';
import { FakeReplica } from '../../support/fake-replica.js';

const keyCount = 2 * limits.pageItems + limits.pageItems / 2;
const keyAt = (i: number): Key => `k${String(i).padStart(6, '0')}` as Key;

function put(replica: FakeReplica, key: Key, value = 'v'): void {
  const flags = { prevKv: false, ignoreValue: false, ignoreLease: false };
  replica.apply({ kind: 'put', key, value: Buffer.from(value), lease: NO_LEASE, ...flags });
}

function filled(): FakeReplica {
  const replica = new FakeReplica();
  for (let i = 0; i < keyCount; i++) put(replica, keyAt(i));
  return replica;
}

const everything: RangeQuery = {
  kind: 'range',
  key: 'k' as Key,
  end: 'l' as Key,
  limit: 0,
  revision: revision(0),
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: false,
  countOnly: false,
  minModRevision: revision(0),
  maxModRevision: revision(0),
  minCreateRevision: revision(0),
  maxCreateRevision: revision(0),
};

/** Reads with something happening after each page; `pages` counts them. */
function read(
  replica: FakeReplica,
  query: RangeQuery,
  between: () => void = () => {},
): { result: RangeResult | undefined; at: number | undefined; pages: number } {
  const seen: { result: RangeResult | undefined; at: number | undefined; pages: number } = {
    result: undefined,
    at: undefined,
    pages: 0,
  };
  const inTurns = (step: () => boolean): void => {
    for (seen.pages = 1; !step(); seen.pages++) between();
  };
  readRange({ replica, inTurns }, query, (result, at) => Object.assign(seen, { result, at }));
  return seen;
}

test.each<[string, Partial<RangeQuery>, number]>([
  ['everything', {}, 3],
  ['keys only', { keysOnly: true }, 3],
  ['the count', { countOnly: true }, 3],
  ['a small limit, all counted', { limit: 10 }, 4],
  ['a limit over a page', { limit: limits.pageItems + 10 }, 4],
  ['a limit of everything', { limit: keyCount }, 3],
  ['a limit beyond', { limit: keyCount + 1 }, 3],
  ['from the middle on', { key: keyAt(keyCount - 10), end: '\0' as Key }, 1],
  ['an old revision', { revision: revision(limits.pageItems + 500) }, 2],
  ['nothing', { key: 'x' as Key, end: 'z' as Key }, 1],
  ['one key', { key: keyAt(3), end: undefined }, 0],
  ['ascending', { sortOrder: 'ascend' }, 3],
  ['sorted otherwise: one piece', { sortOrder: 'descend' }, 0],
  ['filtered: one piece', { minModRevision: revision(5) }, 0],
])('%s: as the machine answers', (_name, options, pages) => {
  const replica = filled();
  const query = { ...everything, ...options };
  const seen = read(replica, query);
  expect(seen).toEqual({ result: replica.machine.range(query), at: replica.machine.revision, pages });
});

test('a page ends at its bytes too', () => {
  const replica = new FakeReplica();
  for (let i = 0; i < 5; i++) put(replica, keyAt(i), 'x'.repeat(limits.pageBytes / 2));
  const { result, pages } = read(replica, everything);
  expect(result).toEqual(replica.machine.range(everything));
  expect(pages).toBeGreaterThan(2);
});

test('what changes meanwhile is not seen', () => {
  const replica = filled();
  const expected = replica.machine.range(everything);
  const at = replica.machine.revision;
  let next = 0;
  const seen = read(replica, everything, () => {
    put(replica, keyAt(next), 'new');
    put(replica, keyAt(keyCount - 1 - next), 'new');
    put(replica, keyAt(keyCount + next), 'more');
    next++;
  });
  expect(seen).toEqual({ result: expected, at, pages: 3 });
});

test('when its revision is compacted meanwhile, a read of the current one begins again', () => {
  const replica = filled();
  let compacted = false;
  const { result, at } = read(replica, everything, () => {
    if (compacted) return;
    compacted = true;
    put(replica, keyAt(0), 'new');
    replica.apply({ kind: 'compact', revision: replica.machine.revision });
  });
  expect(result).toEqual(replica.machine.range(everything));
  expect(at).toBe(replica.machine.revision);
});

test('when that goes on, it is done in one piece', () => {
  const replica = filled();
  const { result, at } = read(replica, everything, () => {
    put(replica, keyAt(0), 'new');
    replica.apply({ kind: 'compact', revision: replica.machine.revision });
  });
  expect(result).toEqual(replica.machine.range(everything));
  expect(at).toBe(replica.machine.revision);
});

test('a read of an old revision that is compacted meanwhile is refused', () => {
  const replica = filled();
  const query = { ...everything, revision: replica.machine.revision };
  const compact = () => {
    put(replica, keyAt(0), 'new');
    replica.apply({ kind: 'compact', revision: replica.machine.revision });
  };
  expect(() => read(replica, query, compact)).toThrow(expect.objectContaining({ reason: 'REVISION_COMPACTED' }));
});
