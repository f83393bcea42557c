import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type QuorateClient } from '../../src/client/index.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

describe('a drain', () => {
  let cluster: TestCluster;
  const clients: QuorateClient[] = [];
  beforeAll(async () => {
    cluster = await TestCluster.start({ timers: 'default' });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await cluster.stop();
  });

  const compute = (id: string) => ({ namespace: 'prod', service: 'compute', id, address: '127.0.0.1', port: 5_000 });

  /** A client that begins with the first member. */
  function ofFirst(): QuorateClient {
    const client = connect({ endpoints: cluster.endpoints, random: () => 0 });
    clients.push(client);
    return client;
  }

  /** A subscriber that has seen the instances and acts by nothing before it is asked to. */
  async function hesitant(client: QuorateClient, subscriber: string) {
    const watch = client.registry.watch({ namespace: 'prod', services: ['compute'], subscriber });
    await watch.next();
    return watch;
  }

  it('is over when the subscribers of all members act by it, and not before', async () => {
    const { registry } = cluster.client();
    await registry.grant(compute('a'), { ttlMs: 60_000 });
    const views = await Promise.all(
      cluster.members.map(async ({ name }) => {
        const view = cluster.client(name).registry.view('prod', 'compute');
        await view.ready();
        return view;
      }),
    );
    const watch = await hesitant(cluster.client('n3'), 'hesitant');
    let over = false;
    const drained = cluster
      .client('n1')
      .registry.drain(compute('a'), { reason: 'test' })
      .finally(() => {
        over = true;
      });
    const { value } = await watch.next();
    expect(value).toMatchObject({ kind: 'changes', updated: [{ id: 'a', status: 'DRAINING' }] });
    for (const view of views) await until('all views show it', () => view.current.get('a')?.status === 'DRAINING');
    // Another linearizable round through all of it: the drain has had its chance.
    await registry.listInstances('prod', 'compute');
    expect(over).toBe(false);
    const next = watch.next();
    expect(await drained).toMatchObject({
      revision: value?.revision,
      subscribers: 4,
      acknowledged: 4,
      missing: [],
      silentMembers: [],
    });
    watch.close();
    await next;
    for (const view of views) view.close();
    await registry.deregister(compute('a'));
  });

  it('waits for a subscriber whose member is killed meanwhile', async () => {
    const { registry } = cluster.client('n2');
    await registry.grant(compute('b'), { ttlMs: 60_000 });
    const watch = await hesitant(ofFirst(), 'moving');
    let over = false;
    const drained = registry.drain(compute('b'), { waitMs: 60_000 }).finally(() => {
      over = true;
    });
    expect((await watch.next()).value).toMatchObject({ kind: 'changes', updated: [{ id: 'b', status: 'DRAINING' }] });
    await cluster.kill('n1');
    const killed = performance.now();
    await until('those who do not come back are forgotten', () => performance.now() - killed > 4_000);
    expect(over).toBe(false);
    const next = watch.next();
    expect(await drained).toMatchObject({ subscribers: 1, acknowledged: 1, missing: [], silentMembers: ['n1'] });
    watch.close();
    await next;
  });
});
