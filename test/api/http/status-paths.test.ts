/** What load balancers and client libraries ask before anything else. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';
import { get, HttpStream, post } from './http-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const read = (path: string) => get(api.server.port, path);

test('the version is plain numbers', async () => {
  const { status, type, text } = await read('/version');
  expect([status, type]).toEqual([200, 'application/json']);
  const version = JSON.parse(text) as { etcdserver: string; etcdcluster: string };
  expect(version.etcdserver).toMatch(/^3\.5\.\d+$/);
  expect(version.etcdcluster).toBe('3.5.0');
});

describe('health', () => {
  test('is good with a leader that answers', async () => {
    expect(await read('/health')).toMatchObject({ status: 200, text: '{"health":"true"}' });
  });

  test('is bad without a leader', async () => {
    api.replica.leader = undefined;
    expect(await read('/health')).toMatchObject({ status: 503, text: '{"health":"false","reason":"RAFT NO LEADER"}' });
  });

  test('needs no answer of the leader if asked so', async () => {
    api.replica.quorum = false;
    expect(await read('/health?serializable=true')).toMatchObject({ status: 200 });
  });

  test('is forgotten when its caller goes', async () => {
    api.replica.quorum = false;
    const stream = new HttpStream(api.server.port, '/health', {}, 'GET').end();
    await until('it waits', () => api.replica.waiting === 1);
    stream.cut();
    await until('it waits no longer', () => api.replica.waiting === 0);
  });
});

test('a member that runs is live, with and without a leader', async () => {
  api.replica.leader = undefined;
  expect(await read('/livez')).toMatchObject({ status: 200, text: 'ok\n' });
  expect((await read('/livez?verbose')).text).toBe('[+]serializable_read ok\nok\n');
});

describe('readiness', () => {
  test('needs a leader that answers', async () => {
    expect(await read('/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    api.replica.leader = undefined;
    expect(await read('/readyz')).toMatchObject({
      status: 503,
      text: '[-]linearizable_read failed: the member has no leader, or is starting or stopping\n',
    });
  });

  test('ends before the member stops', async () => {
    api.server.setServing(false);
    expect((await read('/readyz')).status).toBe(503);
    expect((await read('/livez')).status).toBe(200);
  });
});

test('other methods are refused with those that there are', async () => {
  expect(await post(api.server.port, '/version')).toMatchObject({ status: 405, text: 'Method Not Allowed\n' });
});
