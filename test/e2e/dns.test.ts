import { Resolver } from 'node:dns/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await TestCluster.start({ dns: true, settings: 'dns: { namespace: prod, ttl: 0s }' });
});
afterEach(() => cluster.stop());

/** The ports of all instances that a member tells of, in order; or the code of the failure. */
async function portsAt(member: string): Promise<string> {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers([cluster.member(member).dns ?? '']);
  try {
    const found = await resolver.resolveSrv('compute.service.quorate');
    return found
      .map(({ port }) => port)
      .sort()
      .join();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

it('every member tells resolvers of what is registered, also without a leader, and a stopped one nothing', async () => {
  const { registry } = cluster.client();
  for (const port of [5_001, 5_002])
    await registry.grant(
      { namespace: 'prod', service: 'compute', id: `i${port}`, address: '127.0.0.1', port },
      { ttlMs: 600_000 },
    );
  for (const { name } of cluster.members)
    await until(`${name} tells of both`, async () => (await portsAt(name)) === '5001,5002');
  await registry.setStatus({ namespace: 'prod', service: 'compute', id: 'i5001' }, 'DRAINING');
  for (const { name } of cluster.members)
    await until(`${name} tells of the one that is left`, async () => (await portsAt(name)) === '5002');

  const [last = '', ...others] = cluster.members.map(({ name }) => name);
  for (const name of others) expect(await cluster.signal(name, 'SIGTERM')).toBe(0);
  expect(await portsAt(last)).toBe('5002');
  expect(await portsAt(others[0] ?? '')).toMatch(/ECONNREFUSED|ETIMEOUT/);
  // Once it was away it knows no longer whether it is up to date.
  await cluster.kill(last);
  cluster.boot(last);
  await until('it is up again', async () => (await portsAt(last)) === 'ESERVFAIL');
});
