/**
 * A registry of real size: 2,000 services of 10 instances, each kept alive by an owner of its own, and 500 watchers of 100 of the services. Measures how
 * long a change takes from the call to each watcher of its service, whether any other is woken, and what the members cost while nothing changes.
 *
 *   npm run bench:registry -- [--services 2000] [--instances 10] [--watchers 500] [--changes 300] [--ttl 30] [--seconds 40]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InstanceStatus } from '../src/proto/gen/quorate/v1/InstanceStatus.js';
import { registryService } from '../src/proto/quorate.js';
import { TestCluster } from '../test/support/cluster.js';
import { until } from '../test/support/until.js';
import { Connections, call, type HeartbeatCounts, Owner, repeated, watchService } from './registry-callers.js';
import { usage } from './usage.js';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '2000' },
    instances: { type: 'string', default: '10' },
    watchers: { type: 'string', default: '500' },
    changes: { type: 'string', default: '300' },
    ttl: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '40' },
  },
});
const services = Number(values.services);
const perService = Number(values.instances);
const watchers = Number(values.watchers);
const changes = Number(values.changes);
const ttlMs = Number(values.ttl) * 1_000;
const seconds = Number(values.seconds);
/** Watchers of one service. */
const audience = 5;
const namespace = 'bench';
const serviceName = (n: number): string => `service-${n}`;

/** Runs the task for 0 to count - 1, so many at once. */
async function inParallel(count: number, atOnce: number, task: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** A machine that does other things as well may need longer than a test waits. */
const patienceMs = 120_000;

const cluster = await TestCluster.prepare({ timers: 'default' });
const connections = new Connections(cluster.endpoints, 20);
const counts: HeartbeatCounts = { sent: 0, answered: 0, lost: 0 };
const owners: Owner[] = [];
/** When each watcher was told of the last change, and how many it was told of that were not of its service. */
const toldAt = new Float64Array(watchers);
let told = 0;
let toldWrongly = 0;

try {
  for (const { name } of cluster.members) cluster.boot(name);
  const leader = await until('there is a leader', () => cluster.leader().catch(() => undefined), patienceMs);
  const began = performance.now();
  const telling = setInterval(() => console.error(`${owners.length} instances so far`), 30_000);
  await inParallel(services * perService, 200, async (n) => {
    const owner = new Owner(connections.take(), ttlMs, counts);
    owners.push(owner);
    const service = serviceName(Math.floor(n / perService));
    await owner.register({ namespace, service, id: `${service}-${n % perService}`, address: '10.0.0.1', port: 5_000 });
  });
  clearInterval(telling);
  console.log(
    `${owners.length} instances of ${services} services registered in ${((performance.now() - began) / 1_000).toFixed(1)} s (${repeated} calls repeated)`,
  );
  await inParallel(watchers, 50, async (n) => {
    const service = serviceName(Math.floor(n / audience));
    await watchService(connections.take(), { namespace, service }, (instance) => {
      toldAt[n] = performance.now();
      told++;
      if (!instance.startsWith(`${service}-`)) toldWrongly++;
    });
  });
  // Compilation, and what registering has left behind.
  await delay(15_000);
  await measureCpu(leader);
  told = 0;
  await measureChanges();
} finally {
  for (const owner of owners) owner.stop();
  connections.close();
  await cluster.stop();
}

async function measureCpu(leader: string): Promise<void> {
  const measure = () => Promise.all(cluster.members.map(({ name }) => usage(cluster.pid(name))));
  const sent = counts.sent;
  const before = await measure();
  const start = performance.now();
  await delay(seconds * 1_000);
  const after = await measure();
  const elapsed = (performance.now() - start) / 1_000;
  console.log(
    `nothing changes, ${((counts.sent - sent) / elapsed).toFixed(0)} keep-alives a second (TTL ${values.ttl} s), ${watchers} watches, over ${elapsed.toFixed(0)} s:`,
  );
  for (const [i, { name }] of cluster.members.entries()) {
    const share = (((after[i]?.cpuSeconds ?? 0) - (before[i]?.cpuSeconds ?? 0)) / elapsed) * 100;
    const role = name === leader ? 'leader' : 'follower';
    console.log(
      `  ${name} (${role}): ${share.toFixed(1)} % of a core, ${after[i]?.residentMiB.toFixed(0)} MiB resident`,
    );
  }
  console.log(`  leases lost: ${counts.lost}; leader at the end: ${await cluster.leader()}`);
}

/** Changes instances one after the other: two thirds of services that are watched, one third of others. */
async function measureChanges(): Promise<void> {
  const watched = Math.floor(watchers / audience);
  const latencies: number[] = [];
  const draining = new Set<string>();
  let expected = 0;
  for (let n = 0; n < changes; n++) {
    const isWatched = n % 3 !== 2;
    const service = isWatched ? Math.floor(Math.random() * watched) : watched + (n % (services - watched));
    const id = `${serviceName(service)}-${n % perService}`;
    const concerned = Array.from({ length: isWatched ? audience : 0 }, (_, i) => service * audience + i);
    const at = performance.now();
    const name = { namespace, service: serviceName(service), id };
    const status = draining.delete(id) ? InstanceStatus.UP : InstanceStatus.DRAINING;
    if (status === InstanceStatus.DRAINING) draining.add(id);
    await call(connections.take(), registryService.setStatus, { ...name, status });
    for (const watcher of concerned) {
      await until('the watcher is told', () => (toldAt[watcher] ?? 0) > at);
      latencies.push((toldAt[watcher] ?? Number.NaN) - at);
    }
    expected += concerned.length;
    await delay(20);
  }
  await delay(1_000);
  report(latencies, expected);
}

function report(latencies: readonly number[], expected: number): void {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1);
  console.log(
    `${changes} changes, from the call to each of ${audience} watchers: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  );
  console.log(
    `  watchers were told ${told} times, which should be ${expected}; of another service than theirs ${toldWrongly} times`,
  );
}
