/** Health checks of a real cluster: how soon a sick instance is known, that a flapping one is not believed, and that checks outlive the member that runs them. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Health, HealthCheck, Instance } from '../../src/client/index.js';
import { hashOf, ownerOf } from '../../src/health/ownership.js';
import { instanceKey } from '../../src/machine/registry-keys.js';
import { memberIdOf } from '../../src/settings/identity.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

/** How an instance meets its nth probe: with a status, or not at all. */
type Answer = (knock: number) => number | 'silence';

/** An instance that answers as it is told, and counts who knocks. */
class Endpoint {
  knocks = 0;
  answer: Answer = () => 200;
  port = 0;
  private readonly server: Server = createServer((_request, response) => {
    const status = this.answer(this.knocks++);
    if (status !== 'silence') response.writeHead(status).end();
  });

  async up(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Its process is gone: connections are refused. */
  async down(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

const intervalMs = 500;
const timeoutMs = 400;
const fall = 3;
const check: HealthCheck = { kind: 'http', path: '/ready', intervalMs, timeoutMs, rise: 2, fall };

describe('health checks', () => {
  let cluster: TestCluster;
  const endpoints: Endpoint[] = [];
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster.stop());
  afterEach(async () => {
    for (const endpoint of endpoints.splice(0)) await endpoint.down();
  });

  async function endpoint(): Promise<Endpoint> {
    const made = new Endpoint();
    endpoints.push(made);
    await made.up();
    return made;
  }

  async function register(service: string, id: string, port: number): Promise<void> {
    const instance = { namespace: 'prod', service, id, address: '127.0.0.1', port, checks: [check] };
    await cluster.client().registry.grant(instance, { ttlMs: 600_000 });
  }

  /** Every health that a consumer sees an instance in, one after the other. */
  async function follow(service: string, id: string): Promise<{ seen: Health[]; now: () => Instance | undefined }> {
    const seen: Health[] = [];
    const view = cluster.client().registry.view('prod', service);
    await view.ready();
    const now = () => [...view.current.values()].find((instance) => instance.id === id);
    const look = () => {
      const health = now()?.health;
      if (health && health !== seen.at(-1)) seen.push(health);
    };
    view.onChange(look);
    look();
    return { seen, now };
  }

  it.each([
    ['is gone', (sick: Endpoint) => sick.down(), /^http check of \/ready on port \d+: connection refused$/],
    [
      'answers nothing',
      (sick: Endpoint) => {
        sick.answer = () => 'silence';
      },
      /: no answer within 400 ms$/,
    ],
    [
      'says that it is not well',
      (sick: Endpoint) => {
        sick.answer = () => 503;
      },
      /: answers 503$/,
    ],
  ] as const)('find an instance that %s within fall × interval + timeout + 1 s', async (what, fails, reason) => {
    const sick = await endpoint();
    const service = what.replaceAll(' ', '-');
    await register(service, 'sick', sick.port);
    const { seen, now } = await follow(service, 'sick');
    await until('it passes', () => seen.at(-1) === 'PASSING');
    await until('it was probed again', () => sick.knocks > 1);
    const start = performance.now();
    await fails(sick);
    await until('it fails', () => seen.at(-1) === 'FAILING');
    expect(performance.now() - start).toBeLessThan(fall * intervalMs + timeoutMs + 1_000);
    expect(now()?.healthReason).toMatch(reason);
  });

  it('do not believe an instance that is up and down with every probe, and never change faster than the thresholds', async () => {
    const flapping = await endpoint();
    flapping.answer = (knock) => (knock % 2 === 0 ? 200 : 503);
    await register('flapping', 'one', flapping.port);
    const { seen } = await follow('flapping', 'one');
    await until('it was probed often', () => flapping.knocks >= 12);
    expect(seen.filter((health) => health !== 'UNCHECKED')).toEqual(['PASSING']);
    const begin = flapping.knocks;
    flapping.answer = (knock) => ((knock - begin) % 5 < 3 ? 503 : 200);
    await until('three cycles have passed', () => flapping.knocks - begin > 15, 30_000);
    const changes = seen.filter((health) => health !== 'UNCHECKED').slice(1);
    expect(changes.slice(0, 6)).toEqual(['FAILING', 'PASSING', 'FAILING', 'PASSING', 'FAILING', 'PASSING']);
    expect(changes.length).toBeLessThanOrEqual(7);
  }, 60_000);

  it('are run by one member each, and by another one when that is killed', async () => {
    const members = cluster.members.map(({ name }) => memberIdOf('test', name));
    const leader = await cluster.leader();
    const victims = [leader, ...cluster.others(leader)].slice(0, 2);
    for (const victim of victims) {
      const own = (id: string) =>
        ownerOf(hashOf(instanceKey('prod', `of-${victim}`, id)), members) === memberIdOf('test', victim);
      const id = Array.from({ length: 100 }, (_, i) => `i${i}`).find(own) ?? '';
      const watched = await endpoint();
      await register(`of-${victim}`, id, watched.port);
      const { seen, now } = await follow(`of-${victim}`, id);
      await until('it passes', () => seen.at(-1) === 'PASSING');
      const start = performance.now();
      const before = watched.knocks;
      await until('it was probed some times', () => watched.knocks - before >= 6);
      expect(performance.now() - start).toBeGreaterThan(4 * intervalMs);
      await cluster.kill(victim);
      const killed = watched.knocks;
      await until('another one probes it', () => watched.knocks > killed + 1, 10_000);
      expect(seen.at(-1)).toBe('PASSING');
      await watched.down();
      await until('it fails', () => seen.at(-1) === 'FAILING');
      expect(now()?.healthReason).toMatch(/connection refused$/);
      cluster.boot(victim);
      await cluster.leader();
    }
  }, 60_000);
});
