/** Callers that go away in the middle: the member forgets them. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuorateClient } from '../../src/client/index.js';
import { configService, registryService } from '../../src/proto/quorate.js';
import { ApiClient, collect } from '../api/api-client.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const each = 50;

describe('watches of callers that go away', () => {
  let cluster: TestCluster;
  let local: QuorateClient;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    local = cluster.client('n1');
  });
  afterAll(() => cluster.stop());

  const watchers = async () => (await local.cluster.status()).watchers;

  /** Opens watches of both kinds at one member through one connection, and waits until the member counts them. */
  async function opened(deadlineMs?: number) {
    const door = new ApiClient(Number(cluster.endpoints[0]?.split(':')[1]));
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    const documents = { namespace: 'gone' };
    const instances = { namespace: 'gone', services: ['s'] };
    const config = Array.from({ length: each }, () => door.serverStream(configService.watch, documents, options));
    const registry = Array.from({ length: each }, () => door.serverStream(registryService.watch, instances, options));
    const streams = [...config, ...registry];
    const ends = [...config.map((stream) => collect(stream)), ...registry.map((stream) => collect(stream))];
    await until('the member counts them', async () => (await watchers()) === streams.length);
    return { door, streams, ends };
  }

  const forgotten = () => until('the member has forgotten them', async () => (await watchers()) === 0);

  it('by cancelling are forgotten', async () => {
    const { door, streams, ends } = await opened();
    for (const stream of streams) stream.cancel();
    for (const { error } of await Promise.all(ends)) expect(error?.code).toBe(status.CANCELLED);
    await forgotten();
    door.close();
  });

  it('by dying are forgotten', async () => {
    const args = [main, 'config', 'watch', 'gone', '--endpoints', cluster.endpoints[0] ?? ''];
    const children = [1, 2, 3].map(() => spawn(process.execPath, args, { stdio: 'ignore' }));
    try {
      await until('the member counts them', async () => (await watchers()) === children.length);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
    await forgotten();
  });

  it('by their deadline are forgotten', async () => {
    const { door, ends } = await opened(5_000);
    for (const { error } of await Promise.all(ends)) expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await forgotten();
    door.close();
  });
});
