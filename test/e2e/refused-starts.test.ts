/** Environments in which a member does not start: it says one sentence that tells what to do, and ends with the documented code. */
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/base/errors.js';
import { freePorts, TestCluster, type TestMember } from '../support/cluster.js';
import { expectEqualStates } from '../support/equal-states.js';
import { lastWords, runToEnd } from '../support/member-run.js';
import { callersOf, expectUndisturbed, termOf } from '../support/undisturbed.js';

describe('settings', () => {
  let cluster: TestCluster;
  let text: string;
  beforeAll(async () => {
    cluster = await TestCluster.prepare();
    text = await readFile(cluster.settingsPath, 'utf8');
  });
  afterAll(() => cluster.stop());

  const refused = async (changed: string, name = 'n1') => {
    expect(changed === text && name === 'n1').toBe(false);
    await writeFile(cluster.settingsPath, changed);
    return lastWords(await runToEnd(cluster.settingsPath, name), ExitCode.SETTINGS);
  };

  it.each<[string, (text: string) => string, RegExp]>([
    [
      'an unknown field',
      (t) => `${t}colour: red\n`,
      /cluster\.yml:\d+:1: colour is not a known field; the fields here/,
    ],
    [
      'an unknown field of a member',
      (t) => t.replace('"name":"n2"', '"name":"n2","disk":1'),
      /:4:.*members\[1\]\.disk is not/,
    ],
    ['a duplicate name', (t) => t.replace('n2', 'n1'), /:4:\d+: members\[1\]\.name is "n1", which another member/],
    [
      'a duplicate address',
      (t) => t.replaceAll(/"client":"[^"]+"/g, '"client":"127.0.0.1:7"'),
      /:4:.*which is the client/,
    ],
    ['an address for all', (t) => t.replace('127.0.0.1', '10.0.0.1'), /:3:.*other machines can reach.*insecure: true/],
    ['text that is no YAML', (t) => `${t}log: [\n`, /cluster\.yml:\d+:\d+: not valid YAML/],
    ['nothing', () => '', /cluster\.yml:1:1: cluster is missing/],
  ])('with %s', async (_title, change, sentence) => {
    expect(await refused(change(text))).toMatch(sentence);
  });

  it('without the member', async () => {
    expect(await refused(text, 'n9')).toMatch(/cluster\.yml has no member "n9"; it has n1, n2, n3/);
  });

  it('that are not there', async () => {
    const run = await runToEnd(path.join(cluster.directory, 'none.yml'), 'n1');
    expect(lastWords(run, ExitCode.SETTINGS)).toMatch(/none\.yml: this settings file does not exist; .*--settings/);
  });
});

describe('a port that is taken', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.prepare();
  });
  afterAll(() => cluster.stop());

  it.each(['client', 'peer'] as const)('at the %s address', async (door) => {
    const [{ [door]: address }] = cluster.members as [TestMember];
    const server = createServer().listen(Number(address.split(':')[1]), '127.0.0.1');
    try {
      await once(server, 'listening');
      const sentence = lastWords(await runToEnd(cluster.settingsPath, 'n1'), ExitCode.PORT);
      expect(sentence).toContain(address);
      expect(sentence).toMatch(/another process.*: ?stop|stop that process or change "peer"/);
      expect(sentence).toContain('in the settings');
    } finally {
      server.close();
    }
  });
});

describe('a data directory', () => {
  let cluster: TestCluster;
  let term: number;
  beforeAll(async () => {
    cluster = await TestCluster.start({ timers: 'patient' });
    await cluster.client().config.put('kept/doc', 'x');
    term = await termOf(callersOf(cluster));
  });
  afterAll(() => cluster.stop());
  afterEach(async () => {
    expect((await cluster.client().config.get('kept/doc'))?.text()).toBe('x');
  });

  /** The settings of the cluster with something else, and other ports, so that only the directory is shared. */
  const otherSettings = async (change: (text: string) => string): Promise<string> => {
    const ports = await freePorts(6);
    let next = 0;
    const text = await readFile(cluster.settingsPath, 'utf8');
    const file = path.join(cluster.directory, 'other.yml');
    await writeFile(file, change(text.replaceAll(/127\.0\.0\.1:\d+/g, () => `127.0.0.1:${ports[next++]}`)));
    return file;
  };

  it('that another process uses', async () => {
    const run = await runToEnd(await otherSettings((text) => text), 'n1');
    const sentence = lastWords(run, ExitCode.DATA);
    expect(sentence).toContain(cluster.dataDirectory('n1'));
    expect(sentence).toMatch(/is in use by another process: stop the member that runs there, or give this one its own/);
    await expectUndisturbed(cluster, callersOf(cluster), term);
  });

  it('that is a file, or lies below one', async () => {
    await writeFile(path.join(cluster.directory, 'file'), '');
    for (const place of ['file', 'file/deeper']) {
      const run = await runToEnd(await otherSettings((text) => text.replace('data: data', `data: ${place}`)), 'n1');
      const sentence = lastWords(run, ExitCode.DISK);
      expect(sentence).toContain(path.join(cluster.directory, place, 'n1'));
      expect(sentence).toMatch(/is a file; remove the file or name another directory/);
    }
  });

  it('of another cluster, and of another member; once put right, everything is there', async () => {
    const [a, b] = cluster.others(await cluster.leader()) as [string, string];
    for (const name of [a, b]) expect(await cluster.signal(name, 'SIGTERM')).toBe(ExitCode.OK);

    const other = await otherSettings((text) => text.replace('cluster: test', 'cluster: other'));
    const foreign = lastWords(await runToEnd(other, a), ExitCode.DATA);
    expect(foreign).toContain(cluster.dataDirectory(a));
    expect(foreign).toMatch(/belongs to another cluster .*: give this member its own directory/);

    const swap = async () => {
      const aside = path.join(cluster.directory, 'aside');
      await rename(cluster.dataDirectory(a), aside);
      await rename(cluster.dataDirectory(b), cluster.dataDirectory(a));
      await rename(aside, cluster.dataDirectory(b));
    };
    await swap();
    for (const [name, owner] of [
      [a, b],
      [b, a],
    ] as const) {
      const sentence = lastWords(await runToEnd(cluster.settingsPath, name), ExitCode.DATA);
      expect(sentence).toContain(cluster.dataDirectory(name));
      expect(sentence).toContain(`belongs to member ${owner}, not to ${name}: give this member its own directory`);
    }

    await swap();
    for (const name of [a, b]) cluster.boot(name);
    await expectEqualStates(cluster);
  }, 60_000);
});
