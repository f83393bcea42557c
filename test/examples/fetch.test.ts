/** The example of a fetch() that finds its instances by the name of the service. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchFrom } from '../../examples/fetch.js';
import { ServicePicker } from '../../src/client/balancing/service-picker.js';
import { registryService, type WatchRegistryResponseIn } from '../../src/proto/quorate.js';
import { FakeCluster, type FakeStream } from '../client/fake-server.js';

const up = { namespace: 'prod', service: 'web', weight: 100, status: 1 } as const;

let cluster: FakeCluster;
let services: ServicePicker;
let servers: Server[];
let requests: number[];

beforeEach(async () => {
  cluster = await FakeCluster.start(1);
  servers = [];
  requests = [0, 0, 0];
  for (let i = 0; i < 3; i++) {
    const server = createServer((_request, response) => {
      requests[i] = (requests[i] ?? 0) + 1;
      response.end(`from ${i}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const instances = servers.map((server, i) => {
    const { port } = server.address() as AddressInfo;
    return { ...up, id: `w${i}`, address: '127.0.0.1', port };
  });
  cluster.member(0).onStream(registryService.watch, (_request, stream: FakeStream<WatchRegistryResponseIn>) => {
    stream.send({ header: { revision: 5 }, snapshot: { instances } });
  });
  services = new ServicePicker(cluster.client().registry, { namespace: 'prod', policy: 'round_robin' });
});

afterEach(async () => {
  services.close();
  await cluster.stop();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

function stop(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}

test('asks the instances in turn, and the next one when one is gone', async () => {
  const answer = async () => (await fetchFrom(services, 'web', '/')).text();
  expect([await answer(), await answer(), await answer()].sort()).toEqual(['from 0', 'from 1', 'from 2']);
  stop(servers[1]);
  for (let i = 0; i < 10; i++) expect(['from 0', 'from 2']).toContain(await answer());
  stop(servers[0]);
  for (let i = 0; i < 10; i++) expect(await answer()).toBe('from 2');
  // A picker that has not heard of it; a request that was never sent to the one that is gone may be sent to another.
  const fresh = new ServicePicker(cluster.client().registry, { namespace: 'prod', policy: 'round_robin' });
  for (let i = 0; i < 5; i++) {
    const response = await fetchFrom(fresh, 'web', '/', { method: 'POST' });
    expect(await response.text()).toBe('from 2');
  }
  fresh.close();
  stop(servers[2]);
  await expect(answer()).rejects.toThrow('fetch failed');
});

test('repeats what may be repeated when an instance is not able to answer, and nothing else', async () => {
  const overloaded = servers[0];
  overloaded?.removeAllListeners('request');
  overloaded?.on('request', (_request, response) => {
    requests[0] = (requests[0] ?? 0) + 1;
    response.writeHead(503).end();
  });
  let refused = 0;
  for (let i = 0; i < 3; i++) {
    const { status } = await fetchFrom(services, 'web', '/', { method: 'POST' });
    if (status === 503) refused++;
  }
  expect(refused).toBe(1);
  for (let i = 0; i < 6; i++) expect((await fetchFrom(services, 'web', '/')).status).toBe(200);
  expect(requests[0]).toBeGreaterThanOrEqual(2);
});
