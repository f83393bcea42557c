/** Members come and go while the cluster works (docs/architecture.md, Changing the members). */
import { afterEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/base/errors.js';
import type { ClusterMember } from '../../src/client/index.js';
import { freePorts, TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { lastWordsOf } from '../support/member-run.js';
import { until } from '../support/until.js';
import { Workload } from '../support/workload.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

async function membersOf(): Promise<readonly ClusterMember[]> {
  const { members } = await cluster.client().cluster.members();
  return members;
}

async function untilVoters(...names: string[]): Promise<void> {
  await until(`the voters are ${names.join(', ')}`, async () => {
    const voters = (await membersOf()).filter(({ learner }) => !learner).map(({ name }) => name);
    return voters.toSorted().join() === names.toSorted().join();
  });
}

describe('under load', () => {
  it('grows from 1 to 3 to 5 members and shrinks to 3 with a kill in the middle: no call fails, nothing is lost', {
    timeout: 60_000,
  }, async () => {
    cluster = await TestCluster.start({ members: 1 });
    const first = new Workload([cluster.client('n1')], 8, 'first');
    const loads = [first];
    await until('writes flow', () => first.acknowledged > 100);
    await cluster.join('n2');
    await cluster.join('n3');
    await untilVoters('n1', 'n2', 'n3');
    const second = new Workload([cluster.client('n2', 'n3', 'n1')], 8, 'second');
    loads.push(second);
    await cluster.join('n4');
    await cluster.join('n5');
    await untilVoters('n1', 'n2', 'n3', 'n4', 'n5');
    const before = second.acknowledged;
    await cluster.kill('n4');
    const client = cluster.client();
    await client.cluster.removeMember('n4');
    await client.cluster.removeMember(await cluster.leader());
    await until('writes flow on', () => second.acknowledged > before + 200);
    await Promise.all(loads.map((load) => load.stop()));
    const left = (await membersOf()).map(({ name }) => name);
    expect(left).toHaveLength(3);
    for (const load of loads) {
      expect(load.failures).toEqual([]);
      expect(await load.violations(cluster.client(...left))).toEqual([]);
    }
  });
});

describe('members', { timeout: 60_000 }, () => {
  it('that are removed stop by themselves: the leader, which hands over, and a follower; the last voter stays', async () => {
    cluster = await TestCluster.start();
    const client = cluster.client();
    await client.config.put('a/b', 'x');
    const leader = await cluster.leader();
    await client.cluster.removeMember(leader);
    expect(await cluster.exitCode(leader)).toBe(0);
    expect(cluster.output(leader)).toContain(`${leader} was removed from the cluster, so it stops`);
    const follower = cluster.others(await cluster.leader()).find((name) => name !== leader) ?? '';
    await client.cluster.removeMember(follower);
    expect(await cluster.exitCode(follower)).toBe(0);
    const [last] = await membersOf();
    await expect(client.cluster.removeMember(last?.name ?? '')).rejects.toMatchObject({
      reason: 'QUORUM_AT_RISK',
      message: expect.stringContaining('the last voter cannot be removed'),
    });
    expect((await client.config.get('a/b'))?.text()).toBe('x');

    // Neither with their data nor without it are they let in again.
    cluster.boot(follower);
    expect(await cluster.exitCode(follower)).toBe(0);
    await cluster.removeData(leader);
    cluster.boot(leader);
    expect(await cluster.exitCode(leader)).toBe(0);
  });

  it('are not removed when the rest could not decide, and dead ones are', async () => {
    cluster = await TestCluster.start();
    const leader = await cluster.leader();
    const [dead, healthy] = cluster.others(leader) as [string, string];
    await cluster.kill(dead);
    const client = cluster.client(leader, healthy);
    await expect(client.cluster.removeMember(healthy)).rejects.toMatchObject({
      reason: 'QUORUM_AT_RISK',
      message: expect.stringMatching(`of the 2 voters .* only ${leader} does: bring ${dead} back`),
    });
    await client.cluster.removeMember(dead);
    expect((await membersOf()).map(({ name }) => name).toSorted()).toEqual([healthy, leader].toSorted());
    await client.config.put('a/b', 'x');
    await expect(client.cluster.removeMember('nobody')).rejects.toMatchObject({ reason: 'MEMBER_NOT_FOUND' });
  });

  it('that lost their data are replaced under the same name, in one change, with another identity', async () => {
    cluster = await TestCluster.start();
    const client = cluster.client();
    const before = await membersOf();
    const gone = cluster.others(await cluster.leader())[0] ?? '';
    const { id, clientAddress, peerAddress } = before.find(({ name }) => name === gone) ?? {};
    await cluster.kill(gone);
    await cluster.removeData(gone);
    const successor = { name: gone, clientAddress: clientAddress ?? '', peerAddress: peerAddress ?? '' };
    const added = await client.cluster.replaceMember(gone, successor);
    expect(added).toMatchObject({ ...successor, learner: true });
    expect(added.id).not.toBe(id);
    cluster.rejoin(gone);
    cluster.boot(gone);
    await until('it has taken the place', async () => {
      const members = await membersOf();
      return members.length === 3 && members.some((member) => member.id === added.id && !member.learner);
    });
    await client.config.put('a/b', 'x');
    await expectEqualStates(cluster);
  });

  it('that stay learners serve watches and reads, are promoted by hand, and come back after a restart of all', async () => {
    cluster = await TestCluster.start();
    const client = cluster.client();
    const [address, peer] = await freePorts(2);
    const newcomer = { name: 'n4', clientAddress: `127.0.0.1:${address}`, peerAddress: `127.0.0.1:${peer}` };
    await client.cluster.addMember(newcomer, { stayLearner: true });
    expect(await client.cluster.addMember(newcomer)).toMatchObject({ name: 'n4', learner: true });
    await expect(client.cluster.promoteMember('n4')).rejects.toMatchObject({ reason: 'MEMBER_NOT_READY' });
    await expect(client.cluster.addMember({ ...newcomer, name: 'n5' })).rejects.toMatchObject({
      reason: 'MEMBER_EXISTS',
    });
    cluster.rejoin('n4', newcomer);
    cluster.boot('n4');
    const learner = cluster.client('n4');
    const { version } = await client.config.put('a/b', 'x');
    expect(await learner.config.get('a/b')).toMatchObject({ version });
    for await (const event of learner.config.watch({ namespace: 'a' })) {
      expect(event).toMatchObject({ kind: 'snapshot', items: [{ key: 'b' }] });
      break;
    }
    await until('it can be promoted', () =>
      client.cluster.promoteMember('n4').then(
        () => true,
        () => false,
      ),
    );
    await untilVoters('n1', 'n2', 'n3', 'n4');
    const names = cluster.members.map(({ name }) => name);
    await Promise.all(names.map((name) => cluster.kill(name)));
    for (const name of names) cluster.boot(name);
    await cluster.leader();
    await client.config.put('a/b', 'y');
    await expectEqualStates(cluster);
  });

  it('whose directory is empty are not let back in as the voters they were', async () => {
    cluster = await TestCluster.start();
    await cluster.join('n4');
    await untilVoters('n1', 'n2', 'n3', 'n4');
    await cluster.kill('n4');
    await cluster.removeData('n4');
    const from = cluster.output('n4').length;
    cluster.boot('n4');
    const sentence = await lastWordsOf(cluster, 'n4', ExitCode.DATA, from);
    expect(sentence).toContain('n4 is a voter of the cluster, but its data directory is empty');
    expect(sentence).toContain('quorate cluster replace n4 n4 --client');
  });
});
