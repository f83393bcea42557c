import { describe, expect, test } from 'vitest';
import {
  checkAddress,
  checkComment,
  checkConfigKey,
  checkConfigPrefix,
  checkConfigValue,
  checkInstanceId,
  checkLabel,
  checkLease,
  checkLimit,
  checkMetadata,
  checkNamespace,
  checkNotNegative,
  checkPort,
  checkRequestId,
  checkServiceName,
  checkTtl,
  checkWeight,
  shown,
} from '../../../src/api/quorate/validate.js';
import { limits } from '../../../src/base/limits.js';
import { refusal } from '../../support/refusal.js';

const { nameLength, configKeyLength } = limits;

describe('names (proto: [A-Za-z0-9][A-Za-z0-9._-]{0,127})', () => {
  test.each(['a', '7', 'prod', 'A.b_c-9', 'a'.repeat(nameLength)])('%s is a name', (name) => {
    expect(() => checkNamespace(name)).not.toThrow();
    expect(() => checkServiceName(name)).not.toThrow();
    expect(() => checkInstanceId(name)).not.toThrow();
  });

  test.each(['', '.a', '-a', '_a', 'a/b', 'a b', 'ä', 'a\n', 'a\0', '../x', 'a'.repeat(nameLength + 1)])(
    '%j is none',
    (name) => {
      for (const check of [checkNamespace, checkServiceName, checkInstanceId])
        expect(refusal(() => check(name)).reason).toBe('INVALID_NAME');
    },
  );
});

describe('config keys', () => {
  test.each(['a', 'db/url', 'a//b', 'a/', '0', 'a'.repeat(configKeyLength)])('%s is a key', (key) => {
    expect(() => checkConfigKey(key)).not.toThrow();
    expect(() => checkConfigPrefix(key)).not.toThrow();
  });

  test.each(['/a', '.a', 'a b', 'a\n', 'é', 'a'.repeat(configKeyLength + 1)])('%j is none', (key) => {
    expect(refusal(() => checkConfigKey(key)).reason).toBe('INVALID_KEY');
    expect(refusal(() => checkConfigPrefix(key)).reason).toBe('INVALID_KEY');
  });

  test('an empty key is refused, an empty prefix selects everything', () => {
    expect(refusal(() => checkConfigKey('')).reason).toBe('INVALID_KEY');
    expect(() => checkConfigPrefix('')).not.toThrow();
  });
});

test('an error names the field, the value and the rule, and carries the field', () => {
  const error = refusal(() => checkNamespace('no spaces', 'instance.namespace'));
  expect(error.message).toMatch(/^instance\.namespace "no spaces" must begin with a letter or digit/);
  expect(error.metadata).toEqual({ field: 'instance.namespace' });
});

test('a long value is shown shortened and well-formed', () => {
  const cutInsideAPair = `${'x'.repeat(63)}😀${'y'.repeat(1000)}`;
  const text = shown(cutInsideAPair);
  expect(text.length).toBeLessThan(120);
  expect(text).toContain('(1065 characters)');
  expect(() => encodeURI(text)).not.toThrow();
});

test.each([
  ['value', () => checkConfigValue(Buffer.alloc(limits.configValueBytes + 1)), 'VALUE_TOO_LARGE'],
  ['label', () => checkLabel('x'.repeat(limits.labelLength + 1), 'author'), 'INVALID_FIELD'],
  ['line break in a label', () => checkLabel('text/plain\nX', 'content_type'), 'INVALID_FIELD'],
  ['comment', () => checkComment('x'.repeat(limits.commentLength + 1)), 'INVALID_FIELD'],
  ['request id', () => checkRequestId('x'.repeat(limits.requestIdLength + 1)), 'INVALID_FIELD'],
  ['negative number', () => checkNotNegative(-1, 'version'), 'INVALID_FIELD'],
  ['negative limit', () => checkLimit(-1, 'limit', 10, 100), 'INVALID_FIELD'],
  ['limit', () => checkLimit(101, 'limit', 10, 100), 'INVALID_FIELD'],
  ['negative ttl', () => checkTtl(-5), 'INVALID_TTL'],
  ['no ttl', () => checkTtl(0), 'INVALID_TTL'],
  ['short ttl', () => checkTtl(limits.minTtlMs - 1), 'INVALID_TTL'],
  ['huge ttl', () => checkTtl(limits.maxTtlMs + 1), 'INVALID_TTL'],
  ['empty lease', () => checkLease(''), 'INVALID_FIELD'],
  ['lease with capitals', () => checkLease('AB'), 'INVALID_FIELD'],
  ['padded lease', () => checkLease('01'), 'INVALID_FIELD'],
  ['lease over 64 bits', () => checkLease('1'.repeat(17)), 'INVALID_FIELD'],
  ['empty address', () => checkAddress(''), 'INVALID_FIELD'],
  ['address with blanks', () => checkAddress('my host'), 'INVALID_FIELD'],
  ['address with a control character', () => checkAddress('host\0'), 'INVALID_FIELD'],
  ['port', () => checkPort(65_536), 'INVALID_FIELD'],
  ['weight', () => checkWeight(limits.maxWeight + 1), 'INVALID_FIELD'],
  ['metadata entries', () => checkMetadata(entries(limits.metadataEntries + 1)), 'INVALID_FIELD'],
  ['metadata bytes', () => checkMetadata({ a: 'x'.repeat(limits.metadataBytes) }), 'INVALID_FIELD'],
  ['empty metadata key', () => checkMetadata({ '': 'x' }), 'INVALID_FIELD'],
] as const)('refused: %s', (_what, check, reason) => {
  expect(refusal(check).reason).toBe(reason);
});

test('what is exactly at a limit passes', () => {
  checkConfigValue(Buffer.alloc(limits.configValueBytes));
  checkLabel('x'.repeat(limits.labelLength), 'author');
  checkTtl(limits.minTtlMs);
  checkTtl(limits.maxTtlMs);
  checkPort(65_535);
  checkWeight(limits.maxWeight);
  checkMetadata(entries(limits.metadataEntries));
  checkMetadata({ a: 'x'.repeat(limits.metadataBytes - 1) });
  expect(checkLease('ffffffffffffffff')).toBe('ffffffffffffffff');
  expect(checkLimit(0, 'limit', 10, 100)).toBe(10);
  expect(checkLimit(100, 'limit', 10, 100)).toBe(100);
});

function entries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
}
