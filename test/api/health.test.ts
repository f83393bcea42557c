import { once } from 'node:events';
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../src/base/errors.js';
import { type Api, startApi } from './api-client.js';

let api: Api;
let client: Client;
beforeEach(async () => {
  api = await startApi();
  client = new Client(`127.0.0.1:${api.server.port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await api.stop();
});

interface Health {
  readonly status: string;
}

const { Check, Watch } = service;

function check(name: string): Promise<string> {
  if (!Check) throw new Error('the package has no Check');
  const { path, requestSerialize, responseDeserialize } = Check;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      (bytes: Buffer) => responseDeserialize(bytes) as Health,
      { service: name },
      (error: ServiceError | null, response?: Health) => (error ? reject(error) : resolve(response?.status ?? '')),
    );
  });
}

function watch(): ClientReadableStream<Health> {
  if (!Watch) throw new Error('the package has no Watch');
  const { path, requestSerialize, responseDeserialize } = Watch;
  return client.makeServerStreamRequest(
    path,
    requestSerialize,
    (bytes: Buffer) => responseDeserialize(bytes) as Health,
    { service: '' },
    new Metadata(),
  );
}

async function next(stream: ClientReadableStream<Health>): Promise<string> {
  const [{ status }] = (await once(stream, 'data')) as [Health];
  return status;
}

describe('grpc.health.v1.Health', () => {
  test.each(['', 'quorate.v1.ConfigService', 'quorate.v1.RegistryService', 'quorate.v1.ClusterService'])(
    'says SERVING for %j when there is a leader',
    async (name) => {
      expect(await check(name)).toBe('SERVING');
    },
  );

  test('does not know other services', async () => {
    await expect(check('nope')).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  test('follows the member: no leader, recovering, told so', async () => {
    const stream = watch();
    stream.on('error', () => {});
    expect(await next(stream)).toBe('SERVING');
    api.replica.leader = undefined;
    expect(await next(stream)).toBe('NOT_SERVING');
    api.replica.leader = api.replica.memberId;
    expect(await next(stream)).toBe('SERVING');
    api.replica.recovering = true;
    expect(await next(stream)).toBe('NOT_SERVING');
    api.replica.recovering = false;
    expect(await next(stream)).toBe('SERVING');
    api.server.setServing(false);
    expect(await next(stream)).toBe('NOT_SERVING');
    api.server.setServing(true);
    expect(await next(stream)).toBe('SERVING');
    stream.cancel();
  });

  test('tells those who watch that the member stops, and does not hold it up', async () => {
    const stream = watch();
    stream.on('error', () => {});
    expect(await next(stream)).toBe('SERVING');
    const started = performance.now();
    const stopped = api.server.stop(10_000);
    expect(await next(stream)).toBe('NOT_SERVING');
    await stopped;
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
