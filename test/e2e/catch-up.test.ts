import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { until } from '../support/until.js';
import { writeMany } from '../support/write-many.js';

describe('a member that was away', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.start({ settings: 'retention: { log: 1MiB }' });
  });
  afterEach(() => cluster.stop());

  it('catches up from the log', async () => {
    const away = cluster.others(await cluster.leader())[0] as string;
    await cluster.kill(away);
    await writeMany(cluster.client(...cluster.others(away)), { count: 500, bytes: 100 });
    cluster.boot(away);
    await expectEqualStates(cluster);
  });

  it('catches up by an image while writes go on, when the log it needs is trimmed', async () => {
    const away = cluster.others(await cluster.leader())[0] as string;
    await cluster.kill(away);
    const writer = cluster.client(...cluster.others(away));
    await writeMany(writer, { count: 800, bytes: 16_000 });
    await until('the log is trimmed', async () => (await writer.cluster.status()).firstIndex > 1);
    cluster.boot(away);
    const during = writeMany(writer, { count: 500, bytes: 1_000 });
    await until('the image is installed', () => cluster.output(away).includes('caught up by an image'), 30_000);
    await during;
    await expectEqualStates(cluster);
  }, 60_000);

  it('comes back with an empty directory, and does not vote before it has caught up', async () => {
    await writeMany(cluster.client(), { count: 200, bytes: 100 });
    const lost = cluster.others(await cluster.leader())[0] as string;
    await cluster.kill(lost);
    await cluster.removeData(lost);
    cluster.boot(lost);
    await until('it notices', () => cluster.output(lost).includes('catching up before voting'));
    await expectEqualStates(cluster);
    await until('it is a full member again', async () => !(await cluster.client(lost).cluster.status()).recovering);
    const leader = await cluster.leader();
    await cluster.kill(leader);
    // The survivors, one of them the member that was lost, still make a quorum.
    await cluster.client(...cluster.others(leader)).config.put('test/after', 'x');
    expect(await cluster.leader()).not.toBe(leader);
  });
});
