/** A member whose disk is full, on a small file system of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/base/errors.js';
import { TestCluster } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { lastWordsOf } from '../support/member-run.js';

const run = promisify(execFile);
const tmpfs = (directory: string) => run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', directory]);

const mountable = await (async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'quorate-mount-'));
  try {
    await tmpfs(directory);
    await run('umount', [directory]);
    return true;
  } catch (error) {
    console.warn(`the tests of a full disk are SKIPPED, since nothing can be mounted here: ${String(error)}`);
    return false;
  } finally {
    await rmdir(directory);
  }
})();

describe.skipIf(!mountable)('a full disk', () => {
  const victim = 'n3';
  let cluster: TestCluster;
  let mounted = false;
  beforeEach(async () => {
    cluster = await TestCluster.prepare();
    await mkdir(cluster.dataDirectory(victim), { recursive: true });
    await tmpfs(cluster.dataDirectory(victim));
    mounted = true;
    for (const { name } of cluster.members) cluster.boot(name);
    await cluster.leader();
  });
  afterEach(async () => {
    if (mounted) {
      await cluster.kill(victim);
      await run('umount', ['-l', cluster.dataDirectory(victim)]);
      mounted = false;
    }
    await cluster.stop();
  });

  it.each(['a follower', 'the leader'])(
    'of %s stops it with one sentence; the others go on, and with more room it comes back',
    async (role) => {
      const client = cluster.client();
      const others = cluster.client(...cluster.others(victim));
      const leads = (await cluster.leader()) === victim;
      if (leads !== (role === 'the leader')) await client.cluster.transferLeadership(leads ? 'n1' : victim);

      const value = Buffer.alloc(200_000, 7);
      const acknowledged: string[] = [];
      const write = async (name: string) => {
        await others.config.put(name, value);
        acknowledged.push(name);
      };
      let ended = false;
      const end = cluster.exitCode(victim).then(() => {
        ended = true;
      });
      for (let n = 0; !ended && n < 500; n++) await write(`full/key-${n}`);
      await end;
      const sentence = await lastWordsOf(cluster, victim, ExitCode.DISK, 0);
      expect(sentence).toContain(cluster.dataDirectory(victim));
      expect(sentence).toMatch(/the disk is full; make room and start this member again/);
      for (let n = 0; n < 20; n++) await write(`full/after-${n}`);

      await run('mount', ['-o', 'remount,size=400m', cluster.dataDirectory(victim)]);
      cluster.boot(victim);
      await expectEqualStates(cluster);
      const found = new Set<string>();
      for await (const { name } of cluster.client(victim).config.list('full', { keysOnly: true })) found.add(name);
      expect(acknowledged.filter((name) => !found.has(name))).toEqual([]);
    },
    90_000,
  );
});
