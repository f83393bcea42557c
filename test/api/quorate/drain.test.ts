import type { ClientReadableStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../../src/base/errors.js';
import {
  registryService,
  type WatchRegistryRequestIn,
  type WatchRegistryResponse,
} from '../../../src/proto/quorate.js';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
let streams: ClientReadableStream<WatchRegistryResponse>[];
beforeEach(async () => {
  api = await startApi();
  streams = [];
});
afterEach(async () => {
  for (const stream of streams) stream.cancel();
  await api.stop();
});

const name = { namespace: 'prod', service: 'compute', id: 'c-1' };
const { acknowledge, drain, listInstances, register, watch } = registryService;

async function registered(id = name.id): Promise<void> {
  await api.client.call(register, { instance: { ...name, id, address: '10.0.0.1', port: 80 }, ttlMs: 60_000 });
}

/** A watch of a subscriber that has its snapshot. */
async function subscribed(subscriber: string, request: WatchRegistryRequestIn = {}) {
  const messages: WatchRegistryResponse[] = [];
  const stream = api.client.serverStream(watch, { namespace: 'prod', services: ['compute'], subscriber, ...request });
  streams.push(stream);
  stream.on('data', (message: WatchRegistryResponse) => messages.push(message));
  stream.on('error', () => {});
  await until('the watch has begun', () => messages.length > 0);
  return messages;
}

const say = (subscriber: string, revision: number | undefined, more: object = {}) =>
  api.client.call(acknowledge, { subscriber, revision, ...more });

describe('a drain', () => {
  test('without subscribers answers at once, and the instance is DRAINING at the revision of the answer', async () => {
    await registered();
    const answer = await api.client.call(drain, name);
    expect(answer).toMatchObject({ subscribers: 0, acknowledged: 0, missing: [], silentMembers: [] });
    const { instances } = await api.client.call(listInstances, name);
    expect(instances).toMatchObject([{ status: 2, revision: answer.header?.revision }]);
  });

  test('answers when the last subscriber has acknowledged', async () => {
    await registered();
    const [a, b] = [await subscribed('a'), await subscribed('b', { selector: { statuses: [1] } })];
    let answered = false;
    const answer = api.client.call(drain, name).finally(() => {
      answered = true;
    });
    await until('both are told', () => a.length === 2 && b.length === 2);
    const revision = a[1]?.header?.revision;
    expect(b[1]).toMatchObject({ header: { revision }, changes: { updated: [], removed: [{ id: 'c-1' }] } });
    expect(await say('a', revision)).toMatchObject({ known: true });
    await registered('c-2');
    expect(answered).toBe(false);
    await say('b', revision);
    expect(await answer).toMatchObject({ subscribers: 2, acknowledged: 2, missing: [] });
  });

  test('does not wait for who selects other instances, once it is up to date with those', async () => {
    await registered();
    const elsewhere = await subscribed('elsewhere', { selector: { zones: ['far'] } });
    await subscribed('other', { services: ['other'] });
    await say('elsewhere', elsewhere[0]?.header?.revision);
    expect(await api.client.call(drain, name)).toMatchObject({ subscribers: 1, acknowledged: 1 });
  });

  test('says who was missing when its time is up', async () => {
    await registered();
    await subscribed('slow');
    const began = performance.now();
    expect(await api.client.call(drain, { ...name, waitMs: 60 })).toMatchObject({
      subscribers: 1,
      acknowledged: 0,
      missing: ['slow'],
    });
    expect(performance.now() - began).toBeGreaterThanOrEqual(59);
  });

  test('asked again waits again', async () => {
    await registered();
    const messages = await subscribed('slow');
    await api.client.call(drain, { ...name, waitMs: 1 });
    const again = api.client.call(drain, name);
    const acknowledging = setInterval(() => void say('slow', messages.at(-1)?.header?.revision), 5);
    expect(await again).toMatchObject({ subscribers: 1, acknowledged: 1 });
    clearInterval(acknowledging);
  });

  test('does not wait for a subscriber that has left', async () => {
    await registered();
    await subscribed('a');
    const answer = api.client.call(drain, name);
    await say('a', 0, { leaving: true });
    expect(await answer).toMatchObject({ subscribers: 0, missing: [] });
  });

  test('of an unknown instance, and with a wait that is none, is refused', async () => {
    expect(await api.client.failure(drain, name)).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'INSTANCE_NOT_FOUND',
    });
    for (const waitMs of [-1, 600_001])
      expect(await api.client.failure(drain, { ...name, waitMs })).toMatchObject({ reason: 'INVALID_FIELD' });
  });
});

test('a subscriber that no watch has is not known', async () => {
  expect(await say('nobody', 1)).toMatchObject({ known: false });
  for (const subscriber of ['', 'a b', 'x'.repeat(129)])
    expect(await api.client.failure(acknowledge, { subscriber, revision: 1 })).toMatchObject({
      reason: 'INVALID_FIELD',
    });
});

test('a watch whose subscriber has a bad name is refused', async () => {
  const stream = api.client.serverStream(watch, { namespace: 'prod', subscriber: 'no blanks' });
  streams.push(stream);
  const error = await new Promise<Error>((resolve) => stream.on('error', resolve));
  expect(error.message).toContain('subscriber "no blanks" must have');
});
