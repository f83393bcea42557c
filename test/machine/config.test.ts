import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.js';
import { Driver } from './driver.js';
import { at, compact, document, key, publish, range, rollback, shown, text } from './words.js';

const bounds = { ...limits, keptVersions: 3 };

function put(driver: Driver, name: string, value: string, ifVersion?: number): readonly number[] {
  return driver.ok(publish([document(name, value, ifVersion)]), 'configPublish').versions;
}

test('a publication writes the bytes and a history record in one revision', () => {
  const driver = new Driver(0);
  expect(driver.outcome(publish([document('prod/db/url', 'x')]))).toEqual({
    result: { kind: 'configPublish', versions: [1] },
    revision: 2,
  });
  expect(driver.machine.range(range('/quorate/config/prod/db/url')).items.map(shown)).toEqual([
    '/quorate/config/prod/db/url=x',
  ]);
  const record = driver.machine.range(range('/quorate/history/prod/db/url/0000000001')).items[0];
  expect(record && text(record.value)).toBe(
    '{"version":1,"contentType":"text/plain","sha256":"sha-of-x","author":"ann","comment":"why","publishedAtMs":1000,"deleted":false}\nx',
  );
  expect(record?.modRevision).toBe(2);
});

test('the view shows the newest version with everything about it', () => {
  const driver = new Driver(0);
  put(driver, 'prod/url', 'one');
  put(driver, 'prod/url', 'two');
  const found = driver.machine.config('prod', 'url');
  expect(found && text(found.value)).toBe('two');
  expect(found).toMatchObject({
    namespace: 'prod',
    key: 'url',
    version: 2,
    contentType: 'text/plain',
    sha256: 'sha-of-two',
    author: 'ann',
    comment: 'why',
    publishedAtMs: 1000,
    revision: 3,
    deleted: false,
  });
  expect(driver.machine.config('prod', 'other')).toBeUndefined();
});

test('a deletion is a version; the numbers go on after it', () => {
  const driver = new Driver(0);
  put(driver, 'prod/url', 'one');
  expect(put(driver, 'prod/url', 'delete')).toEqual([2]);
  expect(driver.machine.config('prod', 'url')).toBeUndefined();
  expect(driver.machine.range(range('/quorate/config/', '\0')).items[0]?.key).not.toBe('/quorate/config/prod/url');
  const deletion = driver.machine.configVersion('prod', 'url', 2);
  expect(deletion).toMatchObject({ deleted: true, author: 'ann' });
  expect(deletion?.value.byteLength).toBe(0);
  expect(put(driver, 'prod/url', 'three')).toEqual([3]);
});

test('if_version: the current version, or 0 for a document that does not exist', () => {
  const driver = new Driver();
  expect(put(driver, 'prod/url', 'one', 0)).toEqual([1]);
  expect(driver.refused(publish([document('prod/url', 'x', 0)]))).toEqual({
    kind: 'error',
    reason: 'VERSION_MISMATCH',
    message: 'prod/url has version 1 and must not exist',
    metadata: { namespace: 'prod', key: 'url', expected: '0', actual: '1' },
  });
  expect(driver.refused(publish([document('prod/new', 'x', 1)])).metadata).toMatchObject({
    expected: '1',
    actual: '0',
  });
  expect(put(driver, 'prod/url', 'two', 1)).toEqual([2]);
  put(driver, 'prod/url', 'delete', 2);
  expect(driver.refused(publish([document('prod/url', 'x', 3)])).metadata).toMatchObject({ actual: '0' });
  expect(put(driver, 'prod/url', 'back', 0)).toEqual([4]);
});

test('a publication is all or nothing', () => {
  const driver = new Driver();
  put(driver, 'prod/a', '1');
  const changes = [document('prod/b', 'new'), document('prod/a', 'x', 9)];
  expect(driver.refused(publish(changes)).reason).toBe('VERSION_MISMATCH');
  const precondition = { namespace: 'prod', key: 'a', version: 7 };
  expect(driver.refused(publish([document('prod/b', 'new')], [precondition])).metadata).toMatchObject({
    key: 'a',
    actual: '1',
  });
  expect(driver.machine.revision).toBe(2);
  expect(driver.last?.writes.map(({ kind }) => kind)).toEqual(['origin']);
  const kept = { namespace: 'prod', key: 'a', version: 1 };
  const absent = { namespace: 'prod', key: 'c', version: 0 };
  const all = publish([document('prod/b', 'new'), document('prod/a', 'delete', 1)], [kept, absent]);
  expect(driver.outcome(all)).toMatchObject({ result: { versions: [1, 2] }, revision: 3 });
});

test('a document that is not there cannot be deleted', () => {
  const driver = new Driver();
  expect(driver.refused(publish([document('prod/url', 'delete')]))).toMatchObject({
    reason: 'CONFIG_NOT_FOUND',
    metadata: { namespace: 'prod', key: 'url' },
  });
  put(driver, 'prod/url', '1');
  put(driver, 'prod/url', 'delete');
  expect(driver.refused(publish([document('prod/url', 'delete')])).reason).toBe('CONFIG_NOT_FOUND');
});

test('one change per document, and at most 128', () => {
  const driver = new Driver();
  expect(driver.refused(publish([document('prod/a', '1'), document('prod/a', '2')])).reason).toBe('DUPLICATE_KEY');
  const many = Array.from({ length: 129 }, (_, i) => document(`prod/k${i}`, '1'));
  expect(driver.refused(publish(many)).reason).toBe('TOO_MANY_CHANGES');
  expect(driver.ok(publish(many.slice(1)), 'configPublish').versions).toHaveLength(128);
});

