import { expect, test } from 'vitest';
import { clusterTime, index, type MemberId, term } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { Driver } from './driver.js';
import { compact, del, grant, keepAlive, leaseId, put, range, revoke, txn } from './words.js';

test('a lease under a chosen id', () => {
  const driver = new Driver();
  driver.clock = 100;
  expect(driver.outcome(grant('ab', 5000))).toEqual({
    result: { kind: 'leaseGrant', id: 'ab', ttlMs: 5000 },
    revision: 1,
  });
  expect(driver.machine.lease(leaseId('ab'))).toEqual({ ttlMs: 5000, remainingMs: 5000, keys: [] });
  expect(driver.machine.status()).toMatchObject({ leases: 1, nextDeadline: 5100 });
});

test('an id that exists is refused (etcd: lease already exists)', () => {
  const driver = new Driver();
  driver.run(grant('ab', 5000));
  expect(driver.refused(grant('ab', 9000))).toMatchObject({ reason: 'LEASE_EXISTS', metadata: { lease: 'ab' } });
  expect(driver.machine.lease(leaseId('ab'))?.ttlMs).toBe(5000);
});

test('ids of the machine are hex of at most 63 bits, all different, and the same on every member', () => {
  const ids = [new Driver(), new Driver()].map((driver) => {
    const made = Array.from({ length: 20 }, () =>
      driver.requests(Array.from({ length: 50 }, () => ({ command: grant('', 5000), requestId: '' }))),
    ).flat();
    return made.map(({ result }) => (result.kind === 'leaseGrant' ? result.id : 'refused'));
  });
  expect(ids[0]).toEqual(ids[1]);
  expect(new Set(ids[0]).size).toBe(1000);
  for (const id of ids[0] ?? []) {
    expect(id).toMatch(/^[1-9a-f][0-9a-f]{0,15}$/);
    expect(BigInt(`0x${id}`) < 2n ** 63n).toBe(true);
  }
});

test('an id in use is not chosen again', () => {
  const first = new Driver().ok(grant('', 5000), 'leaseGrant').id;
  const driver = new Driver();
  driver.requests([
    { command: grant(first, 5000), requestId: '' },
    { command: grant('', 5000), requestId: '' },
  ]);
  expect(driver.machine.leaseIds()).toHaveLength(2);
});

test('a TTL that is not a positive number is refused', () => {
  const driver = new Driver();
  for (const ttlMs of [0, -1, Number.NaN, 2 ** 60])
    expect(driver.refused(grant('1', ttlMs)).reason).toBe('INVALID_TTL');
});

test('revoke deletes all keys in one revision, sorted (etcd)', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  for (const name of ['c', 'a', 'b']) driver.run(put(name, '1', { lease: leaseId('1') }));
  driver.run(put('other', '1'));
  expect(driver.outcome(revoke('1'))).toEqual({ result: { kind: 'leaseRevoke' }, revision: 6 });
  expect(driver.last?.changes).toHaveLength(1);
  expect(driver.last?.changes[0]?.changes.map(({ current }) => current.key)).toEqual(['a', 'b', 'c']);
  expect(driver.machine.range(range('\0', '\0')).count).toBe(1);
  expect(driver.machine.leaseIds()).toEqual([]);
});

test('revoking a lease without keys leaves the revision (etcd)', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  expect(driver.outcome(revoke('1')).revision).toBe(1);
  expect(driver.refused(revoke('1')).reason).toBe('LEASE_NOT_FOUND');
});

test('a lease holds the keys that hang on it now', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(grant('2', 5000));
  driver.run(put('moved', '1', { lease: leaseId('1') }));
  driver.run(put('deleted', '1', { lease: leaseId('1') }));
  driver.run(put('stays', '1', { lease: leaseId('1') }));
  driver.run(put('moved', '2', { lease: leaseId('2') }));
  driver.run(txn([], [del('deleted')]));
  expect(driver.machine.lease(leaseId('1'))?.keys).toEqual(['stays']);
  driver.run(revoke('1'));
  expect(driver.machine.range(range('\0', '\0')).items.map((item) => item.key)).toEqual(['moved']);
});

