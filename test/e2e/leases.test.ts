import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const ttlMs = 5_000;
const instance = (id: string) => ({ namespace: 'prod', service: 'compute', id, address: '127.0.0.1', port: 5_000 });

describe('leases', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster.stop());

  const ids = async () => (await cluster.client().registry.listInstances('prod', 'compute')).map(({ id }) => id);

  it('end between TTL and TTL + 3 s after their owner stops, and live as long as it does', async () => {
    const client = cluster.client();
    const owner = await client.registry.register(instance('alive'), { ttlMs });
    const states: string[] = [];
    const watched = client.registry.view('prod', 'compute');
    await watched.ready();
    const start = performance.now();
    await client.registry.grant(instance('dead'), { ttlMs });
    await until('both are registered', () => watched.current.size === 2);
    await until('the dead one is gone', () => watched.current.size === 1, 10_000);
    const lived = performance.now() - start;
    expect(lived).toBeGreaterThanOrEqual(ttlMs);
    expect(lived).toBeLessThan(ttlMs + 3_000);
    expect([...watched.current.values()].map(({ id }) => id)).toEqual(['alive']);
    watched.close();
    await owner.close();
    expect(states).toEqual([]);
  });

  it('survive the death of the leader while they are kept alive, and a dead owner is gone in time all the same', async () => {
    const client = cluster.client();
    const states: string[] = [];
    const owner = await client.registry.register(instance('alive'), {
      ttlMs,
      onStateChange: (state) => states.push(state),
    });
    const lease = owner.lease;
    await client.registry.grant(instance('dead'), { ttlMs });
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await until('the dead owner is gone', async () => !(await ids()).includes('dead'), 10_000);
    expect(await ids()).toEqual(['alive']);
    expect(owner.lease).toBe(lease);
    expect(states).toEqual(['registered']);
    await owner.close();
    expect(await ids()).toEqual([]);
    cluster.boot(leader);
    await cluster.leader();
  });

  it.each([true, false])(
    'by the thousand that end together do not hold up a write (guard off: %s)',
    async (off) => {
      const client = cluster.client();
      const many = 10_000;
      await client.registry.putService('prod', 'crowd', { guard: { off, holdMs: 15_000 } });
      let next = 0;
      await Promise.all(
        Array.from({ length: 64 }, async () => {
          while (next < many) {
            const id = `m${next++}`;
            await client.registry.grant({ ...instance(id), service: 'crowd' }, { ttlMs: 10_000 });
          }
        }),
      );
      const crowd = async () => (await client.registry.listServices('prod')).find(({ name }) => name === 'crowd');
      expect((await crowd())?.instances).toBeGreaterThan(0);
      let slowest = 0;
      let gone = false;
      let held = 0;
      const seen = async () => {
        const { healths } = await client.registry.getService('prod', 'crowd');
        held = Math.max(held, healths.SUSPECT ?? 0);
        return (await crowd()) === undefined;
      };
      // Each look reads all of them.
      const watching = until('all are gone', seen, off ? 30_000 : 60_000, 500).then(() => {
        gone = true;
      });
      while (!gone) {
        const start = performance.now();
        await client.config.put('prod/during', 'x');
        slowest = Math.max(slowest, performance.now() - start);
      }
      await watching;
      expect(slowest).toBeLessThan(500);
      // Some may have ended, and gone from the guard's memory, before most had.
      if (off) expect(held).toBe(0);
      else expect(held).toBeGreaterThan(many / 3);
    },
    120_000,
  );
});
