import { expect, test } from 'vitest';
import { int64OfLease, leaseIdOf, numberOf, revisionOfInt64 } from '../../../src/api/etcd/int64.js';

test.each([
  ['1', '1'],
  ['255', 'ff'],
  ['999999999999999', '38d7ea4c67fff'],
  ['1000000000000000', '38d7ea4c68000'],
  ['4503599627370495', 'fffffffffffff'],
  ['4503599627370496', '10000000000000'],
  ['7587848943239230984', '694d74696718f608'],
  ['9223372036854775807', '7fffffffffffffff'],
  ['-1', 'ffffffffffffffff'],
  ['-7', 'fffffffffffffff9'],
  ['-9223372036854775808', '8000000000000000'],
])('lease %s is %s and back', (int64, id) => {
  expect(leaseIdOf(int64)).toBe(id);
  expect(int64OfLease(leaseIdOf(int64))).toBe(int64);
});

test('0 is no lease', () => {
  expect(leaseIdOf('0')).toBe('');
  expect(int64OfLease(leaseIdOf('0'))).toBe('0');
});

test('numbers beyond the safe ones stay on their side of all revisions', () => {
  expect(numberOf('9223372036854775807')).toBe(Number.MAX_SAFE_INTEGER);
  expect(numberOf('-9223372036854775808')).toBe(Number.MIN_SAFE_INTEGER);
  expect(numberOf('-3')).toBe(-3);
  expect(revisionOfInt64('42')).toBe(42);
});
