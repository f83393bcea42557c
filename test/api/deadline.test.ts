import { expect, test } from 'vitest';
import { waitUntil } from '../../src/api/deadline.js';
import { limits } from '../../src/base/limits.js';

/** From now, in milliseconds. */
const wait = (deadline: number | Date): number => waitUntil(deadline) - performance.now();

test.each([
  [10_000, 9_900],
  [1_000, 900],
  [200, 180],
  [-50, 0],
])('a deadline %i ms away lets a call wait %i ms', (left, expected) => {
  expect(wait(Date.now() + left)).toBeGreaterThan(expected - 5);
  expect(wait(Date.now() + left)).toBeLessThanOrEqual(expected + 1);
  expect(wait(new Date(Date.now() + left))).toBeGreaterThan(expected - 5);
});

test('no deadline lets it wait a minute', () => {
  expect(wait(Number.POSITIVE_INFINITY)).toBeGreaterThan(limits.defaultDeadlineMs - 5);
});

test('but not longer than the API family lets it', () => {
  const end = (deadline: number) => waitUntil(deadline, 7_000) - performance.now();
  for (const deadline of [Number.POSITIVE_INFINITY, Date.now() + 60_000]) {
    expect(end(deadline)).toBeGreaterThan(6_900);
    expect(end(deadline)).toBeLessThanOrEqual(7_001);
  }
  expect(end(Date.now() + 1_000)).toBeLessThanOrEqual(901);
});