test('a lease ends when the clock reaches its deadline, not before', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(put('a', '1', { lease: leaseId('1') }));
  expect(driver.advance(4999).changes).toEqual([]);
  expect(driver.machine.lease(leaseId('1'))?.remainingMs).toBe(1);
  const { changes } = driver.advance(5000);
  expect(changes.map(({ changes }) => changes.map(({ current }) => [current.key, current.deleted]))).toEqual([
    [['a', true]],
  ]);
  expect(driver.machine.status()).toEqual({ keys: 0, leases: 0, nextDeadline: undefined, backlog: false });
});

test('a keep-alive renews for the whole TTL; an unknown lease gets 0 (etcd)', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.clock = 3000;
  expect(driver.ok(keepAlive('1', '99'), 'leaseKeepAlive').ttlsMs).toEqual([5000, 0]);
  driver.advance(7999);
  expect(driver.machine.leaseIds()).toEqual(['1']);
  driver.advance(8000);
  expect(driver.machine.leaseIds()).toEqual([]);
});

test('a keep-alive in the entry that brings the deadline wins', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.clock = 60_000;
  expect(driver.ok(keepAlive('1'), 'leaseKeepAlive').ttlsMs).toEqual([5000]);
  expect(driver.machine.leaseIds()).toEqual(['1']);
});

test('the clock never goes back', () => {
  const driver = new Driver();
  driver.advance(1000);
  driver.advance(400);
  expect(driver.machine.clock).toBe(1000);
});

test('leases end in the order of their deadlines, ties by id, each in its own revision', () => {
  const driver = new Driver();
  for (const [id, ttl] of [
    ['c', 2000],
    ['b', 1000],
    ['a', 2000],
    ['d', 1500],
  ] as const) {
    driver.run(grant(id, ttl));
    driver.run(put(`key-${id}`, '1', { lease: leaseId(id) }));
  }
  const { changes } = driver.advance(9000);
  expect(changes.map(({ revision, changes }) => [revision, changes[0]?.current.key])).toEqual([
    [6, 'key-b'],
    [7, 'key-d'],
    [8, 'key-a'],
    [9, 'key-c'],
  ]);
});

test('a bounded number of leases ends with one entry; the rest is backlog', () => {
  const driver = new Driver(0, { ...limits, expiriesPerEntry: 2 });
  for (const id of ['1', '2', '3', '4', '5']) driver.run(grant(id, 1000));
  const left: unknown[] = [];
  driver.advance(1000);
  for (;;) {
    left.push([driver.machine.leaseIds().length, driver.machine.status().backlog]);
    if (!driver.machine.status().backlog) break;
    driver.requests([]);
  }
  expect(left).toEqual([
    [3, true],
    [1, true],
    [0, false],
  ]);
});

test('after a rebuild the keys hang on the same leases, and deadlines are the same', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(grant('2', 7000));
  driver.run(put('a', '1', { lease: leaseId('1') }));
  driver.run(put('a', '2', { lease: leaseId('2') }));
  driver.run(put('b', '1', { lease: leaseId('1') }));
  driver.run(put('gone', '1', { lease: leaseId('1') }));
  driver.run(del('gone'));
  driver.run(compact(5));
  driver.run(revoke('1'));
  const rebuilt = driver.rebuilt();
  expect(rebuilt.lease(leaseId('2'))).toEqual({ ttlMs: 7000, remainingMs: 7000, keys: ['a'] });
  const next = { index: index(rebuilt.appliedIndex + 1), term: term(1), clock: clusterTime(7000), wallMs: 0, runs: [] };
  const own = (_member: MemberId) => false;
  expect(rebuilt.apply(next, own).changes).toEqual(driver.machine.apply(next, own).changes);
});

test('leases by deadline: a renewed one moves back', () => {
  const driver = new Driver();
  for (const [id, ttl] of [
    ['c', 1000],
    ['a', 2000],
    ['b', 1500],
  ] as const)
    driver.run(grant(id, ttl));
  expect(driver.machine.leaseIdsByDeadline()).toEqual(['c', 'b', 'a']);
  driver.clock = 900;
  driver.run(keepAlive('b'));
  expect(driver.machine.leaseIdsByDeadline()).toEqual(['c', 'a', 'b']);
});
