import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

describe('a paused leader', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.start();
  });
  afterEach(() => cluster.stop());

  it('never answers a linearizable read with an old value when it comes back', async () => {
    const old = await cluster.leader();
    const others = cluster.client(...cluster.others(old));
    await others.config.put('test/x', 'old');
    await cluster.signal(old, 'SIGSTOP');
    await others.config.put('test/x', 'new');
    // These reads wait in the paused member's socket and are the first thing that it sees.
    const stale = cluster.client(old);
    const reads = Array.from({ length: 20 }, () =>
      stale.config.get('test/x', { timeoutMs: 15_000 }).then((document) => document?.text()),
    );
    await others.config.put('test/y', 'the new leader leads');
    await cluster.signal(old, 'SIGCONT');
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['new']));
  });

  it('does not expire leases that were kept alive meanwhile', async () => {
    const old = await cluster.leader();
    const client = cluster.client(...cluster.others(old));
    const states: string[] = [];
    const owner = await client.registry.register(
      { namespace: 'prod', service: 's', id: 'i', address: '127.0.0.1', port: 1 },
      { ttlMs: 3_000, onStateChange: (state) => states.push(state) },
    );
    await cluster.signal(old, 'SIGSTOP');
    const paused = performance.now();
    await until('twice the TTL has passed', () => performance.now() - paused > 6_000);
    await cluster.signal(old, 'SIGCONT');
    await until('the old leader follows', async () => (await cluster.client(old).cluster.status()).role === 'FOLLOWER');
    expect((await client.registry.listInstances('prod', 's')).map(({ id }) => id)).toEqual(['i']);
    expect(states).toEqual(['registered']);
    await owner.close();
  }, 30_000);
});

describe('without a quorum', () => {
  it('calls end with NO_QUORUM at their deadline, serializable reads go on, and nothing surprising happens afterwards', async () => {
    const cluster = await TestCluster.start();
    try {
      const [alone, ...others] = cluster.members.map(({ name }) => name) as [string, ...string[]];
      await cluster.client().config.put('test/x', '1');
      await Promise.all(others.map((name) => cluster.kill(name)));
      const client = cluster.client(alone);
      await until('it has noticed', async () => (await client.cluster.status()).leaderId === 0);
      await expect(client.config.put('test/x', '2', { timeoutMs: 2_500 })).rejects.toMatchObject({
        reason: 'NO_QUORUM',
      });
      await expect(client.config.get('test/x', { timeoutMs: 1_000 })).rejects.toMatchObject({ reason: 'NO_QUORUM' });
      expect((await client.config.get('test/x', { consistency: 'serializable' }))?.text()).toBe('1');
      for (const name of others) cluster.boot(name);
      await cluster.leader();
      // The write found no leader at all in its time, so it must not be made up for later.
      const document = await client.config.get('test/x');
      expect([document?.text(), document?.version]).toEqual(['1', 1]);
    } finally {
      await cluster.stop();
    }
  });
});
