import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.js';
import { Driver, WALL } from './driver.js';
import {
  deregister,
  keepAlive,
  leaseId,
  put,
  putService,
  range,
  register,
  revoke,
  setHealth,
  setStatus,
  text,
} from './words.js';

const TTL = 5_000;
const ROOT = '/quorate/registry/prod/web/';

/** Registers instances, each on a lease of its own; gives the leases. */
function fleet(driver: Driver, ...ids: string[]): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, driver.ok(register(id, { id }, ''), 'register').lease]));
}

/** Health of the listed instances by id. */
function listed(driver: Driver): Record<string, unknown> {
  const { items } = driver.machine.range(range(ROOT, '/quorate/registry/prod/web0'));
  return Object.fromEntries(items.map((item) => [item.key.slice(ROOT.length), fields(item.value).health]));
}

function fields(value: Uint8Array): Record<string, unknown> {
  return JSON.parse(text(value)) as Record<string, unknown>;
}

function keysUnder(driver: Driver, root: string): number {
  return driver.machine.range(range(root, `${root.slice(0, -1)}0`)).count;
}

/** Six of ten are cut off. @returns the leases of all */
function cut(driver: Driver): Record<string, string> {
  const leases = fleet(driver, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
  driver.clock = 4_000;
  driver.run(keepAlive(...['g', 'h', 'i', 'j'].map((id) => leases[id] ?? '')));
  driver.advance(TTL);
  driver.run(keepAlive(...['g', 'h', 'i', 'j'].map((id) => leases[id] ?? '')));
  return leases;
}

test('one that ends leaves the list, is remembered for the window and then forgotten', () => {
  const driver = new Driver();
  fleet(driver, 'a', 'b');
  const { changes } = driver.advance(TTL);
  expect(listed(driver)).toEqual({});
  expect(changes.map((one) => one.changes.map(({ current }) => [current.key, current.deleted]))).toEqual([
    [
      ['/quorate/guard/prod/web/a', false],
      [`${ROOT}a`, true],
    ],
    [
      ['/quorate/guard/prod/web/b', false],
      [`${ROOT}b`, true],
    ],
  ]);
  expect(driver.machine.service('prod', 'web')).toMatchObject({ listed: 0, suspects: 0, ended: 2 });
  driver.advance(TTL + 29_999);
  expect(keysUnder(driver, '/quorate/guard/')).toBe(2);
  driver.advance(TTL + 30_000);
  expect(driver.machine.service('prod', 'web')).toBeUndefined();
  expect(driver.machine.status()).toMatchObject({ keys: 0, leases: 0 });
});

test('six of ten cut off at once stay listed as suspect, with the lease that ended, reason and time', () => {
  const driver = new Driver();
  const leases = cut(driver);
  expect(listed(driver)).toEqual({
    ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, 'SUSPECT'])),
    ...Object.fromEntries(['g', 'h', 'i', 'j'].map((id) => [id, 'PASSING'])),
  });
  const item = driver.machine.range(range(`${ROOT}f`)).items[0];
  expect(item && fields(item.value)).toEqual({
    id: 'f',
    lease: leases.f,
    health: 'SUSPECT',
    healthReason: 'its lease of 5000 ms was not renewed, as those of most of its service',
    healthChangedAtMs: String(WALL + TTL),
  });
  expect(driver.machine.service('prod', 'web')).toMatchObject({ listed: 10, suspects: 6, ended: 0 });
  expect(keysUnder(driver, '/quorate/guard/')).toBe(0);
});

test('the ones that ended before are listed again in the revision in which too many have ended', () => {
  const driver = new Driver();
  fleet(driver, 'a', 'b', 'c');
  const { changes } = driver.advance(TTL);
  expect(changes).toHaveLength(3);
  const put = changes[2]?.changes.filter(({ current }) => !current.deleted).map(({ current }) => current.key);
  expect(put?.sort()).toEqual([`${ROOT}a`, `${ROOT}b`, `${ROOT}c`]);
  const gone = changes[2]?.changes.filter(({ current }) => current.deleted).map(({ current }) => current.key);
  expect(gone).toHaveLength(2);
  for (const key of gone ?? []) expect(key).toContain('/quorate/guard/prod/web/');
  expect(listed(driver)).toEqual({ a: 'SUSPECT', b: 'SUSPECT', c: 'SUSPECT' });
});

