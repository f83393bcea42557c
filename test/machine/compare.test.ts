import { expect, test } from 'vitest';
import type { Compare, CompareTarget } from '../../src/machine/types.js';
import { Driver } from './driver.js';
import { bytes, compare, grant, leaseId, put, txn } from './words.js';

/** a: create 2, mod 3, version 2, value "m", lease 10; b: create 4, mod 4, version 1, value "n". */
function filled(): Driver {
  const driver = new Driver();
  driver.run(grant('10', 5000));
  driver.run(put('a', 'old'));
  driver.run(put('a', 'm', { lease: leaseId('10') }));
  driver.run(put('b', 'n'));
  return driver;
}

function holds(...compares: Compare[]): boolean {
  return filled().ok(txn(compares, []), 'txn').succeeded;
}

const targets: [string, CompareTarget, CompareTarget, CompareTarget][] = [
  ['version', { kind: 'version', value: 1 }, { kind: 'version', value: 2 }, { kind: 'version', value: 3 }],
  [
    'create',
    { kind: 'createRevision', value: 1 },
    { kind: 'createRevision', value: 2 },
    { kind: 'createRevision', value: 3 },
  ],
  ['mod', { kind: 'modRevision', value: 2 }, { kind: 'modRevision', value: 3 }, { kind: 'modRevision', value: 4 }],
  [
    'value',
    { kind: 'value', value: bytes('ly') },
    { kind: 'value', value: bytes('m') },
    { kind: 'value', value: bytes('ma') },
  ],
  [
    'lease',
    { kind: 'lease', value: leaseId('f') },
    { kind: 'lease', value: leaseId('10') },
    { kind: 'lease', value: leaseId('11') },
  ],
];

test.each(targets)('%s: equal, not equal, greater, less', (_name, lower, same, higher) => {
  const row = (operator: Compare['operator']) =>
    [lower, same, higher].map((target) => holds(compare('a', operator, target)));
  expect(row('equal')).toEqual([false, true, false]);
  expect(row('notEqual')).toEqual([true, false, true]);
  expect(row('greater')).toEqual([true, false, false]);
  expect(row('less')).toEqual([false, false, true]);
});

test('a missing key has version, create revision, mod revision and lease 0 (etcd)', () => {
  expect(holds(compare('x', 'equal', { kind: 'version', value: 0 }))).toBe(true);
  expect(holds(compare('x', 'equal', { kind: 'createRevision', value: 0 }))).toBe(true);
  expect(holds(compare('x', 'less', { kind: 'modRevision', value: 1 }))).toBe(true);
  expect(holds(compare('x', 'equal', { kind: 'lease', value: leaseId('') }))).toBe(true);
  expect(holds(compare('x', 'greater', { kind: 'version', value: 0 }))).toBe(false);
});

test('any compare of a missing value is false, even "not equal" (etcd)', () => {
  for (const operator of ['equal', 'notEqual', 'less', 'greater'] as const) {
    for (const value of ['', 'v']) {
      expect(holds(compare('x', operator, { kind: 'value', value: bytes(value) })), operator).toBe(false);
    }
  }
});

test('an empty range behaves as one missing key (etcd)', () => {
  expect(holds(compare('x', 'equal', { kind: 'version', value: 0 }, 'z'))).toBe(true);
  expect(holds(compare('x', 'notEqual', { kind: 'value', value: bytes('v') }, 'z'))).toBe(false);
  expect(holds(compare('b', 'equal', { kind: 'version', value: 0 }, 'a'))).toBe(true);
});

test('on a range the condition must hold for every key (etcd)', () => {
  expect(holds(compare('a', 'less', { kind: 'modRevision', value: 5 }, 'c'))).toBe(true);
  expect(holds(compare('a', 'less', { kind: 'modRevision', value: 4 }, 'c'))).toBe(false);
  expect(holds(compare('a', 'greater', { kind: 'value', value: bytes('a') }, '\0'))).toBe(true);
});

test('leases compare as signed 64-bit numbers (etcd)', () => {
  expect(holds(compare('a', 'greater', { kind: 'lease', value: leaseId('ffffffffffffffff') }))).toBe(true);
  expect(holds(compare('b', 'less', { kind: 'lease', value: leaseId('7fffffffffffffff') }))).toBe(true);
  expect(holds(compare('b', 'less', { kind: 'lease', value: leaseId('8000000000000000') }))).toBe(false);
});

test('all conditions of a txn must hold; none given always holds', () => {
  const yes = compare('a', 'equal', { kind: 'version', value: 2 });
  const no = compare('a', 'equal', { kind: 'version', value: 9 });
  expect(holds(yes, no)).toBe(false);
  expect(holds(yes, yes)).toBe(true);
  expect(holds()).toBe(true);
});
