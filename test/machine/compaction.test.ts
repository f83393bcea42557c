import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.js';
import { Driver } from './driver.js';
import { at, compact, del, key, put, range, shown } from './words.js';

test('keeps the newest version of a live key at or below the revision, and everything above it (etcd)', () => {
  const driver = new Driver(0);
  for (const value of ['1', '2', '3', '4']) driver.run(put('a', value));
  driver.run(put('b', 'only'));
  driver.run(compact(4));
  expect([...driver.image.versions.keys()]).toEqual(['4.0', '5.0', '6.0']);
  expect(driver.machine.range(range('a', '\0', { revision: at(4) })).items.map(shown)).toEqual(['a=3']);
  expect(driver.machine.range(range('a', '\0')).items.map(shown)).toEqual(['a=4', 'b=only']);
});

test('drops tombstones before the revision, and keys that are nothing but one (etcd)', () => {
  const driver = new Driver();
  driver.run(put('gone', '1'));
  driver.run(del('gone'));
  driver.run(put('back', '1'));
  driver.run(del('back'));
  driver.run(put('back', '2'));
  driver.run(put('later', '1'));
  driver.run(del('later'));
  driver.run(compact(6));
  expect([...driver.image.versions.keys()]).toEqual(['6.0', '7.0', '8.0']);
  driver.run(put('gone', '3'));
  expect(driver.machine.range(range('gone')).items[0]).toMatchObject({ version: 1, createRevision: 9 });
});

test('a tombstone above the revision stays, with the version before it', () => {
  const driver = new Driver(0);
  driver.run(put('a', '1'));
  driver.run(put('b', '1'));
  driver.run(del('a'));
  driver.run(compact(3));
  expect([...driver.image.versions.keys()]).toEqual(['2.0', '3.0', '4.0']);
  expect(driver.machine.range(range('a', undefined, { revision: at(3) })).items.map(shown)).toEqual(['a=1']);
});

test('a tombstone that is the newest before the revision goes, although the key is back above it (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(del('a'));
  driver.run(put('b', '1'));
  driver.run(put('a', '2'));
  driver.run(compact(4));
  expect([...driver.image.versions.keys()]).toEqual(['4.0', '5.0']);
});

test('a tombstone at the revision itself stays until the next compaction, for a watch may begin there (etcd #19179)', () => {
  const driver = new Driver(0);
  driver.run(put('a', '1'));
  driver.run(put('b', '1'));
  driver.run(del('a', '\0'));
  driver.run(compact(4));
  expect([...driver.image.versions.keys()]).toEqual(['4.0', '4.1']);
  expect(driver.machine.range(range('a', '\0', { revision: at(4) })).items).toEqual([]);
  driver.run(put('b', '2'));
  expect(driver.machine.range(range('b')).items[0]).toMatchObject({ version: 1, createRevision: 5 });
  driver.run(compact(5));
  expect([...driver.image.versions.keys()]).toEqual(['5.0']);
});

test('a tombstone at the revision stays, although the key is back above it (etcd #18089)', () => {
  const driver = new Driver(0);
  driver.run(put('a', '1'));
  driver.run(del('a'));
  driver.run(put('a', '2'));
  driver.run(compact(3));
  expect([...driver.image.versions.keys()]).toEqual(['3.0', '4.0']);
  driver.run(compact(4));
  expect([...driver.image.versions.keys()]).toEqual(['4.0']);
});

test('makes no revision and no change', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  expect(driver.outcome(compact(2))).toEqual({ result: { kind: 'compact', compactedRevision: 2 }, revision: 2 });
  expect(driver.last?.changes).toEqual([]);
});

test('0 means the current revision', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(put('a', '2'));
  expect(driver.ok(compact(0), 'compact').compactedRevision).toBe(3);
});

test('a revision that is compacted already, or in the future, is out of range (etcd)', () => {
  const driver = new Driver();
  for (const value of ['1', '2', '3']) driver.run(put('a', value));
  driver.run(compact(3));
  expect(driver.refused(compact(3))).toMatchObject({
    reason: 'REVISION_COMPACTED',
    metadata: { revision: '3', compacted: '3' },
  });
  expect(driver.refused(compact(2)).reason).toBe('REVISION_COMPACTED');
  expect(driver.refused(compact(5))).toMatchObject({
    reason: 'REVISION_IN_FUTURE',
    metadata: { revision: '5', current: '4' },
  });
  expect(driver.machine.compactedRevision).toBe(3);
});

test('readers are bound at once, keys are scrubbed a few with each entry', () => {
  const driver = new Driver(0, { ...limits, scrubsPerEntry: 2 });
  for (const value of ['1', '2']) for (const name of ['a', 'b', 'c', 'd', 'e']) driver.run(put(name, value));
  driver.run(compact(0));
  expect(driver.machine.compactedRevision).toBe(11);
  const steps: unknown[] = [];
  for (;;) {
    steps.push([driver.image.versions.size, driver.last?.meta.compactionCursor]);
    if (!driver.machine.status().backlog) break;
    driver.requests([]);
  }
  expect(steps).toEqual([
    [8, 'c'],
    [6, 'e'],
    [5, undefined],
  ]);
});

test('a key with very many versions is scrubbed in steps too', () => {
  const driver = new Driver(0, { ...limits, scrubsPerEntry: 3 });
  for (let i = 0; i < 8; i++) driver.run(put('hot', String(i)));
  driver.run(compact(0));
  const steps = [driver.image.versions.size];
  while (driver.machine.status().backlog) {
    driver.requests([]);
    steps.push(driver.image.versions.size);
  }
  expect(steps).toEqual([5, 2, 1]);
  expect(driver.machine.range(range('hot')).items.map(shown)).toEqual(['hot=7']);
});

test('a newer compaction starts the scrub over', () => {
  const driver = new Driver(0, { ...limits, scrubsPerEntry: 2 });
  for (const value of ['1', '2']) for (const name of ['a', 'b', 'c']) driver.run(put(name, value));
  driver.run(compact(4));
  expect(driver.last?.meta.compactionCursor).toBe('c');
  driver.run(compact(7));
  while (driver.machine.status().backlog) driver.requests([]);
  expect([...driver.image.versions.keys()]).toEqual(['5.0', '6.0', '7.0']);
});

test('the previous version of a history event is known unless it is compacted', () => {
  const driver = new Driver(0);
  for (const value of ['1', '2', '3']) driver.run(put('a', value));
  const before = (revision: number) => driver.machine.versionBefore(key('a'), at(revision));
  expect(before(3)).toEqual({ revision: 2, sub: 0 });
  expect(before(2)).toBeUndefined();
  driver.run(compact(3));
  expect(before(3)).toBeUndefined();
  expect(before(4)).toEqual({ revision: 3, sub: 0 });
  driver.run(del('a'));
  driver.run(put('a', '4'));
  expect(before(5)).toEqual({ revision: 4, sub: 0 });
  expect(before(6)).toBeUndefined();
});
