import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../../support/cluster.js';
import { until } from '../../support/until.js';
import { alive, UpProcess } from './up-process.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanUps.splice(0).reverse()) await undo();
});

async function prepare(members: number): Promise<TestCluster> {
  const cluster = await TestCluster.prepare({ members });
  cleanUps.push(() => cluster.stop());
  return cluster;
}

function up(settings: string): UpProcess {
  const process = new UpProcess(settings);
  cleanUps.push(() => process.stop());
  return process;
}

describe('quorate up', () => {
  it('boots all members, goes on when one dies, stops gracefully, and finds the data again', async () => {
    const cluster = await prepare(3);
    const first = up(cluster.settingsPath);
    const { leader, endpoints } = await first.ready();
    expect(cluster.members.map(({ name }) => name)).toContain(leader);
    expect(endpoints).toEqual(cluster.endpoints);
    expect(first.stdout).toMatch(/^n2 \| \{"level":"info"/m);
    const client = cluster.client();
    await client.config.put('prod/db/url', 'postgres://one');

    const victim = cluster.others(leader)[0] ?? '';
    process.kill(first.members.get(victim) ?? 0, 'SIGKILL');
    await until('the death is reported', () => first.stderr.includes(`${victim} has stopped (SIGKILL)`));
    expect(first.stderr).toContain('2 of 3 members go on');
    await client.config.put('prod/db/url', 'postgres://two');

    const ids = [...first.members.values()];
    expect(ids).toHaveLength(3);
    expect(await first.signal('SIGINT')).toBe(0);
    expect(ids.filter(alive)).toEqual([]);
    expect(first.stdout).toContain('"msg":"stopped"');

    const second = up(cluster.settingsPath);
    await second.ready();
    expect((await client.config.get('prod/db/url'))?.text()).toBe('postgres://two');
    expect(await second.signal('SIGTERM')).toBe(0);
  }, 60_000);

  it('does not leave members behind when it is killed itself', async () => {
    const cluster = await prepare(1);
    const process = up(cluster.settingsPath);
    await process.ready();
    const ids = [...process.members.values()];
    await process.signal('SIGKILL');
    await until('the member has stopped too', () => !ids.some(alive));
  });

  it.each(['client', 'peer'] as const)('says which %s port is taken, and exits with 69', async (door) => {
    const cluster = await prepare(3);
    const address = cluster.members[1]?.[door] ?? '';
    const blocker = createServer().listen(Number(address.split(':')[1]), '127.0.0.1');
    cleanUps.push(async () => blocker.close());
    await once(blocker, 'listening');
    const process = up(cluster.settingsPath);
    expect(await process.exitCode()).toBe(69);
    const errors = process.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(address);
    expect(process.stdout + process.stderr).not.toMatch(/^\s+at /m);
    expect([...process.members.values()].filter(alive)).toEqual([]);
  });

  it('does not take another cluster at its addresses for its own', async () => {
    const cluster = await prepare(1);
    await up(cluster.settingsPath).ready();
    const second = up(cluster.settingsPath);
    expect(await second.exitCode()).toBe(69);
    expect(second.stdout).toBe('');
    expect(second.stderr).toMatch(/^error: the client address \S+ of n1 is taken by another process: .*\n$/);
  });

  it('says where the settings are wrong, and exits with 78', async () => {
    const cluster = await prepare(1);
    const file = path.join(cluster.directory, 'wrong.yml');
    await writeFile(
      file,
      'cluster: test\nmembers:\n  - { name: n1, client: "127.0.0.1:1", peer: "127.0.0.1:2", port: 7 }\n',
    );
    const process = up(file);
    expect(await process.exitCode()).toBe(78);
    expect(process.stderr).toMatch(/^error: \S*wrong\.yml:3:\d+: .*port.*\n$/);
    expect(process.stdout).toBe('');
  });
});
