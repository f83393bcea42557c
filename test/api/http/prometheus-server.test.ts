/** Prometheus itself, as Debian packages it, with the client port as its discovery. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../support/cluster.js';
import { deregister, register } from '../../support/registered.js';
import { missingTool } from '../../support/tool.js';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';

const missing = missingTool('prometheus', 'prometheus');
if (missing !== undefined) console.warn(missing);

interface Target {
  readonly scrapeUrl: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

describe.skipIf(missing !== undefined)('Prometheus', () => {
  let api: Api;
  let directory: string;
  let url: string;
  let server: ChildProcess;

  beforeEach(async () => {
    api = await startApi();
    directory = await mkdtemp(path.join(tmpdir(), 'quorate-prometheus-'));
    const settings = path.join(directory, 'prometheus.yml');
    await writeFile(settings, settingsFor(`http://127.0.0.1:${api.server.port}/sd/prometheus?namespace=prod`));
    const [port] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    const args = [`--config.file=${settings}`, `--storage.tsdb.path=${directory}/data`];
    server = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  });
  afterEach(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    await api.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function targets(): Promise<Target[]> {
    const response = await fetch(`${url}/api/v1/targets?state=active`);
    const { data } = (await response.json()) as { data: { activeTargets: Target[] } };
    return data.activeTargets.sort((a, b) => (a.scrapeUrl < b.scrapeUrl ? -1 : 1));
  }
  const untilTargets = (count: number): Promise<Target[]> =>
    until(
      `there are ${count} targets`,
      async () => {
        const found = await targets().catch(() => []);
        return found.length === count ? found : undefined;
      },
      40_000,
    );

  test('discovers instances, takes labels from them, and keeps them while no member can answer', async () => {
    register(api.replica, { zone: 'a', metadata: { team: 'blue' }, ports: { metrics: 9_100 } });
    register(api.replica, { id: 'i2', address: '::1' });
    register(api.replica, { id: 'other', namespace: 'test' });
    const [first, second] = await untilTargets(2);
    expect(first).toMatchObject({
      scrapeUrl: 'http://10.0.0.1:5000/metrics',
      discoveredLabels: {
        __address__: '10.0.0.1:5000',
        __meta_quorate_service: 'compute',
        __meta_quorate_port_metrics: '9100',
        __meta_quorate_metadata_team: 'blue',
      },
      labels: { instance: '10.0.0.1:5000', zone: 'a', service: 'compute', job: 'quorate' },
    });
    expect(second?.scrapeUrl).toBe('http://[::1]:5000/metrics');

    deregister(api.replica, 'i2');
    await untilTargets(1);

    api.replica.quorum = false;
    deregister(api.replica);
    await until(
      'it has asked twice in vain',
      async () => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return Number(/^prometheus_sd_http_failures_total (\d+)/m.exec(metrics)?.[1]) >= 2;
      },
      40_000,
    );
    expect(await targets()).toHaveLength(1);
    api.replica.quorum = true;
    await untilTargets(0);
  }, 120_000);
});

function settingsFor(url: string): string {
  return `global: { scrape_interval: 1h }
scrape_configs:
  - job_name: quorate
    http_sd_configs: [{ url: "${url}", refresh_interval: 1s }]
    relabel_configs:
      - { source_labels: [__meta_quorate_zone], target_label: zone }
      - { source_labels: [__meta_quorate_service], target_label: service }
`;
}