test('half of them, or fewer than the least number, are not held', () => {
  const half = new Driver();
  const leases = fleet(half, 'a', 'b', 'c', 'd', 'e', 'f');
  half.clock = 4_000;
  half.run(keepAlive(...['d', 'e', 'f'].map((id) => leases[id] ?? '')));
  half.advance(TTL);
  expect(listed(half)).toEqual({ d: 'PASSING', e: 'PASSING', f: 'PASSING' });
  const few = new Driver();
  fleet(few, 'a', 'b');
  few.advance(TTL);
  expect(listed(few)).toEqual({});
});

test('a roll-out that replaces all of them one by one, without deregistering, never triggers it', () => {
  const driver = new Driver();
  let leases = fleet(driver, 'a0', 'b0', 'c0', 'd0', 'e0');
  for (let round = 1; round <= 20; round++) {
    const [oldest = ''] = Object.keys(leases);
    leases = Object.fromEntries(Object.entries(leases).filter(([id]) => id !== oldest));
    Object.assign(leases, fleet(driver, `n${round}`));
    for (let step = 0; step < 10; step++) {
      driver.clock += 1_000;
      driver.run(keepAlive(...Object.values(leases)));
      expect(Object.values(listed(driver)), `round ${round}`).not.toContain('SUSPECT');
    }
  }
  expect(Object.keys(listed(driver)).sort()).toEqual(Object.keys(leases).sort());
});

test('deregistering and revoking is never held back, however many go', () => {
  const driver = new Driver();
  const leases = fleet(driver, 'a', 'b', 'c', 'd', 'e', 'f');
  for (const id of ['a', 'b', 'c']) driver.run(deregister(id, leases[id]));
  for (const id of ['d', 'e', 'f']) driver.run(revoke(leases[id] ?? ''));
  expect(listed(driver)).toEqual({});
  expect(keysUnder(driver, '/quorate/guard/')).toBe(0);
});

test('an owner removes its suspect instance by the lease that has ended; another lease is refused', () => {
  const driver = new Driver();
  const leases = cut(driver);
  expect(driver.refused(deregister('a', leases.b)).reason).toBe('LEASE_MISMATCH');
  driver.ok(deregister('a', leases.a), 'deregister');
  driver.ok(deregister('b'), 'deregister');
  expect(Object.keys(listed(driver))).not.toContain('a');
  expect(driver.machine.service('prod', 'web')).toMatchObject({ listed: 8, suspects: 4 });
});

test('an owner takes back an instance that is only remembered, so that it is never listed again', () => {
  const driver = new Driver();
  const leases = fleet(driver, 'a', 'b', 'c');
  driver.clock = 4_000;
  driver.run(keepAlive(leases.c ?? ''));
  driver.advance(TTL);
  expect(driver.refused(deregister('a', leases.b)).reason).toBe('LEASE_MISMATCH');
  driver.ok(deregister('a', leases.a), 'deregister');
  driver.advance(9_000);
  expect(listed(driver)).toEqual({});
});

test('who registers again is neither suspect nor remembered', () => {
  const driver = new Driver();
  cut(driver);
  fleet(driver, 'a');
  expect(listed(driver)).toMatchObject({ a: 'PASSING', b: 'SUSPECT' });
  const other = new Driver();
  fleet(other, 'a', 'b');
  other.advance(TTL);
  fleet(other, 'a');
  expect(other.machine.service('prod', 'web')).toMatchObject({ listed: 1, ended: 1 });
});

test('the hold ends one window after enough are alive again; all of them alive end it at once', () => {
  const driver = new Driver();
  const leases = cut(driver);
  const alive = ['g', 'h', 'i', 'j'].map((id) => leases[id] ?? '');
  alive.push(...Object.values(fleet(driver, 'a')));
  const recovered = driver.clock;
  while (driver.clock < recovered + 29_000) {
    driver.clock += 1_000;
    driver.run(keepAlive(...alive));
  }
  expect(listed(driver)).toMatchObject({ a: 'PASSING', b: 'SUSPECT' });
  driver.clock = recovered + 30_000;
  driver.run(keepAlive(...alive));
  expect(Object.keys(listed(driver))).toEqual(['a', 'g', 'h', 'i', 'j']);
  const all = new Driver();
  cut(all);
  fleet(all, 'a', 'b', 'c', 'd', 'e', 'f');
  expect(all.machine.service('prod', 'web')).toMatchObject({ listed: 10, suspects: 0, ended: 0 });
  expect(all.machine.leaseIds()).toHaveLength(10);
});

