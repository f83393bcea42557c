import { afterEach, beforeEach, expect, test } from 'vitest';
import { Code } from '../../../src/base/errors.js';
import { type InstanceIn, registryService, type ServiceSettingsIn } from '../../../src/proto/quorate.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const { getService, putService, register, setStatus, listInstances } = registryService;
const name = { namespace: 'prod', name: 'compute' };

const put = (settings: ServiceSettingsIn = {}, request: object = {}) =>
  api.client.call(putService, { settings: { ...name, ...settings }, ...request });
const get = () => api.client.call(getService, name);
const add = (id: string, change: InstanceIn = {}) =>
  api.client.call(register, {
    instance: { namespace: 'prod', service: 'compute', id, address: '10.0.0.1', port: 1, ...change },
    ttlMs: 5_000,
  });

const byDefault = { off: false, percent: 50, atLeast: 3, windowMs: 30_000, holdMs: 600_000 };

test('a service that nobody knows has the default settings and no instances', async () => {
  expect(await get()).toMatchObject({
    settings: { ...name, guard: byDefault, policy: 'weighted_round_robin', checks: [], version: 0 },
    statuses: {},
    healths: {},
    ended: 0,
    guardingSinceMs: 0,
  });
});

test('settings are found with their version and with defaults for what was not said', async () => {
  const checks = [{ http: { path: '/up' }, fall: 1 }];
  expect((await put({ guard: { percent: 20 }, policy: 'least_request', checks }, { ifVersion: 0 })).version).toBe(1);
  expect((await get()).settings).toMatchObject({
    ...name,
    guard: { ...byDefault, percent: 20 },
    policy: 'least_request',
    checks: [{ kind: 'http', http: { path: '/up' }, port: 0, intervalMs: 10_000, timeoutMs: 2_000, rise: 2, fall: 1 }],
    version: 1,
  });
  expect(await api.client.failure(putService, { settings: name, ifVersion: 0 })).toMatchObject({
    code: Code.FAILED_PRECONDITION,
    reason: 'VERSION_MISMATCH',
    metadata: { namespace: 'prod', name: 'compute', expected: '0', actual: '1' },
  });
  expect((await put({}, { ifVersion: 1 })).version).toBe(2);
  expect((await get()).settings).toMatchObject({ guard: byDefault, checks: [], version: 2 });
});

test('a repeat with the same request id changes the settings once', async () => {
  await put({}, { requestId: 'r1' });
  expect((await put({}, { requestId: 'r1' })).version).toBe(1);
});

test('how a service is: instances by status and health, those that have ended, and since when the guard holds some', async () => {
  await put({ checks: [{ tcp: {} }], guard: { atLeast: 2 } });
  for (const id of ['a', 'b', 'c']) await add(id);
  await api.client.call(setStatus, { namespace: 'prod', service: 'compute', id: 'a', status: 2, reason: 'deploy' });
  expect(await get()).toMatchObject({ statuses: { DRAINING: 1, UP: 2 }, healths: { UNCHECKED: 3 }, ended: 0 });
  api.replica.advance(5_001);
  const held = await get();
  expect(held).toMatchObject({ statuses: { DRAINING: 1, UP: 2 }, healths: { SUSPECT: 3 }, ended: 0 });
  expect(held.guardingSinceMs).toBeGreaterThan(0);
  await put({ guard: { off: true } });
  expect(await get()).toMatchObject({ statuses: {}, healths: {}, guardingSinceMs: 0 });
  await put();
  await add('d');
  api.replica.advance(5_001);
  expect(await get()).toMatchObject({ statuses: {}, ended: 1 });
});

test('a status comes with its reason and time', async () => {
  await add('a');
  const before = Date.now();
  const ref = { namespace: 'prod', service: 'compute', id: 'a' };
  await api.client.call(setStatus, { ...ref, status: 4, reason: 'warming up' });
  const { instances } = await api.client.call(listInstances, { namespace: 'prod', service: 'compute' });
  expect(instances[0]).toMatchObject({ status: 4, statusReason: 'warming up', health: 1 });
  expect(instances[0]?.statusChangedAtMs).toBeGreaterThanOrEqual(before);
  expect(await api.client.failure(setStatus, { ...ref, status: 4, reason: 'x'.repeat(257) })).toMatchObject({
    reason: 'INVALID_FIELD',
    metadata: { field: 'reason' },
  });
});

test.each<[string, ServiceSettingsIn]>([
  ['settings.namespace', { namespace: 'a b' }],
  ['settings.name', { name: '' }],
  ['settings.guard.percent', { guard: { percent: 101 } }],
  ['settings.guard.at_least', { guard: { atLeast: 10_001 } }],
  ['settings.guard.window_ms', { guard: { windowMs: 999 } }],
  ['settings.guard.hold_ms', { guard: { holdMs: 86_400_001 } }],
  ['settings.policy', { policy: 'best' }],
  ['settings.checks[0]', { checks: [{}] }],
])('a bad %s is refused', async (field, settings) => {
  expect(await api.client.failure(putService, { settings: { ...name, ...settings } })).toMatchObject({
    code: Code.INVALID_ARGUMENT,
    metadata: { field },
  });
});
