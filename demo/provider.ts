/**
 * A provider of the compute service: a plain HTTP server that registers itself. `POST /compute` with `{"x":3,"y":4}` answers with the
 * product, and with `"operation":"add"` with the sum.
 *
 *   npx tsx demo/provider.ts ID ENDPOINTS
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { connect } from 'quorate';
import type { Task } from './consumer.js';

const [id = 'p1', endpoints = '127.0.0.1:7101'] = process.argv.slice(2);

const operations: Readonly<Record<string, (x: number, y: number) => number>> = {
  multiply: (x, y) => x * y,
  add: (x, y) => x + y,
};

const server = createServer((request, response) => {
  compute(request).then(
    (result) => response.end(JSON.stringify({ result, provider: id })),
    (error: Error) => response.writeHead(400).end(JSON.stringify({ error: error.message })),
  );
});

async function compute(request: IncomingMessage): Promise<number> {
  if (request.method !== 'POST' || request.url !== '/compute') throw new Error('only POST /compute is known');
  const { x, y, operation = 'multiply' } = (await json(request)) as Task;
  const calculate = operations[operation];
  if (!calculate) throw new Error(`unknown operation ${operation}`);
  return calculate(x, y);
}

// Longer than a consumer lets a connection rest, so that none is closed just when it is used again.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const client = connect({ endpoints });
const registration = await client.registry.register(
  { namespace: 'demo', service: 'compute', id, address: '127.0.0.1', port },
  { ttlMs: 2_000 },
);
process.send?.({ port });

async function stop(): Promise<void> {
  // First out of the list, then away from the port: no consumer is left with a dead address.
  await registration.close();
  await client.close();
  server.close();
  server.closeIdleConnections();
  if (process.connected) process.disconnect();
}
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => void stop());
