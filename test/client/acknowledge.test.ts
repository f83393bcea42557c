import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AcknowledgeRequest,
  type AcknowledgeResponseIn,
  registryService,
  type WatchRegistryRequest,
  type WatchRegistryResponseIn,
} from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster, type FakeStream } from './fake-server.js';

const instance = (id: string, revision: number, status: 1 | 2 = 1) =>
  ({ namespace: 'prod', service: 'compute', id, status, revision }) as const;
const { acknowledge, watch } = registryService;

interface Asked {
  readonly member: number;
  readonly request: WatchRegistryRequest;
  readonly stream: FakeStream<WatchRegistryResponseIn>;
}

let cluster: FakeCluster;
let streams: Asked[];
/** What the members heard, as 'member: revision', or 'member: leaving'. */
let heard: string[];
/** Subscribers that a member does not know yet. */
let unknown: number;

beforeEach(async () => {
  cluster = await FakeCluster.start(2);
  streams = [];
  heard = [];
  unknown = 0;
  for (const [at, member] of cluster.members.entries()) {
    member.onStream(watch, (request: WatchRegistryRequest, stream: FakeStream<WatchRegistryResponseIn>) => {
      streams.push({ member: at, request, stream });
      if (request.afterRevision === undefined)
        stream.send({ header: { revision: 5 }, snapshot: { instances: [instance('a', 3), instance('b', 4)] } });
    });
    member.onUnary<AcknowledgeRequest, AcknowledgeResponseIn>(acknowledge, (request, call) => {
      expect(request.subscriber).toBe(streams.at(-1)?.request.subscriber);
      heard.push(`${at}: ${request.leaving ? 'leaving' : request.revision}`);
      call.answer({ header: { revision: 5 }, known: unknown-- <= 0 });
    });
  }
});
afterEach(() => cluster.stop());

const draining = (revision: number): WatchRegistryResponseIn => ({
  header: { revision },
  changes: { updated: [instance('a', revision, 2)] },
});
const client = (acknowledgeMs: number) => cluster.client({}, { acknowledgeMs });

describe('a view', () => {
  test('acknowledges at once what somebody may wait for, when its listeners have been called', async () => {
    const view = client(60_000).registry.view('prod', 'compute');
    await view.ready();
    expect(streams[0]?.request.subscriber).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
    let acted = 0;
    view.onChange(({ revision }) => {
      expect(heard).toEqual([]);
      acted = revision;
    });
    streams[0]?.stream.send({ header: { revision: 6 }, changes: { updated: [instance('c', 6)] } });
    streams[0]?.stream.send(draining(7));
    await until('the member has heard', () => heard.length > 0);
    expect(acted).toBe(7);
    expect(heard).toEqual(['0: 7']);
  });

  test('acknowledges everything else in its time', async () => {
    const view = client(5).registry.view('prod', 'compute');
    await view.ready();
    await until('the snapshot is acknowledged', () => heard.includes('0: 5'));
    streams[0]?.stream.send({ header: { revision: 6 }, changes: { updated: [instance('c', 6)] } });
    await until('the change is acknowledged', () => heard.includes('0: 6'));
  });

  test('tells again where it is not known yet', async () => {
    unknown = 2;
    const view = client(5).registry.view('prod', 'compute');
    await view.ready();
    await until('the member knows it', () => heard.length === 3);
    expect(heard).toEqual(['0: 5', '0: 5', '0: 5']);
  });

  test('tells the next member what it acts by, without an event', async () => {
    const view = client(5).registry.view('prod', 'compute');
    await view.ready();
    await until('the first has heard', () => heard.length === 1);
    cluster.member(0).kill();
    await until('the next has heard', () => heard.length === 2);
    expect(heard).toEqual(['0: 5', '1: 5']);
    expect(streams[1]?.request).toMatchObject({ subscriber: streams[0]?.request.subscriber, afterRevision: 5 });
  });

  test('says when it leaves', async () => {
    const view = client(60_000).registry.view('prod', 'compute', { subscriber: 'me' });
    await view.ready();
    view.close();
    await until('the member has heard', () => heard.length === 1);
    expect(heard).toEqual(['0: leaving']);
    expect(streams[0]?.request.subscriber).toBe('me');
  });

  test('says so also when its client is closed', async () => {
    const quorate = client(60_000);
    await quorate.registry.view('prod', 'compute').ready();
    await quorate.close();
    expect(heard).toEqual(['0: leaving']);
  });

  test('does not hold up the end of its client for long', async () => {
    for (const member of cluster.members) member.onUnary(acknowledge, () => {});
    const quorate = cluster.client({}, { closeMs: 50 });
    await quorate.registry.view('prod', 'compute').ready();
    const began = performance.now();
    await quorate.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('for which nobody is to wait says nothing', async () => {
    const view = client(1).registry.view('prod', 'compute', { subscriber: false });
    await view.ready();
    streams[0]?.stream.send(draining(6));
    await until('the change is there', () => view.revision === 6);
    view.close();
    await until('the member hears of the end', () => streams[0]?.stream.cancelled);
    expect(streams[0]?.request.subscriber).toBe('');
    expect(heard).toEqual([]);
  });

  test('gets along with members that do not know acknowledgements', async () => {
    for (const member of cluster.members) member.onUnary(acknowledge, (_request, call) => call.fail(12, 'unknown'));
    const view = client(1).registry.view('prod', 'compute');
    await view.ready();
    streams[0]?.stream.send(draining(6));
    await until('the change is there', () => view.revision === 6);
  });
});

test('two views have different names', async () => {
  const { registry } = client(60_000);
  await Promise.all([registry.view('prod', 'compute').ready(), registry.view('prod', 'compute').ready()]);
  await client(60_000).registry.view('prod', 'compute').ready();
  expect(new Set(streams.map(({ request }) => request.subscriber)).size).toBe(3);
});

test('a watch has acted by an event when it is asked for the next', async () => {
  const events = client(60_000).registry.watch({ namespace: 'prod', subscriber: 'me' });
  await events.next();
  streams[0]?.stream.send(draining(6));
  expect((await events.next()).value).toMatchObject({ revision: 6 });
  expect(heard).toEqual([]);
  const next = events.next();
  await until('the member has heard', () => heard.length === 1);
  expect(heard).toEqual(['0: 6']);
  events.close();
  await next;
});

test('a watch without a name is none for which anybody waits', async () => {
  const events = client(1).registry.watch({ namespace: 'prod' });
  await events.next();
  expect(streams[0]?.request.subscriber).toBe('');
  events.close();
});
