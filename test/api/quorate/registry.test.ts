import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../../src/base/errors.js';
import { NO_LEASE } from '../../../src/base/ids.js';
import { limits } from '../../../src/base/limits.js';
import { type InstanceIn, registryService } from '../../../src/proto/quorate.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const name = { namespace: 'prod', service: 'compute', id: 'c-1' };
const instance: InstanceIn = { ...name, address: '10.0.0.1', port: 8080 };
const { register, deregister, setStatus, listServices, listInstances } = registryService;

const registerIt = (change: InstanceIn = {}, request: object = {}) =>
  api.client.call(register, { instance: { ...instance, ...change }, ttlMs: 5_000, ...request });
const listed = async (request: object = {}) =>
  (await api.client.call(listInstances, { namespace: 'prod', service: 'compute', ...request })).instances;

test('an instance is registered under a new lease and found with its defaults', async () => {
  const before = Date.now();
  const { lease, ttlMs, header } = await registerIt();
  expect(ttlMs).toBe(5_000);
  expect(lease).toMatch(/^[1-9a-f][0-9a-f]*$/);
  const [found] = await listed();
  expect(found).toMatchObject({
    ...instance,
    weight: 100,
    status: 1,
    lease,
    createRevision: header?.revision,
    revision: header?.revision,
  });
  expect(found?.registeredAtMs).toBeGreaterThanOrEqual(before);
});

test('several instances hang on one lease and go with it', async () => {
  const { lease } = await registerIt();
  await registerIt({ id: 'c-2' }, { lease, ttlMs: 0 });
  expect((await listed()).map((found) => found.lease)).toEqual([lease, lease]);
  api.replica.advance(5_001);
  expect(await listed()).toEqual([]);
});

test('an unknown lease is LEASE_NOT_FOUND', async () => {
  expect(await api.client.failure(register, { instance, lease: 'abc' })).toMatchObject({
    code: Code.NOT_FOUND,
    reason: 'LEASE_NOT_FOUND',
    metadata: { lease: 'abc' },
  });
});

describe('deregister', () => {
  test('removes the instance', async () => {
    await registerIt();
    await api.client.call(deregister, name);
    expect(await listed()).toEqual([]);
    expect(await api.client.failure(deregister, name)).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'INSTANCE_NOT_FOUND',
    });
  });

  test('by a former owner does not remove its successor', async () => {
    const { lease: former } = await registerIt();
    await registerIt();
    expect(await api.client.failure(deregister, { ...name, lease: former })).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: 'LEASE_MISMATCH',
    });
    expect(await listed()).toHaveLength(1);
  });
});

describe('status', () => {
  test('is changed with its time, and nothing else', async () => {
    await registerIt({ metadata: { b: '2', a: '1' }, zone: 'z' });
    const [before] = await listed();
    const { header } = await api.client.call(setStatus, { ...name, status: 2 });
    const [after] = await listed();
    const { statusChangedAtMs } = after ?? {};
    expect(statusChangedAtMs).toBeGreaterThanOrEqual(before?.statusChangedAtMs ?? 0);
    expect(after).toEqual({ ...before, status: 2, statusChangedAtMs, revision: header?.revision });
  });

  test('of an unknown instance is INSTANCE_NOT_FOUND', async () => {
    expect(await api.client.failure(setStatus, { ...name, status: 2 })).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'INSTANCE_NOT_FOUND',
    });
  });
});

