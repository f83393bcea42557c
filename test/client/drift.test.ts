import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Log, silentLog } from '../../src/base/log.js';
import type { RegistryEvent } from '../../src/client/events.js';
import { registryService, type WatchRegistryRequest, type WatchRegistryResponseIn } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster, type FakeStream } from './fake-server.js';

const instance = (id: string, revision: number) =>
  ({ namespace: 'prod', service: 'compute', id, status: 1, revision }) as const;
const ref = (id: string) => ({ namespace: 'prod', service: 'compute', id });

/** By the words of ListInstancesResponse.checksum. */
function checksum(...instances: readonly { id: string; revision: number }[]): number {
  let sum = 0n;
  for (const { id, revision } of instances) {
    const digest = createHash('sha256').update(`prod/compute/${id}/${revision}`).digest('hex');
    sum += BigInt(`0x${digest.slice(0, 12)}`);
  }
  return Number(sum % 2n ** 48n);
}

let cluster: FakeCluster;
let requests: WatchRegistryRequest[];
let streams: FakeStream<WatchRegistryResponseIn>[];
let complaints: string[];

beforeEach(async () => {
  cluster = await FakeCluster.start(1);
  requests = [];
  streams = [];
  complaints = [];
  cluster.member(0).onStream(registryService.watch, (request: WatchRegistryRequest, stream) => {
    requests.push(request);
    streams.push(stream);
  });
});
afterEach(() => cluster.stop());

const send = (response: WatchRegistryResponseIn) => streams.at(-1)?.send(response);
const snapshot = (revision: number, instances: readonly ReturnType<typeof instance>[], sum: number) =>
  send({ header: { revision }, snapshot: { instances: [...instances] }, checksum: sum });

function events(afterRevision?: number) {
  const log: Log = { ...silentLog, error: (_fields, message) => complaints.push(message) };
  const watch = cluster.client({ log }).registry.watch({ namespace: 'prod', progress: true, afterRevision });
  return async (): Promise<RegistryEvent | undefined> => (await watch.next()).value;
}

test('a watch whose checksums are right is left alone', async () => {
  const next = events();
  const first = next();
  await until('it has begun', () => streams.length === 1);
  const [a, b, c] = [instance('a', 3), instance('b', 4), instance('a', 6)];
  snapshot(5, [a, b], checksum(a, b));
  await first;
  send({ header: { revision: 6 }, changes: { updated: [c] }, checksum: checksum(c, b) });
  send({ header: { revision: 7 }, changes: { removed: [ref('b'), ref('never seen')] }, checksum: checksum(c) });
  send({ header: { revision: 9 }, progress: {}, checksum: checksum(c) });
  send({ header: { revision: 10 }, changes: { removed: [ref('a')] }, checksum: 0 });
  for (const revision of [6, 7, 9, 10]) expect(await next()).toMatchObject({ revision });
  expect([requests.length, complaints]).toEqual([1, []]);
});

test.each<[string, (missed: number) => WatchRegistryResponseIn]>([
  ['a change', (sum) => ({ header: { revision: 7 }, changes: { updated: [instance('c', 7)] }, checksum: sum })],
  ['progress', (sum) => ({ header: { revision: 7 }, progress: {}, checksum: sum })],
])('one that has missed something begins anew when %s shows it', async (_what, response) => {
  const next = events();
  const first = next();
  await until('it has begun', () => streams.length === 1);
  const [a, b, c] = [instance('a', 3), instance('b', 6), instance('c', 7)];
  snapshot(5, [a], checksum(a));
  await first;
  send(response(checksum(a, b, c)));
  await until('it begins anew', () => streams.length === 2);
  expect(requests[1]?.afterRevision).toBeUndefined();
  snapshot(8, [a, b, c], checksum(a, b, c));
  expect(await next()).toMatchObject({ kind: 'snapshot', revision: 8, resync: true });
  expect(requests).toHaveLength(2);
  expect(complaints).toEqual(['a watch differs from the store: it begins anew']);
});

test('a snapshot that contradicts itself is told of and passed on: there is nothing better', async () => {
  const next = events();
  const first = next();
  await until('it has begun', () => streams.length === 1);
  snapshot(5, [instance('a', 3)], 1);
  expect(await first).toMatchObject({ kind: 'snapshot', revision: 5 });
  send({ header: { revision: 6 }, changes: { updated: [instance('b', 6)] }, checksum: 2 });
  expect(await next()).toMatchObject({ kind: 'changes', revision: 6 });
  expect([requests.length, complaints]).toEqual([1, ['a snapshot of a watch is not what its checksum says']]);
});

test('a watch that was resumed by its caller has nothing to compare', async () => {
  const next = events(4);
  const first = next();
  await until('it has begun', () => streams.length === 1);
  send({ header: { revision: 6 }, changes: { updated: [instance('b', 6)] }, checksum: 12 });
  expect(await first).toMatchObject({ kind: 'changes', revision: 6 });
  expect(complaints).toEqual([]);
});

test('a view counts how often it was put right', async () => {
  const view = cluster.client().registry.view('prod', 'compute');
  await until('it has begun', () => streams.length === 1);
  const a = instance('a', 3);
  snapshot(5, [a], checksum(a));
  await view.ready();
  expect(view.drifts).toBe(0);
  send({ header: { revision: 6 }, changes: { updated: [instance('b', 6)] }, checksum: checksum(a) });
  await until('it begins anew', () => streams.length === 2);
  snapshot(6, [a], checksum(a));
  await until('it is put right', () => view.revision === 6);
  expect([view.drifts, [...view.current.keys()]]).toEqual([1, ['a']]);
});
