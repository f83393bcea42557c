import { expect, test } from 'vitest';
import { QuorateError } from '../../src/base/errors.js';
import type { RangeQuery } from '../../src/machine/types.js';
import { Driver } from './driver.js';
import { at, compact, del, put, range, shown } from './words.js';

/** Revisions: a=2, b=3, c=4, a again=5, d=6, d deleted=7, b again=8. */
function filled(cacheBytes = 1_000_000): Driver {
  const driver = new Driver(cacheBytes);
  for (const command of [put('a', '3'), put('b', '1'), put('c', '2'), put('a', '0'), put('d', '9')])
    driver.run(command);
  driver.run(del('d'));
  driver.run(put('b', '5'));
  return driver;
}

function items(driver: Driver, query: RangeQuery): string[] {
  return driver.machine.range(query).items.map(shown);
}

function reasonOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof QuorateError) return error.reason;
    throw error;
  }
  return undefined;
}

test('one key, a range and everything from a key on', () => {
  const driver = filled();
  expect(items(driver, range('b'))).toEqual(['b=5']);
  expect(items(driver, range('a', 'c'))).toEqual(['a=0', 'b=5']);
  expect(items(driver, range('b', '\0'))).toEqual(['b=5', 'c=2']);
  expect(driver.machine.range(range('nothing'))).toMatchObject({ items: [], count: 0, more: false });
});

test('an upside-down range is empty, not an error (etcd)', () => {
  expect(filled().machine.range(range('c', 'a'))).toMatchObject({ items: [], count: 0, more: false });
});

test('at an old revision every key has the version of that time', () => {
  const driver = filled(0);
  expect(items(driver, range('a', '\0', { revision: at(4) }))).toEqual(['a=3', 'b=1', 'c=2']);
  expect(items(driver, range('a', '\0', { revision: at(6) }))).toEqual(['a=0', 'b=1', 'c=2', 'd=9']);
  expect(items(driver, range('a', '\0', { revision: at(7) }))).toEqual(['a=0', 'b=1', 'c=2']);
  expect(items(driver, range('a', '\0', { revision: at(1) }))).toEqual([]);
});

test('a revision above the current one is refused', () => {
  expect(reasonOf(() => filled().machine.range(range('a', undefined, { revision: at(9) })))).toBe('REVISION_IN_FUTURE');
  expect(reasonOf(() => filled().machine.range(range('a', undefined, { revision: at(8) })))).toBeUndefined();
});

test('a revision below the compacted one is refused, the compacted one itself can be read (etcd)', () => {
  const driver = filled();
  driver.run(compact(5));
  expect(reasonOf(() => driver.machine.range(range('a', undefined, { revision: at(4) })))).toBe('REVISION_COMPACTED');
  expect(items(driver, range('a', '\0', { revision: at(5) }))).toEqual(['a=0', 'b=1', 'c=2']);
});

test('the limit cuts after sorting; count ignores it (etcd)', () => {
  const driver = filled();
  const query = range('a', '\0', { limit: 1, sortTarget: 'value', sortOrder: 'descend' });
  expect(driver.machine.range(query)).toMatchObject({ count: 3, more: true });
  expect(items(driver, query)).toEqual(['b=5']);
});

test('more is false when the limit lets everything through', () => {
  expect(filled().machine.range(range('a', '\0', { limit: 3 }))).toMatchObject({ count: 3, more: false });
  expect(filled().machine.range(range('a', '\0', { limit: 2 }))).toMatchObject({ count: 3, more: true });
});

test('every sort target, both ways', () => {
  const driver = filled();
  const sorted = (sortTarget: RangeQuery['sortTarget'], sortOrder: RangeQuery['sortOrder']) =>
    driver.machine.range(range('a', '\0', { sortTarget, sortOrder })).items.map((item) => item.key);
  expect(sorted('key', 'descend')).toEqual(['c', 'b', 'a']);
  expect(sorted('mod', 'ascend')).toEqual(['c', 'a', 'b']);
  expect(sorted('mod', 'descend')).toEqual(['b', 'a', 'c']);
  expect(sorted('create', 'descend')).toEqual(['c', 'b', 'a']);
  expect(sorted('value', 'ascend')).toEqual(['a', 'c', 'b']);
  expect(sorted('version', 'ascend')).toEqual(['c', 'a', 'b']);
});

test('a sort target without an order means ascending (etcd)', () => {
  expect(items(filled(), range('a', '\0', { sortTarget: 'value' }))).toEqual(['a=0', 'c=2', 'b=5']);
});

test('revision filters choose items and not the count (etcd)', () => {
  const driver = filled();
  const query = range('a', '\0', { minModRevision: at(5), maxModRevision: at(7) });
  expect(driver.machine.range(query)).toMatchObject({ count: 3, more: false });
  expect(items(driver, query)).toEqual(['a=0']);
  expect(items(driver, range('a', '\0', { minCreateRevision: at(3) }))).toEqual(['b=5', 'c=2']);
  expect(items(driver, range('a', '\0', { maxCreateRevision: at(3) }))).toEqual(['a=0', 'b=5']);
});

test('filters look at the version of the revision that is read', () => {
  const query = range('a', '\0', { revision: at(4), maxModRevision: at(3) });
  expect(items(filled(0), query)).toEqual(['a=3', 'b=1']);
});

test('keys only leaves the values out, and loads none', () => {
  const driver = filled(0);
  const reads = driver.image.reads;
  expect(items(driver, range('a', '\0', { keysOnly: true }))).toEqual(['a=', 'b=', 'c=']);
  expect(driver.image.reads).toBe(reads);
  expect(items(driver, range('a', '\0', { keysOnly: true, sortTarget: 'value' }))).toEqual(['a=', 'c=', 'b=']);
});

test('count only gives the count alone, whatever the limit (etcd)', () => {
  const query = range('a', '\0', { countOnly: true, limit: 1 });
  expect(filled().machine.range(query)).toEqual({ kind: 'range', items: [], count: 3, more: false });
});

test('a page ends at its bytes but has one item at least', () => {
  const driver = filled();
  const page = (maxBytes: number) => driver.machine.range(range('a', '\0'), maxBytes);
  expect(page(1)).toMatchObject({ count: 3, more: true });
  expect(page(1).items).toHaveLength(1);
  expect(page(4).items).toHaveLength(2);
  expect(page(6)).toMatchObject({ more: false });
  const sorted = driver.machine.range(range('a', '\0', { sortTarget: 'mod' }), 4);
  expect(sorted).toMatchObject({ more: true, items: [{ key: 'c' }, { key: 'a' }] });
});

test('without counting, the walk ends after the page', () => {
  expect(filled().machine.range(range('a', '\0', { limit: 1 }), 1000, false)).toMatchObject({ count: 2, more: true });
});

test('without an order but with a limit, one key more than the limit is looked at and sorted (etcd)', () => {
  const driver = filled();
  const query = range('a', '\0', { sortTarget: 'value', limit: 1 });
  driver.run(put('c', ' '));
  expect(driver.machine.range({ ...query, sortOrder: 'ascend' }).items.map(shown)).toEqual(['c= ']);
  expect(driver.machine.range(query)).toMatchObject({ items: [{ key: 'a' }], count: 3, more: true });
  expect(items(driver, { ...query, minModRevision: at(1) })).toEqual(['c= ']);
});