describe('lists', () => {
  test('are in id order and filtered by the selector', async () => {
    await registerIt({ id: 'b', zone: 'z1' });
    await registerIt({ id: 'a', zone: 'z2', metadata: { lang: 'ts' } });
    await registerIt({ id: 'c', zone: 'z1', status: 2 });
    await registerIt({ service: 'compute2', id: 'x' });
    const ids = async (selector?: object) => (await listed({ selector })).map(({ id }) => id);
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await ids({ zones: ['z1'] })).toEqual(['b', 'c']);
    expect(await ids({ statuses: [1] })).toEqual(['a', 'b']);
    expect(await ids({ metadata: { lang: 'ts' } })).toEqual(['a']);
  });

  test('count the instances of each service', async () => {
    await registerIt({ id: 'a' });
    await registerIt({ id: 'b', status: 3 });
    await registerIt({ service: 'other', id: 'c' });
    await registerIt({ namespace: 'test', id: 'd' });
    const { services } = await api.client.call(listServices, { namespace: 'prod' });
    expect(services).toEqual([
      { name: 'compute', instances: 2, up: 1 },
      { name: 'other', instances: 1, up: 1 },
    ]);
  });

  test('longer than what one turn reads are whole and of one revision', async () => {
    const count = 1_201;
    for (let i = 0; i < count; i++) registerDirectly(`i-${String(i).padStart(5, '0')}`);
    const { machine } = api.replica;
    const revision = machine.revision;
    const range = machine.range.bind(machine);
    machine.range = (...query) => {
      const result = range(...query);
      // A write between two turns: the list must not show it.
      registerDirectly(`z-${machine.revision}`);
      return result;
    };
    const { instances, header } = await api.client.call(listInstances, { namespace: 'prod', service: 'compute' });
    expect(instances).toHaveLength(count);
    expect(header?.revision).toBe(revision);
  });

  test('longer than a message are refused with what to do', async () => {
    for (let i = 0; i < 300; i++) registerDirectly(`i-${i}`, { metadata: { text: 'x'.repeat(15_000) } });
    const request = { namespace: 'prod', service: 'compute' };
    expect(await api.client.failure(listInstances, request)).toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      reason: 'ANSWER_TOO_LARGE',
    });
    expect(await listed({ selector: { statuses: [2] } })).toEqual([]);
  });

  function registerDirectly(id: string, change: InstanceIn = {}): void {
    const json = Buffer.from(JSON.stringify({ ...instance, id, ...change }));
    const command = { kind: 'register', ...name, instance: id, json, lease: NO_LEASE, ttlMs: 60_000 } as const;
    api.replica.apply(command);
  }
});

describe('bad input', () => {
  const fails = (change: InstanceIn, request: object = {}) =>
    api.client.failure(register, { instance: { ...instance, ...change }, ttlMs: 5_000, ...request });

  test.each([
    ['namespace', () => fails({ namespace: '' }), 'INVALID_NAME'],
    ['service', () => fails({ service: 'a/b' }), 'INVALID_NAME'],
    ['no id', () => fails({ id: '' }), 'INVALID_NAME'],
    ['address', () => fails({ address: '' }), 'INVALID_FIELD'],
    ['port', () => fails({ port: 65_536 }), 'INVALID_FIELD'],
    ['weight', () => fails({ weight: 10_001 }), 'INVALID_FIELD'],
    ['status', () => fails({ status: 9 as 0 }), 'INVALID_FIELD'],
    ['metadata', () => fails({ metadata: { a: 'x'.repeat(limits.metadataBytes) } }), 'INVALID_FIELD'],
    ['no instance', () => api.client.failure(register, { ttlMs: 5_000 }), 'INVALID_FIELD'],
    ['negative ttl', () => fails({}, { ttlMs: -1 }), 'INVALID_TTL'],
    ['no ttl', () => fails({}, { ttlMs: 0 }), 'INVALID_TTL'],
    ['huge ttl', () => fails({}, { ttlMs: Number.MAX_SAFE_INTEGER }), 'INVALID_TTL'],
    ['lease', () => fails({}, { lease: 'XYZ' }), 'INVALID_FIELD'],
    ['request id', () => fails({}, { requestId: 'x'.repeat(129) }), 'INVALID_FIELD'],
    ['deregister', () => api.client.failure(deregister, { ...name, id: '' }), 'INVALID_NAME'],
    ['deregister lease', () => api.client.failure(deregister, { ...name, lease: '0' }), 'INVALID_FIELD'],
    ['unset status', () => api.client.failure(setStatus, name), 'INVALID_FIELD'],
    ['set status of', () => api.client.failure(setStatus, { ...name, service: '', status: 1 }), 'INVALID_NAME'],
    ['list', () => api.client.failure(listInstances, { namespace: 'prod' }), 'INVALID_NAME'],
    [
      'selector',
      () => api.client.failure(listInstances, { ...name, selector: { statuses: [7 as 0] } }),
      'INVALID_FIELD',
    ],
    ['services of', () => api.client.failure(listServices, {}), 'INVALID_NAME'],
  ] as const)('%s', async (_what, act, reason) => {
    expect(await act()).toMatchObject({ code: Code.INVALID_ARGUMENT, reason });
    expect(api.replica.submitted).toEqual([]);
  });
});
