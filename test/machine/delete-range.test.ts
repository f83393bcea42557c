import { expect, test } from 'vitest';
import { Driver } from './driver.js';
import { del, grant, leaseId, put, range, shown } from './words.js';

test('all keys of the range go in one revision, in key order', () => {
  const driver = new Driver();
  for (const name of ['c', 'a', 'b', 'd']) driver.run(put(name, '1'));
  expect(driver.ok(del('a', 'd'), 'deleteRange').deleted).toBe(3);
  const [revision] = driver.last?.changes ?? [];
  expect(revision?.revision).toBe(6);
  expect(revision?.changes.map(({ current }) => [current.key, current.sub, current.deleted])).toEqual([
    ['a', 0, true],
    ['b', 1, true],
    ['c', 2, true],
  ]);
  expect(driver.machine.range(range('\0', '\0')).items.map(shown)).toEqual(['d=1']);
  expect(driver.machine.status().keys).toBe(1);
});

test('deleting what is not there makes no revision (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(del('a'));
  for (const command of [del('a'), del('b', 'c'), del('z', 'a')]) {
    expect(driver.outcome(command)).toMatchObject({ result: { deleted: 0 }, revision: 3 });
    expect(driver.last?.changes).toEqual([]);
  }
});

test('prev_kv gives what was deleted', () => {
  const driver = new Driver(0);
  driver.run(put('a', '1'));
  driver.run(put('b', '2'));
  expect(driver.ok(del('a', '\0', true), 'deleteRange').previous.map(shown)).toEqual(['a=1', 'b=2']);
  driver.run(put('a', '1'));
  expect(driver.ok(del('a', '\0'), 'deleteRange').previous).toEqual([]);
});

test('a deleted key leaves its lease', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(put('a', '1', { lease: leaseId('1') }));
  driver.run(del('a'));
  expect(driver.machine.lease(leaseId('1'))?.keys).toEqual([]);
});

test('a tombstone says key and revision, nothing else', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(del('a'));
  expect(driver.last?.changes[0]?.changes[0]).toEqual({
    current: {
      key: 'a',
      value: new Uint8Array(0),
      createRevision: 0,
      modRevision: 3,
      sub: 0,
      version: 0,
      lease: '',
      deleted: true,
    },
    previous: { revision: 2, sub: 0 },
  });
});
