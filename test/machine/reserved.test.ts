import { expect, test } from 'vitest';
import { touchesReserved } from '../../src/machine/reserved.js';
import type { Command, Operation } from '../../src/machine/types.js';
import { Driver } from './driver.js';
import { del, document, grant, leaseId, publish, put, range, register, revoke, txn } from './words.js';

function withDocument(): Driver {
  const driver = new Driver();
  driver.run(publish([document('prod/url', '1')]));
  driver.run(put('/apps', '1'));
  driver.run(put('/z', '1'));
  return driver;
}

const inside: (Operation & Command)[] = [
  put('/quorate/config/prod/url', 'x'),
  put('/quorate/', 'x'),
  put('/quorate/anything', 'x'),
  del('/quorate/config/prod/url'),
  del('/quorate/nothing'),
  del('/', '0'),
  del('\0', '\0'),
  del('/quorate/config/', '/quorate/config0'),
  txn([], [put('a', '1'), put('/quorate/x', '1')]),
  txn([], [put('a', '1')], [del('/', '\0')]),
  txn([], [txn([], [], [put('/quorate/x', '1')])]),
];

test.each(inside.map((command) => [JSON.stringify(command), command] as const))(
  'refused whole: %s',
  (_text, command) => {
    const driver = withDocument();
    const { revision } = driver.machine;
    expect(driver.refused(command).reason).toBe('RESERVED_KEY');
    expect(driver.machine.revision).toBe(revision);
  },
);

const outside: (Operation & Command)[] = [
  put('/quorate', 'x'),
  put('/quorate0', 'x'),
  put('quorate/', 'x'),
  del('/apps', '/quorate/'),
  del('/quorate0', '\0'),
  del('/quorate/registry/', '/quorate/registry0'),
  del('/z', '/'),
  txn([], [range('/quorate/', '\0'), put('a', '1')]),
];

test.each(outside.map((command) => [JSON.stringify(command), command] as const))(
  'goes through: %s',
  (_text, command) => {
    expect(withDocument().run(command).kind).not.toBe('error');
  },
);

test('a range delete counts only if a key there exists in it', () => {
  const driver = new Driver();
  driver.run(put('/a', '1'));
  expect(driver.ok(del('/', '0'), 'deleteRange').deleted).toBe(1);
  driver.run(register('i1', {}, ''));
  expect(driver.refused(del('/', '0')).reason).toBe('RESERVED_KEY');
  driver.advance(5_000);
  expect(driver.refused(del('/', '0')).reason, 'the guard remembers it').toBe('RESERVED_KEY');
  driver.advance(60_000);
  expect(driver.ok(del('/', '0'), 'deleteRange').deleted).toBe(0);
});

test('only raw commands count: the typed ones own the root, and a lease takes its instances along', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(register('i1', {}, '1'));
  expect(driver.run(revoke('1')).kind).toBe('leaseRevoke');
  const all = [register('i', {}, ''), publish([document('a/b', '1')]), revoke('1'), grant('1', 1)];
  for (const command of all) expect(touchesReserved(command, () => true)).toBe(false);
  expect(touchesReserved(put('/quorate/x', '1', { lease: leaseId('1') }), () => false)).toBe(true);
});
