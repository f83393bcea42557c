/** Snapshots with real processes: a cluster is saved, and another begins from the file. */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/base/errors.js';
import { missingEtcd } from '../etcd/etcd-cluster.js';
import { TestCluster } from '../support/cluster.js';
import { quorate } from '../support/command.js';

const execute = promisify(execFile);
const missing = missingEtcd();
if (missing !== undefined) console.warn(`SNAPSHOTS OF ETCDCTL ARE NOT TESTED: ${missing}`);

describe('snapshots', { timeout: 120_000 }, () => {
  let old: TestCluster;
  let fresh: TestCluster;
  let file: string;
  let revision: number;
  beforeAll(async () => {
    old = await TestCluster.start();
    const client = old.client();
    await client.config.put('prod/db/url', 'one', { comment: 'first' });
    await client.config.put('prod/db/url', 'two');
    await quorate(old, 'service', 'register', 'prod/web', '10.0.0.5:80', '--id', 'w1', '--ttl', '600s', '--detach');
    file = path.join(old.directory, 'a.snapshot');
    const saved = await quorate(old, 'snapshot', 'save', file, '--json');
    expect(saved.errors).toBe('');
    ({ revision } = JSON.parse(saved.output));
    // What comes after it is not in it.
    await client.config.put('prod/db/url', 'three');
    fresh = await TestCluster.prepare({ cluster: 'fresh' });
  }, 120_000);
  afterAll(async () => {
    await old?.stop();
    await fresh?.stop();
  });

  it('are shown and verified', async () => {
    const { output, code } = await quorate(old, 'snapshot', 'inspect', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ members: ['n1', 'n2', 'n3'], revision, leases: 1, verified: true });
    const { clusterId } = await old.client().cluster.status();
    expect(JSON.parse(output).clusterId).toBe(clusterId);
    expect((await readdir(old.directory)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it.skipIf(missing !== undefined)('that etcdctl saved have the same image', async () => {
    const other = path.join(old.directory, 'etcdctl.snapshot');
    await execute('etcdctl', ['--endpoints', old.endpoints[0] ?? '', 'snapshot', 'save', other]);
    const { output } = await quorate(old, 'snapshot', 'inspect', other, '--json');
    expect(JSON.parse(output)).toMatchObject({ savedBy: 'etcdctl', clusterId: null, leases: 1, verified: true });
    const refused = await quorate(old, 'snapshot', 'restore', other, '--settings', old.settingsPath, '--data', 'x');
    expect(refused).toMatchObject({ code: ExitCode.SETTINGS, errors: expect.stringContaining('give') });
  });

  it('that are damaged, cut off or something else are refused in one sentence', async () => {
    const whole = await readFile(file);
    const flipped = Buffer.from(whole);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    const wrongs: [string, Buffer, string][] = [
      ['flipped', flipped, 'is damaged: the SHA-256'],
      ['cut', whole.subarray(0, 700), 'is cut off or no snapshot'],
      ['empty', Buffer.alloc(0), 'is cut off or no snapshot'],
      ['longer', Buffer.concat([whole, Buffer.of(0)]), 'is cut off or no snapshot'],
      ['middle', Buffer.concat([whole.subarray(0, 200), whole.subarray(712)]), 'is damaged'],
    ];
    for (const [name, bytes, sentence] of wrongs) {
      const wrong = path.join(old.directory, name);
      await writeFile(wrong, bytes);
      const { code, errors } = await quorate(fresh, 'snapshot', 'restore', wrong, '--settings', fresh.settingsPath);
      expect(code, name).toBe(ExitCode.DATA);
      expect(errors.trimEnd().split('\n'), name).toHaveLength(1);
      expect(errors).toContain(sentence);
    }
    expect(await readdir(fresh.directory)).not.toContain('data');
  });

  it('are not restored under the name of their cluster', async () => {
    const { code, errors } = await quorate(
      old,
      'snapshot',
      'restore',
      file,
      '--settings',
      old.settingsPath,
      '--data',
      'x',
    );
    expect(code).toBe(ExitCode.SETTINGS);
    expect(errors).toContain('change "cluster:" there to a new name');
  });

  it('begin a new cluster that goes on from them', async () => {
    const restore = ['snapshot', 'restore', file, '--settings', fresh.settingsPath];
    // One member at a time, as on machines of their own, then again.
    for (const { name } of fresh.members) {
      const { code, errors } = await quorate(fresh, ...restore, '--name', name);
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
    }
    const again = await quorate(fresh, ...restore);
    expect(again).toMatchObject({ code: ExitCode.DATA, errors: expect.stringContaining('is not empty') });
    for (const { name } of fresh.members) fresh.boot(name);
    await fresh.leader();

    const client = fresh.client();
    const document = await client.config.get('prod/db/url');
    expect([document?.text(), document?.version]).toEqual(['two', 2]);
    expect((await client.config.history('prod/db/url')).map(({ comment }) => comment)).toContain('first');
    const { members } = await client.cluster.members();
    expect(members.map(({ clientAddress }) => clientAddress).sort()).toEqual([...fresh.endpoints].sort());
    const [was, is] = await Promise.all([old.client().cluster.status(), client.cluster.status()]);
    expect(is.clusterId).not.toBe(was.clusterId);
    expect(is.leases).toBe(1);
    // Revisions go on.
    const published = await client.config.put('prod/db/url', 'after');
    expect(published).toMatchObject({ version: 3 });
    expect(published.revision).toBe(revision + 1);
    // It lives on as any cluster does.
    await fresh.kill(await fresh.leader());
    await fresh.leader();
    expect((await client.config.put('prod/x', 'y')).version).toBe(1);
  });
});
