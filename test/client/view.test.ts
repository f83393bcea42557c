import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../src/base/log.js';
import { silentLog } from '../../src/base/log.js';
import type { Instance } from '../../src/client/instance.js';
import type { ViewChange } from '../../src/client/view.js';
import { configService, registryService, type WatchRegistryResponseIn } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster, type FakeStream } from './fake-server.js';

const instance = (id: string, revision: number) =>
  ({ namespace: 'prod', service: 'compute', id, status: 1, revision }) as const;
const removed = (id: string) => ({ namespace: 'prod', service: 'compute', id });

describe('a view', () => {
  let cluster: FakeCluster;
  let streams: FakeStream<WatchRegistryResponseIn>[];

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
    streams = [];
    for (const member of cluster.members)
      member.onStream(registryService.watch, (request, stream: FakeStream<WatchRegistryResponseIn>) => {
        expect(request).toMatchObject({ namespace: 'prod', services: ['compute'] });
        streams.push(stream);
        if (request.afterRevision !== undefined) return;
        stream.send({ header: { revision: 5 }, snapshot: { instances: [instance('a', 3), instance('b', 4)] } });
      });
  });
  afterEach(() => cluster.stop());

  test('holds the snapshot when it is ready, and follows the changes', async () => {
    const view = cluster.client().registry.view('prod', 'compute');
    expect(view.revision).toBe(0);
    await view.ready();
    expect([...view.current.keys()]).toEqual(['a', 'b']);
    expect(view.current.get('a')).toMatchObject({ id: 'a', status: 'UP', revision: 3 });
    const changes: ViewChange<Instance>[] = [];
    const stop = view.onChange((change) => changes.push(change));
    streams[0]?.send({
      header: { revision: 6 },
      changes: { updated: [instance('c', 6)], removed: [removed('a'), removed('never-seen')] },
    });
    await until('the change is there', () => view.revision === 6);
    expect([...view.current.keys()]).toEqual(['b', 'c']);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ revision: 6, updated: [{ id: 'c' }], removed: [{ id: 'a' }] });
    stop();
    streams[0]?.send({ header: { revision: 7 }, changes: { updated: [instance('d', 7)], removed: [] } });
    await until('the next change is there', () => view.current.has('d'));
    expect(changes).toHaveLength(1);
    view.close();
    await until('the member hears of the end', () => streams[0]?.cancelled);
    expect(view.current.size).toBe(3);
  });

  test('tells after a resync only what differs', async () => {
    const view = cluster.client().registry.view('prod', 'compute');
    await view.ready();
    const changes: ViewChange<Instance>[] = [];
    view.onChange((change) => changes.push(change));
    streams[0]?.send({
      header: { revision: 50 },
      snapshot: { resync: true, instances: [instance('b', 4), instance('c', 40)] },
    });
    await until('the resync is there', () => view.revision === 50);
    expect([...view.current.keys()]).toEqual(['b', 'c']);
    expect(changes).toMatchObject([{ revision: 50, updated: [{ id: 'c' }], removed: [{ id: 'a' }] }]);
  });

  test('keeps its state while its member dies, and goes on with another', async () => {
    const view = cluster.client().registry.view('prod', 'compute');
    await view.ready();
    cluster.member(0).kill();
    await until('the other member is asked', () => streams.length === 2);
    expect(view.current.size).toBe(2);
    streams[1]?.send({ header: { revision: 6 }, changes: { removed: [removed('a')] } });
    await until('the change is there', () => view.revision === 6);
    expect([...view.current.keys()]).toEqual(['b']);
  });

  test('a failing listener stops neither the view nor the other listeners', async () => {
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (fields) => errors.push(String(fields.error)) };
    const view = cluster.client({ log }).registry.view('prod', 'compute');
    let heard = 0;
    view.onChange(() => {
      throw new Error('of the listener');
    });
    view.onChange(() => heard++);
    await view.ready();
    expect(heard).toBe(1);
    expect(errors).toEqual(['of the listener']);
  });

  test('that is refused says why', async () => {
    for (const member of cluster.members)
      member.onStream(configService.watch, (_request, stream) => stream.refuse('INVALID_NAME'));
    const view = cluster.client().config.view({ namespace: '-' });
    await expect(view.ready()).rejects.toMatchObject({ reason: 'INVALID_NAME' });
    expect(view.error?.reason).toBe('INVALID_NAME');
    await expect(view.ready()).rejects.toMatchObject({ reason: 'INVALID_NAME' });
  });

  test('that ends before it is ready says so, whoever ended it', async () => {
    for (const member of cluster.members) member.onStream(configService.watch, () => {});
    const client = cluster.client();
    const abort = new AbortController();
    const views = [
      client.config.view({ namespace: 'prod' }),
      client.config.view({ namespace: 'prod' }, { signal: abort.signal }),
      client.config.view({ namespace: 'prod' }),
    ] as const;
    const ends = views.map((view) => view.ready().catch((error: unknown) => error));
    views[0].close();
    abort.abort();
    await client.close();
    for (const end of ends) expect(await end).toMatchObject({ reason: 'CANCELLED' });
    await expect(client.config.view({ namespace: 'prod' }).ready()).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  test('of documents is a map by key without the deleted ones', async () => {
    cluster.member(0).onStream(configService.watch, (_request, stream) => {
      const document = { namespace: 'prod', version: 1 };
      stream.send({
        header: { revision: 5 },
        snapshot: { documents: [{ ...document, key: 'a', value: Buffer.from('1'), revision: 4 }] },
      });
      stream.send({
        header: { revision: 6 },
        changes: {
          documents: [
            { ...document, key: 'a', version: 2, deleted: true, revision: 6 },
            { ...document, key: 'b', value: Buffer.from('{"n":2}'), revision: 6 },
          ],
        },
      });
    });
    const view = cluster.client().config.view({ namespace: 'prod' });
    await until('the change is there', () => view.revision === 6);
    expect([...view.current.keys()]).toEqual(['b']);
    expect(view.current.get('b')?.json()).toEqual({ n: 2 });
  });
});
