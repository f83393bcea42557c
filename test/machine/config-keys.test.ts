import { expect, test } from 'vitest';
import { NO_LEASE } from '../../src/base/ids.js';
import {
  configKey,
  configPrefix,
  historyKey,
  historyPrefix,
  historyRecord,
  parseConfigKey,
  parseHistoryKey,
  parseHistoryRecord,
} from '../../src/machine/config-keys.js';
import { at, bytes, key, text } from './words.js';

test('keys of documents', () => {
  expect(configKey('prod', 'db/url')).toBe('/quorate/config/prod/db/url');
  expect(configPrefix('prod', 'db/')).toBe('/quorate/config/prod/db/');
  expect(parseConfigKey(configKey('prod', 'db/url'))).toEqual({ namespace: 'prod', key: 'db/url' });
});

test('keys of versions sort by version', () => {
  expect(historyKey('prod', 'db/url', 7)).toBe('/quorate/history/prod/db/url/0000000007');
  expect(historyKey('prod', 'url', 9) < historyKey('prod', 'url', 10)).toBe(true);
  expect(historyPrefix('prod', 'd')).toBe('/quorate/history/prod/d');
  expect(parseHistoryKey(historyKey('prod', 'a/0000000001', 2))).toEqual({
    namespace: 'prod',
    key: 'a/0000000001',
    version: 2,
  });
});

test('other keys are not taken for them', () => {
  for (const other of [
    '',
    '/quorate/config/',
    '/quorate/config/prod',
    '/quorate/config/prod/',
    '/quorate/config//x',
    '/other/prod/x',
  ]) {
    expect(parseConfigKey(key(other)), other).toBeUndefined();
  }
  for (const other of [
    '',
    '/quorate/history/prod/0000000001',
    '/quorate/history/prod/url',
    '/quorate/history/prod/url/000000000x',
    '/quorate/history/prod/url/0000000000',
    '/quorate/config/prod/url/0000000001',
  ]) {
    expect(parseHistoryKey(key(other)), other).toBeUndefined();
  }
});

test('a record keeps bytes and labels exactly', () => {
  const head = {
    version: 3,
    contentType: 'text/"quoted"',
    sha256: 'ab',
    author: 'Зоя',
    comment: 'two\nlines',
    publishedAtMs: 1_700_000_000_000,
    deleted: false,
  };
  const value = Uint8Array.from([0, 10, 255, 123]);
  const parsed = parseHistoryRecord({
    key: historyKey('prod', 'url', 3),
    value: historyRecord(head, value),
    createRevision: at(9),
    modRevision: at(9),
    sub: 1,
    version: 1,
    lease: NO_LEASE,
    deleted: false,
  });
  expect(parsed).toMatchObject({ ...head, namespace: 'prod', key: 'url', revision: 9 });
  expect([...parsed.value]).toEqual([...value]);
});

test('the order of the fields is part of the format', () => {
  const head = { deleted: true, comment: 'c', author: 'a', sha256: '', contentType: '', publishedAtMs: 5, version: 1 };
  expect(text(historyRecord(head, bytes('')))).toBe(
    '{"version":1,"contentType":"","sha256":"","author":"a","comment":"c","publishedAtMs":5,"deleted":true}\n',
  );
});