test('preconditions alone are checked and make no revision', () => {
  const driver = new Driver();
  expect(driver.outcome(publish([], [{ namespace: 'prod', key: 'a', version: 0 }]))).toMatchObject({
    result: { versions: [] },
    revision: 1,
  });
});

test('the oldest version beyond the limit goes in the same revision', () => {
  const driver = new Driver(0, bounds);
  for (const value of ['1', '2', '3', '4']) put(driver, 'prod/url', value);
  expect(driver.last?.changes[0]?.changes.map(({ current }) => [current.key, current.deleted])).toEqual([
    ['/quorate/config/prod/url', false],
    ['/quorate/history/prod/url/0000000004', false],
    ['/quorate/history/prod/url/0000000001', true],
  ]);
  expect(driver.machine.configHistory('prod', 'url', 0, 100).map(({ version }) => version)).toEqual([4, 3, 2]);
  expect(driver.machine.configVersion('prod', 'url', 1)).toBeUndefined();
});

test('kept versions survive any compaction', () => {
  const driver = new Driver(0, bounds);
  for (const value of ['1', '2', 'delete', '4']) put(driver, 'prod/url', value);
  driver.run(compact(0));
  const history = driver.machine.configHistory('prod', 'url', 0, 100);
  expect(history.map(({ version, value, deleted }) => [version, text(value), deleted])).toEqual([
    [4, '4', false],
    [3, '', true],
    [2, '2', false],
  ]);
});

test('history pages: below a version, newest first, up to a limit', () => {
  const driver = new Driver();
  for (const value of ['1', '2', '3', '4', '5']) put(driver, 'prod/url', value);
  const page = (before: number, limit: number) =>
    driver.machine.configHistory('prod', 'url', before, limit).map(({ version }) => version);
  expect(page(0, 2)).toEqual([5, 4]);
  expect(page(4, 2)).toEqual([3, 2]);
  expect(page(1, 2)).toEqual([]);
  expect(page(99, 1)).toEqual([5]);
  expect(driver.machine.configHistory('prod', 'none', 0, 5)).toEqual([]);
});

test('histories of documents whose names look like history keys do not mix', () => {
  const driver = new Driver();
  put(driver, 'prod/a', 'outer');
  put(driver, 'prod/a/0000000001', 'inner');
  put(driver, 'prod/a/0000000001', 'inner again');
  const rebuilt = driver.rebuilt();
  for (const machine of [driver.machine, rebuilt]) {
    expect(machine.config('prod', 'a')?.version).toBe(1);
    expect(machine.configHistory('prod', 'a/0000000001', 0, 9).map(({ value }) => text(value))).toEqual([
      'inner again',
      'inner',
    ]);
  }
});

test('a document as of an old revision', () => {
  const driver = new Driver(0, bounds);
  for (const value of ['1', '2', 'delete', '4', '5', '6']) put(driver, 'prod/url', value);
  const then = (revision: number) => {
    const found = driver.machine.config('prod', 'url', at(revision));
    return found && [found.version, text(found.value)];
  };
  const all = [undefined, [1, '1'], [2, '2'], undefined, [4, '4'], [5, '5'], [6, '6']];
  expect([1, 2, 3, 4, 5, 6, 7].map(then)).toEqual(all);
  driver.run(compact(3));
  expect([3, 4, 5, 6, 7].map(then)).toEqual(all.slice(2));
  expect(() => then(2)).toThrowError(/compacted/);
  expect(() => then(8)).toThrowError(/future/);
});

test('a rollback publishes the content of an older version as a new one', () => {
  const driver = new Driver(0);
  put(driver, 'prod/url', 'one');
  put(driver, 'prod/url', 'two');
  expect(driver.ok(rollback('prod/url', 1), 'configPublish').versions).toEqual([3]);
  const found = driver.machine.config('prod', 'url');
  expect(found && text(found.value)).toBe('one');
  expect(found).toMatchObject({
    version: 3,
    sha256: 'sha-of-one',
    author: 'bob',
    comment: 'back',
    publishedAtMs: 2000,
  });
});

test('a rollback brings a deleted document back', () => {
  const driver = new Driver();
  put(driver, 'prod/url', 'one');
  put(driver, 'prod/url', 'delete');
  expect(driver.ok(rollback('prod/url', 1, 0), 'configPublish').versions).toEqual([3]);
  expect(driver.machine.config('prod', 'url')?.version).toBe(3);
});

test('a rollback to a version that is unknown, pruned or a deletion is refused', () => {
  const driver = new Driver(0, bounds);
  for (const value of ['1', 'delete', '3', '4']) put(driver, 'prod/url', value);
  for (const version of [0, 1, 2, 5]) {
    expect(driver.refused(rollback('prod/url', version)), `version ${version}`).toMatchObject({
      reason: 'VERSION_NOT_FOUND',
      metadata: { version: String(version) },
    });
  }
  expect(driver.refused(rollback('prod/other', 1)).reason).toBe('VERSION_NOT_FOUND');
  expect(driver.refused(rollback('prod/url', 3, 2))).toMatchObject({
    reason: 'VERSION_MISMATCH',
    metadata: { actual: '4' },
  });
});

test('version numbers go on after a rebuild, deleted documents included', () => {
  const driver = new Driver(0, bounds);
  for (const value of ['1', '2', '3', '4', 'delete']) put(driver, 'prod/url', value);
  driver.run(compact(0));
  const rebuilt = driver.rebuilt();
  expect(rebuilt.configHistory('prod', 'url', 0, 9).map(({ version }) => version)).toEqual([5, 4, 3]);
  expect(rebuilt.versionBefore(key('/quorate/config/prod/url'), rebuilt.revision)).toBeUndefined();
});
