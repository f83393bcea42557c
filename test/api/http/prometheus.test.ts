/** Targets for Prometheus, in the shape of https://prometheus.io/docs/prometheus/latest/http_sd/. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deregister, register } from '../../support/registered.js';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';
import { get, HttpStream } from './http-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

interface Group {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

async function groups(query = ''): Promise<Group[]> {
  const { status, type, text } = await get(api.server.port, `/sd/prometheus${query}`);
  expect([status, type]).toEqual([200, 'application/json']);
  return JSON.parse(text) as Group[];
}

test('nothing registered is an empty list', async () => {
  expect(await groups()).toEqual([]);
});

test('an instance is a target with all that is known of it', async () => {
  const ports = { metrics: 9_100, 'admin-http': 8_080 };
  const metadata = { 'team.name': 'blue "1"', tier: 'ü' };
  register(api.replica, { zone: 'a', version: '1.2', weight: 7, ports, metadata });
  expect(await groups()).toEqual([
    {
      targets: ['10.0.0.1:5000'],
      labels: {
        __meta_quorate_namespace: 'prod',
        __meta_quorate_service: 'compute',
        __meta_quorate_id: 'i1',
        __meta_quorate_address: '10.0.0.1',
        __meta_quorate_port: '5000',
        __meta_quorate_weight: '7',
        __meta_quorate_zone: 'a',
        __meta_quorate_version: '1.2',
        __meta_quorate_status: 'UP',
        __meta_quorate_health: 'PASSING',
        __meta_quorate_usable: 'true',
        __meta_quorate_port_metrics: '9100',
        __meta_quorate_port_admin_http: '8080',
        __meta_quorate_metadata_team_name: 'blue "1"',
        __meta_quorate_metadata_tier: 'ü',
      },
    },
  ]);
});

test('instances that are not usable are targets too, and say so', async () => {
  register(api.replica, { status: 2 });
  expect(await groups()).toMatchObject([
    { labels: { __meta_quorate_status: 'DRAINING', __meta_quorate_usable: 'false' } },
  ]);
});

test('IPv6 addresses come in brackets', async () => {
  register(api.replica, { address: '2001:db8::1' });
  expect(await groups()).toMatchObject([{ targets: ['[2001:db8::1]:5000'] }]);
});

describe('the query', () => {
  beforeEach(() => {
    register(api.replica, { ports: { metrics: 9_100 } });
    register(api.replica, { service: 'db', id: 'd1', port: 0 });
    register(api.replica, { service: 'db', id: 'd2' });
    register(api.replica, { namespace: 'test', id: 't1' });
    register(api.replica, { namespace: 'prod2', id: 'p1' });
  });
  const ids = async (query: string) => (await groups(query)).map(({ labels }) => labels.__meta_quorate_id).sort();

  test('names namespaces and services; none: all', async () => {
    expect(await ids('')).toEqual(['d2', 'i1', 'p1', 't1']);
    expect(await ids('?namespace=prod')).toEqual(['d2', 'i1']);
    expect(await ids('?service=compute')).toEqual(['i1', 'p1', 't1']);
    expect(await ids('?service=compute&namespace=test&namespace=prod')).toEqual(['i1', 't1']);
    expect(await ids('?service=compute&service=db&namespace=prod')).toEqual(['d2', 'i1']);
    expect(await ids('?service=nobody')).toEqual([]);
  });

  test('names the port to scrape; who has none of that name is left out', async () => {
    expect(await groups('?port=metrics')).toMatchObject([{ targets: ['10.0.0.1:9100'] }]);
    expect(await groups('?port=constructor')).toEqual([]);
  });

  test('is refused with a sentence when it is wrong', async () => {
    for (const query of ['?service=a/b', '?namespace=', '?services=db'])
      expect(await get(api.server.port, `/sd/prometheus${query}`)).toMatchObject({ status: 400 });
    expect((await get(api.server.port, '/sd/prometheus?services=db')).text).toContain('"services" means nothing here');
  });
});

test('many instances come whole, as of one moment', async () => {
  for (let i = 0; i < 350; i++) register(api.replica, { id: `i${i}` });
  api.replica.quorum = false;
  const asked = groups();
  await until('it waits', () => api.replica.waiting === 1);
  api.replica.quorum = true;
  // Runs right after the first page was read.
  setImmediate(() => {
    for (let i = 0; i < 350; i++) deregister(api.replica, `i${i}`);
  });
  expect(await asked).toHaveLength(350);
});

describe('without a leader', () => {
  test('there is no list rather than an old one: Prometheus goes on with the targets that it has', async () => {
    api.replica.quorum = false;
    const stream = new HttpStream(api.server.port, '/sd/prometheus', {}, 'GET').end();
    await until('it waits', () => api.replica.waiting === 1);
    stream.cut();
    await until('it waits no longer', () => api.replica.waiting === 0);
  });

  test('it is told so in time', async () => {
    api.replica.quorum = false;
    const { status, text } = await get(api.server.port, '/sd/prometheus');
    expect(status).toBe(503);
    expect(text).toContain('no quorum');
  });
});
