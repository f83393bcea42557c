/** Bytes of a running cluster that change on the disk: never served, named in one sentence, and healed the way the sentence says. */
import { open, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Code, ExitCode } from '../../src/base/errors.js';
import { configService } from '../../src/proto/quorate.js';
import { ApiClient } from '../api/api-client.js';
import { TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { lastWordsOf } from '../support/member-run.js';
import { until } from '../support/until.js';
import { Workload } from '../support/workload.js';

const marker = 'a value that is easy to find';
const recovery = /stop this member, move its data directory away and start it again: it rejoins empty and catches up/;

describe('a flipped byte', () => {
  let cluster: TestCluster;
  let follower: string;
  beforeEach(async () => {
    cluster = await TestCluster.start();
    follower = cluster.others(await cluster.leader())[0] as string;
    const client = cluster.client();
    for (let i = 0; i < 100; i++) await client.config.put(`many/key-${i}`, `${i} is ${marker} `.repeat(20));
    await expectEqualStates(cluster);
  });
  afterEach(() => cluster.stop());

  /** Flips a bit of a value (or of all) in the member's files of this kind. */
  async function flip(extension: 'log' | 'ldb', all = false): Promise<void> {
    const directory = cluster.dataDirectory(follower);
    let flipped = 0;
    for (const name of await readdir(directory)) {
      if (!name.endsWith(`.${extension}`)) continue;
      const file = path.join(directory, name);
      const content = await readFile(file);
      const places: number[] = [];
      for (let at = content.indexOf(marker); at >= 0; at = content.indexOf(marker, at + 1)) places.push(at);
      const handle = await open(file, 'r+');
      for (const place of all ? places : places.slice(places.length >> 1).slice(0, 1)) {
        await handle.write(Buffer.of(content.readUInt8(place) ^ 0x10), 0, 1, place);
        flipped++;
      }
      await handle.close();
      if (flipped > 0 && !all) return;
    }
    expect(flipped).toBeGreaterThan(0);
  }

  /** A restart turns the log file into a table. */
  async function restart(): Promise<void> {
    expect(await cluster.signal(follower, 'SIGTERM')).toBe(ExitCode.OK);
    cluster.boot(follower);
    await expectEqualStates(cluster);
  }

  async function expectRecovery(sentence: string): Promise<void> {
    expect(sentence).toContain(cluster.dataDirectory(follower));
    expect(sentence).toMatch(/damaged/);
    expect(sentence).toMatch(recovery);
    await rename(cluster.dataDirectory(follower), path.join(cluster.directory, 'damaged'));
    cluster.boot(follower);
    await until('it rejoins without a vote', () => cluster.output(follower).includes('catching up before voting'));
    await expectEqualStates(cluster);
    const local = cluster.client(follower);
    for (const i of [0, 50, 99])
      expect((await local.config.get(`many/key-${i}`, { version: 1 }))?.text()).toBe(`${i} is ${marker} `.repeat(20));
  }

  it.each(['log', 'ldb'] as const)(
    'in a .%s file is found when the member starts',
    async (extension) => {
      if (extension === 'ldb') await restart();
      expect(await cluster.signal(follower, 'SIGTERM')).toBe(ExitCode.OK);
      await flip(extension);
      const others = cluster.others(follower).map((name) => cluster.client(name));
      const load = new Workload(others, 2);
      const printed = cluster.output(follower).length;
      cluster.boot(follower);
      const sentence = await lastWordsOf(cluster, follower, ExitCode.DATA, printed);
      await load.stop();
      expect(load.failures).toEqual([]);
      await expectRecovery(sentence);
      expect(await load.violations(cluster.client(follower))).toEqual([]);
    },
    60_000,
  );

  it('under a running member ends it at the read that meets it, and another member answers', async () => {
    const client = cluster.client();
    const first = await client.config.listPage('many', { pageSize: 1 });
    for (let i = 0; i < 100; i++) await client.config.put(`many/key-${i}`, 'new');
    await restart();
    await flip('ldb', true);
    const printed = cluster.output(follower).length;

    // The newest values are in memory; the state in which the first page was read is not.
    const pageToken = first.nextPageToken ?? '';
    const address = cluster.members.find(({ name }) => name === follower)?.client ?? '';
    const door = new ApiClient(Number(address.split(':')[1]));
    const error = await door.failure(configService.list, { namespace: 'many', pageToken });
    door.close();
    // MEMBER_STOPPING, unless the process is gone before the answer.
    expect(error.code).toBe(Code.UNAVAILABLE);
    const { documents } = await cluster.client().config.listPage('many', { pageToken });
    expect(documents.map(({ key }) => key)).toHaveLength(99);
    for (const document of documents) expect(document.text()).toContain(marker);
    await expectRecovery(await lastWordsOf(cluster, follower, ExitCode.DATA, printed));
  }, 60_000);
});

describe('a data directory that is deleted under a running member', () => {
  it('stops the member, and it comes back from the others', async () => {
    const cluster = await TestCluster.start();
    try {
      const lost = cluster.others(await cluster.leader())[0] as string;
      const others = cluster.client(...cluster.others(lost));
      await others.config.put('test/x', '1');
      await cluster.removeData(lost);
      expect(await cluster.exitCode(lost)).toBe(ExitCode.DISK);
      expect(cluster.output(lost)).toMatch(/is gone while this member runs/);
      await others.config.put('test/x', '2');
      cluster.boot(lost);
      await expectEqualStates(cluster);
    } finally {
      await cluster.stop();
    }
  });
});
