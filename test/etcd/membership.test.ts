/** Members come, move and go as etcdctl asks for it (docs/etcd-compatibility.md, Cluster). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts, TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { until } from '../support/until.js';
import { missingEtcd } from './etcd-cluster.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing !== undefined)('with etcdctl', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.stop());

  async function etcdctl(...words: string[]): Promise<string> {
    const endpoints = `--endpoints=${cluster.member('n1').client},${cluster.member('n2').client}`;
    const env = { ...process.env, ETCDCTL_API: '3' };
    return (await promisify(execFile)('etcdctl', [endpoints, ...words], { env })).stdout;
  }

  const listed = async (id: string): Promise<string | undefined> =>
    (await etcdctl('member', 'list')).split('\n').find((line) => line.startsWith(id));

  async function add(name: string, ...words: string[]): Promise<{ id: string; peer: string; client: string }> {
    const { peer, client } = await cluster.newcomer(name);
    const output = await etcdctl('member', 'add', name, `--peer-urls=http://${peer}`, ...words);
    const [, id = ''] = /^Member +([0-9a-f]+) added to cluster +[0-9a-f]+\n/.exec(output) ?? [];
    expect(output).toContain(`ETCD_NAME="${name}"`);
    expect(output).toContain(`${name}=http://${peer}`);
    expect(await listed(id)).toBe(`${id}, unstarted, , http://${peer}, , true`);
    return { id, peer, client };
  }

  const settings = { members: 3, timers: 'patient' } as const;

  it('a member is added by its peer URL, joins under its id, becomes a voter, and moves', {
    timeout: 120_000,
  }, async () => {
    cluster = await TestCluster.start(settings);
    const { id, peer, client } = await add('n4');
    cluster.boot('n4');
    await until(
      'it is a voter',
      async () => (await listed(id)) === `${id}, started, n4, http://${peer}, http://${client}, false`,
      60_000,
    );
    expect(await etcdctl('member', 'list')).not.toContain('unstarted');

    const [port] = await freePorts(1);
    const moved = `127.0.0.1:${port}`;
    await etcdctl('member', 'update', id, `--peer-urls=http://${moved}`);
    expect(await listed(id)).toBe(`${id}, started, n4, http://${moved}, http://${client}, false`);
    // It goes on where it is until it is started at the new place.
    await cluster.client().config.put('a/b', 'before');
    await expectEqualStates(cluster);
    await cluster.kill('n4');
    cluster.leave('n4');
    cluster.rejoin('n4', { clientAddress: client, peerAddress: moved });
    cluster.boot('n4');
    await cluster.client('n1', 'n2', 'n3').config.put('a/b', 'after');
    await until(
      'it has the news',
      async () => (await cluster.pinned('n4').config.get('a/b'))?.text() === 'after',
      60_000,
    );
    await expectEqualStates(cluster);
  });

  it('a learner that is added stays one until it is promoted; one that was never started is removed', {
    timeout: 120_000,
  }, async () => {
    cluster = await TestCluster.start(settings);
    const { id: never } = await add('n5');
    cluster.leave('n5');
    const { id, peer, client } = await add('n4', '--learner');
    await expect(etcdctl('member', 'promote', id)).rejects.toMatchObject({
      stderr: expect.stringContaining('can only promote a learner member which is in sync with leader'),
    });
    cluster.boot('n4');
    await until(
      'it can be promoted',
      () =>
        etcdctl('member', 'promote', id).then(
          () => true,
          () => false,
        ),
      60_000,
    );
    expect(await listed(id)).toBe(`${id}, started, n4, http://${peer}, http://${client}, false`);
    await etcdctl('member', 'remove', never);
    expect(await listed(never)).toBeUndefined();
    await expectEqualStates(cluster);
  });
});
