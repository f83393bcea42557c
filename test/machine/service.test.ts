import { expect, test } from 'vitest';
import { Driver } from './driver.js';
import { deregister, putService, range, register, revoke, setHealth, setStatus, text } from './words.js';

const check = { tcp: {} };

function stored(driver: Driver, id: string): Record<string, unknown> {
  const item = driver.machine.range(range(`/quorate/registry/prod/web/${id}`)).items[0];
  return item ? (JSON.parse(text(item.value)) as Record<string, unknown>) : {};
}

function registered(driver: Driver, json: object, lease = ''): string {
  return driver.ok(register('a', { id: 'a', status: 'UP', ...json }, lease), 'register').lease;
}

test('settings are kept with a version that counts their changes, under a condition', () => {
  const driver = new Driver();
  expect(driver.outcome(putService({ policy: 'x' }, 0))).toEqual({
    result: { kind: 'putService', version: 1 },
    revision: 2,
  });
  expect(driver.refused(putService({}, 0))).toMatchObject({
    reason: 'VERSION_MISMATCH',
    metadata: { namespace: 'prod', name: 'web', expected: '0', actual: '1' },
  });
  expect(driver.ok(putService({ policy: 'y' }, 1), 'putService').version).toBe(2);
  expect(driver.ok(putService({ policy: 'z' }), 'putService').version).toBe(3);
  const item = driver.machine.range(range('/quorate/service/prod/web')).items[0];
  expect(item && text(item.value)).toBe('{"policy":"z"}');
});

test('an instance without checks passes, one with its own or those of its service begins unchecked', () => {
  const driver = new Driver();
  registered(driver, { registeredAtMs: '1' });
  expect(stored(driver, 'a')).toMatchObject({ health: 'PASSING', healthChangedAtMs: '1', statusChangedAtMs: '1' });
  registered(driver, { registeredAtMs: '2', checks: [check] });
  expect(stored(driver, 'a')).toMatchObject({ health: 'UNCHECKED', healthChangedAtMs: '2', statusChangedAtMs: '1' });
  driver.run(deregister('a'));
  driver.run(putService({ checks: [check] }));
  registered(driver, {});
  expect(stored(driver, 'a').health).toBe('UNCHECKED');
});

test('registering the same endpoint with the same checks again keeps the health and its time; another one does not', () => {
  const driver = new Driver();
  const endpoint = { address: 'x', port: 1, ports: { m: 2 }, checks: [check], registeredAtMs: '1' };
  const lease = registered(driver, endpoint);
  driver.run(setHealth('a', 'FAILING', lease, 'no answer'));
  driver.run(setStatus('a', 'DRAINING'));
  const failing = { health: 'FAILING', healthReason: 'no answer', healthChangedAtMs: '8' };
  registered(driver, { ...endpoint, status: 'DRAINING', registeredAtMs: '9', version: '2' });
  expect(stored(driver, 'a')).toMatchObject({ ...failing, statusChangedAtMs: '7' });
  registered(driver, { ...endpoint, registeredAtMs: '10' });
  expect(stored(driver, 'a')).toMatchObject({ ...failing, statusChangedAtMs: '10' });
  for (const change of [{ port: 2 }, { address: 'y' }, { ports: {} }, { checks: [check, check] }]) {
    registered(driver, endpoint);
    driver.run(
      setHealth('a', 'FAILING', driver.machine.range(range('/quorate/registry/prod/web/a')).items[0]?.lease ?? ''),
    );
    registered(driver, { ...endpoint, ...change, registeredAtMs: '11' });
    expect(stored(driver, 'a'), JSON.stringify(change)).toMatchObject({ health: 'UNCHECKED', healthChangedAtMs: '11' });
    expect(stored(driver, 'a')).not.toHaveProperty('healthReason');
  }
});

test('health changes only for the registration that was checked, and makes a revision only if it changes', () => {
  const driver = new Driver();
  const lease = registered(driver, { checks: [check] });
  const { revision } = driver.machine;
  expect(driver.outcome(setHealth('a', 'PASSING', 'ff')).revision).toBe(revision);
  expect(driver.outcome(setHealth('none', 'PASSING', lease))).toEqual({ result: { kind: 'setHealth' }, revision });
  expect(driver.outcome(setHealth('a', 'PASSING', lease, '')).revision).toBe(revision + 1);
  expect(stored(driver, 'a')).toEqual({
    id: 'a',
    status: 'UP',
    checks: [check],
    health: 'PASSING',
    healthChangedAtMs: '8',
  });
  expect(driver.outcome(setHealth('a', 'PASSING', lease, 'other')).revision).toBe(revision + 1);
  driver.run(revoke(lease));
  expect(driver.outcome(setHealth('a', 'FAILING', lease)).result).toEqual({ kind: 'setHealth' });
});

test('what nothing checks takes no health', () => {
  const driver = new Driver();
  const lease = registered(driver, {});
  driver.run(setHealth('a', 'FAILING', lease));
  expect(stored(driver, 'a').health).toBe('PASSING');
});

test('where a service has no checks any more, those that only it had checked pass; others keep what their own said', () => {
  const driver = new Driver();
  driver.run(putService({ checks: [check] }));
  const lease = registered(driver, {});
  driver.run(setHealth('a', 'FAILING', lease));
  driver.run(register('b', { id: 'b', checks: [check] }, lease));
  driver.run(setHealth('b', 'FAILING', lease));
  const { revision } = driver.outcome(putService({}));
  expect(stored(driver, 'a')).toMatchObject({ health: 'PASSING', healthReason: 'the service has no checks any more' });
  expect(stored(driver, 'b').health).toBe('FAILING');
  expect(driver.last?.changes.map((one) => one.revision)).toEqual([revision]);
});

test('a status keeps its time while it stays, and takes the newest reason', () => {
  const driver = new Driver();
  registered(driver, { registeredAtMs: '1' });
  const status = { kind: 'setStatus', namespace: 'prod', service: 'web', instance: 'a' } as const;
  driver.run({ ...status, status: 'DRAINING', reason: 'deploy', atMs: 5 });
  driver.run({ ...status, status: 'DRAINING', reason: 'still', atMs: 6 });
  expect(stored(driver, 'a')).toMatchObject({ status: 'DRAINING', statusReason: 'still', statusChangedAtMs: '5' });
});