test('while some are suspect, further ones become suspect at once', () => {
  const driver = new Driver();
  cut(driver);
  driver.advance(driver.clock + TTL);
  expect(new Set(Object.values(listed(driver)))).toEqual(new Set(['SUSPECT']));
  expect(Object.keys(listed(driver))).toHaveLength(10);
});

test('nobody is listed as suspect for longer than the hold', () => {
  const driver = new Driver();
  cut(driver);
  driver.advance(TTL + 599_999);
  expect(Object.keys(listed(driver))).toHaveLength(10);
  driver.advance(TTL + 600_000);
  expect(Object.keys(listed(driver))).toHaveLength(4);
  driver.advance(TTL + 1_200_000);
  expect(driver.machine.status()).toMatchObject({ keys: 0, leases: 0 });
});

test('settings of the service decide share, number, window and hold; off means off', () => {
  const driver = new Driver();
  driver.run(putService({ guard: { percent: 10, atLeast: 1, windowMs: '2000', holdMs: '7000' } }));
  fleet(driver, 'a');
  driver.advance(TTL);
  expect(listed(driver)).toEqual({ a: 'SUSPECT' });
  driver.advance(TTL + 7_000);
  expect(listed(driver)).toEqual({});
  driver.run(putService({ guard: { off: true } }));
  fleet(driver, 'a', 'b', 'c', 'd');
  driver.advance(driver.clock + TTL);
  expect(listed(driver)).toEqual({});
  expect(keysUnder(driver, '/quorate/guard/')).toBe(0);
});

test('switching it off lets go of what it holds and remembers', () => {
  const few = new Driver();
  fleet(few, 'a', 'b');
  few.advance(TTL);
  few.run(putService({ guard: { off: true } }));
  expect(few.machine.status()).toMatchObject({ keys: 1, leases: 0 });
  const driver = new Driver();
  cut(driver);
  driver.run(putService({ guard: { off: true } }));
  expect(Object.keys(listed(driver))).toEqual(['g', 'h', 'i', 'j']);
});

test('a suspect instance takes a new status, and nothing of its checks', () => {
  const driver = new Driver();
  driver.run(putService({ checks: [{ tcp: {} }] }));
  const leases = cut(driver);
  const hold = driver.machine.range(range(`${ROOT}a`)).items[0]?.lease ?? '';
  for (const lease of [leases.a ?? '', hold]) driver.run(setHealth('a', 'PASSING', lease));
  driver.run(setStatus('a', 'DRAINING'));
  const item = driver.machine.range(range(`${ROOT}a`)).items[0];
  expect(item && fields(item.value)).toMatchObject({ status: 'DRAINING', health: 'SUSPECT', lease: leases.a });
});

test('leases of the machine can be neither renewed nor used', () => {
  const driver = new Driver();
  cut(driver);
  const hold = driver.machine.range(range(`${ROOT}a`)).items[0]?.lease ?? leaseId('');
  expect(driver.ok(keepAlive(hold), 'leaseKeepAlive').ttlsMs).toEqual([0]);
  expect(driver.refused(put('mine', '1', { lease: hold })).reason).toBe('LEASE_NOT_FOUND');
  expect(driver.refused(register('x', {}, hold)).reason).toBe('LEASE_NOT_FOUND');
});

test('many are listed again in several revisions and entries, and nothing is forgotten when a member restarts meanwhile', () => {
  const driver = new Driver(0, { ...limits, expiriesPerEntry: 100 });
  const ids = Array.from({ length: 500 }, (_, i) => `i${String(i).padStart(3, '0')}`);
  driver.requests(ids.map((id) => ({ command: register(id, { id }, ''), requestId: '' })));
  driver.advance(TTL);
  let entries = 0;
  let largest = 0;
  for (; driver.machine.status().backlog && entries < 50; entries++) {
    driver.requests([]);
    for (const { changes } of driver.last?.changes ?? []) largest = Math.max(largest, changes.length);
    expect(driver.rebuilt().service('prod', 'web')).toEqual(driver.machine.service('prod', 'web'));
  }
  expect(entries).toBeGreaterThan(5);
  expect(largest).toBeLessThan(200);
  expect(Object.keys(listed(driver))).toEqual(ids);
  expect(new Set(Object.values(listed(driver)))).toEqual(new Set(['SUSPECT']));
  driver.advance(700_000);
  while (driver.machine.status().backlog) driver.requests([]);
  expect(driver.machine.status()).toMatchObject({ keys: 0, leases: 0 });
});
