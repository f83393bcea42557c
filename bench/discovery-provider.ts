/**
 * A gRPC provider for the discovery bench: registers itself with a gRPC health check; `unhealthy` and `healthy` as messages change what that is told;
 * on SIGTERM it drains, deregisters, finishes what runs, and ends.
 *
 *   npx tsx bench/discovery-provider.ts ID ENDPOINTS
 */
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { connect } from 'quorate';

const [id = 'p1', endpoints = '127.0.0.1:7101'] = process.argv.slice(2);
const asIs = (bytes: Buffer): Buffer => bytes;
const answer = Buffer.from(id);

const server = new Server({ 'grpc.enable_channelz': 0 });
server.register<Buffer, Buffer>(
  '/bench.Echo/Say',
  (_call: unknown, done: sendUnaryData<Buffer>) => done(null, answer),
  asIs,
  asIs,
  'unary',
);
const health = new HealthImplementation({ '': 'SERVING' });
health.addToServer(server);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
    if (error) reject(error);
    else resolve(bound);
  });
});

const client = connect({ endpoints });
const registration = await client.registry.register(
  {
    namespace: 'bench',
    service: 'echo',
    id,
    address: '127.0.0.1',
    port,
    checks: [{ kind: 'grpc', intervalMs: 1_000, timeoutMs: 1_000, rise: 2, fall: 2 }],
  },
  { ttlMs: 5_000 },
);
process.send?.({ ready: true });

process.on('message', (message) => health.setStatus('', message === 'unhealthy' ? 'NOT_SERVING' : 'SERVING'));

async function stop(): Promise<void> {
  const drained = await registration.drain({ waitMs: 15_000 });
  process.send?.({ drained });
  await registration.close();
  await client.close();
  await new Promise((resolve) => server.tryShutdown(resolve));
  if (process.connected) process.disconnect();
}
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit());
