import { expect, test } from 'vitest';
import { instanceKey, namespacePrefix, parseInstanceKey, servicePrefix } from '../../src/machine/registry-keys.js';
import { Driver } from './driver.js';
import { deregister, grant, key, leaseId, put, range, register, revoke, setStatus, text } from './words.js';

const I1 = '/quorate/registry/prod/web/i1';

function registered(driver: Driver, instance: string, lease = '', json: object = { id: instance }) {
  return driver.ok(register(instance, json, lease), 'register').lease;
}

test('a registration without lease grants one and hangs the instance on it, in one revision', () => {
  const driver = new Driver();
  const outcome = driver.outcome(register('i1', { id: 'i1' }, '', 4000));
  expect(outcome).toMatchObject({ result: { kind: 'register', ttlMs: 4000 }, revision: 2 });
  const [id = leaseId('')] = driver.machine.leaseIds();
  expect(outcome.result).toMatchObject({ lease: id });
  expect(driver.machine.lease(id)).toEqual({ ttlMs: 4000, remainingMs: 4000, keys: [I1] });
  const item = driver.machine.range(range(I1)).items[0];
  expect(item && [text(item.value), item.lease]).toEqual(['{"id":"i1","health":"PASSING"}', id]);
});

test('the instance goes with its lease', () => {
  const driver = new Driver();
  registered(driver, 'i1');
  driver.advance(4999);
  expect(driver.machine.range(range(I1)).count).toBe(1);
  driver.advance(5000);
  expect(driver.machine.range(range(I1)).count).toBe(0);
});

test('a registration on an existing lease shares it and has its TTL', () => {
  const driver = new Driver();
  driver.run(grant('7', 9000));
  expect(driver.ok(register('i1', {}, '7', 1000), 'register')).toEqual({ kind: 'register', lease: '7', ttlMs: 9000 });
  registered(driver, 'i2', '7');
  expect(driver.machine.lease(leaseId('7'))?.keys).toEqual([I1, '/quorate/registry/prod/web/i2']);
  expect(driver.refused(register('i3', {}, '8'))).toMatchObject({
    reason: 'LEASE_NOT_FOUND',
    metadata: { lease: '8' },
  });
});

test('replacing an instance on another lease detaches it; the lease of its registration ends when it is empty', () => {
  const driver = new Driver();
  const first = registered(driver, 'i1');
  const second = registered(driver, 'i1');
  expect(second).not.toBe(first);
  expect(driver.machine.leaseIds()).toEqual([second]);
  registered(driver, 'i2', second);
  registered(driver, 'i1');
  expect(driver.machine.lease(second)?.keys).toEqual(['/quorate/registry/prod/web/i2']);
});

test('a lease that was granted by itself outlives the move of its instance', () => {
  const driver = new Driver();
  driver.run(grant('7', 9000));
  registered(driver, 'i1', '7');
  registered(driver, 'i1');
  expect(driver.machine.lease(leaseId('7'))?.keys).toEqual([]);
});

test('whose lease it was is known after a rebuild', () => {
  const driver = new Driver();
  driver.run(grant('7', 9000));
  const own = registered(driver, 'i1');
  expect(driver.image.leases.get(own)?.ofRegistration).toBe(true);
  expect(driver.image.leases.get(leaseId('7'))?.ofRegistration).toBe(false);
});

test('registering again on the same lease only replaces the instance', () => {
  const driver = new Driver();
  const lease = registered(driver, 'i1');
  registered(driver, 'i1', lease, { id: 'i1', port: 2 });
  expect(driver.machine.lease(lease)?.keys).toEqual([I1]);
  expect(driver.machine.range(range(I1)).items[0]).toMatchObject({ version: 2 });
});

test('deregister removes the instance, and the lease if nothing else hangs on it', () => {
  const driver = new Driver();
  const lease = registered(driver, 'i1');
  registered(driver, 'i2', lease);
  expect(driver.outcome(deregister('i1'))).toEqual({ result: { kind: 'deregister' }, revision: 4 });
  expect(driver.machine.lease(lease)?.keys).toHaveLength(1);
  driver.run(deregister('i2'));
  expect(driver.machine.leaseIds()).toEqual([]);
});

test('deregister on a named lease leaves the successor alone', () => {
  const driver = new Driver();
  const old = registered(driver, 'i1');
  const current = registered(driver, 'i1');
  expect(driver.refused(deregister('i1', old))).toMatchObject({
    reason: 'LEASE_MISMATCH',
    metadata: { expected: old, actual: current },
  });
  expect(driver.ok(deregister('i1', current), 'deregister')).toEqual({ kind: 'deregister' });
});

test('an instance that is not there', () => {
  const driver = new Driver();
  const lease = registered(driver, 'i1');
  driver.run(revoke(lease));
  for (const command of [deregister('i1'), setStatus('i1', 'UP')]) {
    expect(driver.refused(command)).toMatchObject({
      reason: 'INSTANCE_NOT_FOUND',
      metadata: { namespace: 'prod', service: 'web', id: 'i1' },
    });
  }
});

test('set status changes that field and its time alone, and keeps the lease', () => {
  const driver = new Driver(0);
  const lease = registered(driver, 'i1', '', { id: 'i1', status: 'UP', metadata: { b: '1', a: '2' } });
  driver.run(setStatus('i1', 'DRAINING'));
  const item = driver.machine.range(range(I1)).items[0];
  expect(item && text(item.value)).toBe(
    '{"id":"i1","status":"DRAINING","metadata":{"b":"1","a":"2"},"health":"PASSING","statusChangedAtMs":"7"}',
  );
  expect(item).toMatchObject({ lease, version: 2 });
  registered(driver, 'i2');
  driver.run(setStatus('i2', 'DOWN'));
  const added = driver.machine.range(range('/quorate/registry/prod/web/i2')).items[0];
  expect(added && text(added.value)).toBe('{"id":"i2","health":"PASSING","status":"DOWN","statusChangedAtMs":"7"}');
});

test('a bad registration neither grants a lease nor makes a revision', () => {
  const driver = new Driver();
  expect(driver.refused(register('i1', {}, '', 0)).reason).toBe('INVALID_TTL');
  expect(driver.machine.status()).toMatchObject({ keys: 0, leases: 0 });
});

test('raw keys may hang on the lease of a registration and keep it', () => {
  const driver = new Driver();
  const lease = registered(driver, 'i1');
  driver.run(put('mine', '1', { lease }));
  driver.run(deregister('i1'));
  expect(driver.machine.lease(lease)?.keys).toEqual(['mine']);
});

test('keys of instances', () => {
  expect(instanceKey('prod', 'web', 'i1')).toBe(I1);
  expect(servicePrefix('prod', 'web')).toBe('/quorate/registry/prod/web/');
  expect(namespacePrefix('prod')).toBe('/quorate/registry/prod/');
  expect(parseInstanceKey(key(I1))).toEqual({ namespace: 'prod', service: 'web', instance: 'i1' });
  for (const other of [
    '',
    I1.slice(0, -3),
    '/quorate/registry/prod/web/',
    `${I1}/x`,
    '/quorate/registry//web/i1',
    '/x/prod/web/i1',
  ]) {
    expect(parseInstanceKey(key(other)), other).toBeUndefined();
  }
});
