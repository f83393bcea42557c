import { expect, test } from 'vitest';
import { keyOf, keyOfText } from '../../src/base/ids.js';
import { inRange, prefixEnd, upperBound } from '../../src/base/ranges.js';

const key = keyOfText;
const raw = (...bytes: number[]) => keyOf(Uint8Array.from(bytes));

test('the end of a prefix is the prefix with its last byte raised', () => {
  expect(prefixEnd(key('ab'))).toBe(key('ac'));
});

test('trailing 0xff bytes are cut before raising (etcd clients)', () => {
  expect(prefixEnd(raw(0x61, 0xff, 0xff))).toBe(key('b'));
});

test('a prefix of only 0xff bytes, or none, goes to the end of the key space', () => {
  expect(prefixEnd(raw(0xff, 0xff))).toBe('\0');
  expect(prefixEnd(key(''))).toBe('\0');
});

test('without an end only the key itself is in range', () => {
  expect(inRange(key('a'), key('a'), undefined)).toBe(true);
  expect(inRange(key('a\0'), key('a'), undefined)).toBe(false);
});

test('an end is exclusive', () => {
  expect(inRange(key('a'), key('a'), key('b'))).toBe(true);
  expect(inRange(key('az'), key('a'), key('b'))).toBe(true);
  expect(inRange(key('b'), key('a'), key('b'))).toBe(false);
});

test('an end of one zero byte means everything from the key on', () => {
  expect(inRange(raw(0xff, 0xff), key('a'), key('\0'))).toBe(true);
  expect(inRange(key('Z'), key('a'), key('\0'))).toBe(false);
});

test('an upside-down range is empty (etcd)', () => {
  for (const name of ['a', 'b', 'c']) expect(inRange(key(name), key('c'), key('a'))).toBe(false);
});

test('the upper bound and inRange agree', () => {
  const names = [key(''), raw(0), key('a'), key('a\0'), key('ab'), key('b'), raw(0xff), raw(0xff, 0xff)];
  for (const start of names) {
    for (const end of [...names, undefined]) {
      if (end === '') continue;
      for (const name of names) {
        const bound = upperBound(start, end);
        expect(name >= start && name < bound).toBe(inRange(name, start, end));
      }
    }
  }
});
