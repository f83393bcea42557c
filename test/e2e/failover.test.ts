import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { until } from '../support/until.js';
import { Workload } from '../support/workload.js';

describe('fifty callers while the leader goes away', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.start();
  });
  afterEach(() => cluster.stop());

  async function writeWhile(happens: (leader: string) => Promise<unknown>): Promise<Workload> {
    const leader = await cluster.leader();
    const clients = cluster.others(leader).map((name) => cluster.client(name));
    const load = new Workload(clients, 50);
    try {
      await until('writes flow', () => load.acknowledged > 500);
      await happens(leader);
      const before = load.acknowledged;
      await until('writes flow again', () => load.acknowledged > before + 500);
    } finally {
      await load.stop();
    }
    expect(await load.violations(cluster.client(...cluster.others(leader)))).toEqual([]);
    return load;
  }

  it('is killed: no call fails, every acknowledged write is there once', async () => {
    const load = await writeWhile((leader) => cluster.kill(leader));
    expect(load.failures).toEqual([]);
  });

  it('is stopped gracefully: no call fails, every acknowledged write is there once', async () => {
    const load = await writeWhile(async (leader) => {
      expect(await cluster.signal(leader, 'SIGTERM')).toBe(0);
    });
    expect(load.failures).toEqual([]);
  });

  it('is killed and all others too: every acknowledged write is there after the restart, and all members are equal', async () => {
    const load = new Workload(
      cluster.members.map(({ name }) => cluster.client(name)),
      50,
    );
    await until('writes flow', () => load.acknowledged > 1_000);
    const names = cluster.members.map(({ name }) => name);
    await Promise.all(names.map((name) => cluster.kill(name)));
    for (const name of names) cluster.boot(name);
    const before = load.acknowledged;
    await until('writes flow again', () => load.acknowledged > before + 500);
    await load.stop();
    expect(await load.violations(cluster.client())).toEqual([]);
    await expectEqualStates(cluster);
  });
});
