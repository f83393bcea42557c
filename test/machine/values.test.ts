import { expect, test } from 'vitest';
import { present } from '../../src/base/assert.js';
import { Journal } from '../../src/machine/journal.js';
import { KeyEntry } from '../../src/machine/key-index.js';
import { KeySpace } from '../../src/machine/key-space.js';
import { LeaseTable } from '../../src/machine/leases.js';
import { ServiceTable } from '../../src/machine/services.js';
import type { KeyVersion } from '../../src/machine/types.js';
import { owned, ValueCache } from '../../src/machine/values.js';
import { Driver } from './driver.js';
import { at, del, key, leaseId, put, range } from './words.js';

function version(name: string, bytes: number, revision = 2): KeyVersion {
  return {
    key: key(name),
    value: new Uint8Array(bytes),
    createRevision: at(revision),
    modRevision: at(revision),
    sub: 0,
    version: 1,
    lease: leaseId(''),
    deleted: false,
  };
}

function filled(budget: number, names: string[]): { cache: ValueCache; entries: KeyEntry[] } {
  const cache = new ValueCache(budget);
  const entries = names.map((name) => {
    const entry = new KeyEntry(version(name, 700));
    cache.put(entry, version(name, 700));
    return entry;
  });
  return { cache, entries };
}

const held = (entries: KeyEntry[]) => entries.map((entry) => entry.cached !== undefined);

test('the oldest go when the budget is passed', () => {
  const { cache, entries } = filled(3_000, ['a', 'b', 'c', 'd']);
  expect(held(entries)).toEqual([false, true, true, true]);
  expect(cache.usedBytes).toBeLessThanOrEqual(3_000);
});

test('what was read since gets a second round', () => {
  const { cache, entries } = filled(3_000, ['a', 'b', 'c']);
  const [a, b, c] = entries;
  if (a) cache.touch(a);
  const d = new KeyEntry(version('d', 700));
  cache.put(d, version('d', 700));
  expect(held([a, b, c, d].filter((entry) => entry !== undefined))).toEqual([true, false, true, true]);
});

test('replacing and dropping give the bytes back', () => {
  const { cache, entries } = filled(100_000, ['a', 'b']);
  const [a, b] = entries;
  const before = cache.usedBytes;
  if (a) cache.put(a, version('a', 100, 3));
  expect(cache.usedBytes).toBe(before - 600);
  if (a) cache.drop(a);
  if (a) cache.drop(a);
  if (b) cache.drop(b);
  expect(cache.usedBytes).toBe(0);
});

test('a key that is written over and over stays in the queue once', () => {
  const { cache, entries } = filled(2_500, ['a']);
  for (let i = 0; i < 1000; i++) for (const entry of entries) cache.put(entry, version('a', 700, i));
  const b = new KeyEntry(version('b', 700));
  cache.put(b, version('b', 700));
  expect(held([...entries, b])).toEqual([true, true]);
});

test('a value above the whole budget is not kept', () => {
  const { entries } = filled(500, ['a']);
  expect(held(entries)).toEqual([false]);
});

test('small values are copied out of large buffers, large ones are not copied', () => {
  const buffer = new Uint8Array(10_000);
  expect(owned(buffer.subarray(0, 100)).buffer.byteLength).toBe(100);
  expect(owned(buffer.subarray(0, 6_000)).buffer).toBe(buffer.buffer);
  expect(owned(buffer.subarray(0, 0)).buffer.byteLength).toBe(0);
});

test('a value that is not in memory is read once and then kept', () => {
  const driver = new Driver();
  driver.run(put('a', 'x'));
  const rebuilt = driver.rebuilt(100);
  expect(rebuilt.range(range('a')).items).toHaveLength(1);
  expect(driver.image.reads).toBe(1);
  const roomy = driver.rebuilt(10_000);
  roomy.range(range('a'));
  expect(driver.image.reads).toBe(1);
});

test('a deleted key gives its memory back', () => {
  const journal = new Journal();
  const leases = new LeaseTable(journal);
  const keys = new KeySpace({ read: () => unread() }, 100_000, leases, new ServiceTable(leases), journal);
  keys.put(key('a'), new Uint8Array(1000), leaseId(''));
  keys.commit();
  const entry = present(keys.index.get(key('a')), 'the key is there');
  expect(entry.cached?.value.byteLength).toBe(1000);
  keys.delete(key('a'), entry);
  expect(entry.cached).toBeUndefined();
});

function unread(): never {
  throw new Error('nothing is read');
}

test('a deleted key comes back with a new value', () => {
  const driver = new Driver();
  driver.run(put('a', 'x'));
  driver.run(del('a'));
  driver.run(put('a', 'y'));
  expect(driver.machine.range(range('a')).items[0]?.value).toEqual(new TextEncoder().encode('y'));
});
