/** A running etcd is copied: real processes on both sides. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kVService, leaseService } from '../../src/proto/etcd.js';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.js';
import { Wire } from '../etcd/wire.js';
import { TestCluster } from '../support/cluster.js';
import { quorate, start } from '../support/command.js';
import { until } from '../support/until.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(`THE IMPORT FROM ETCD IS NOT TESTED: ${missing}`);

describe.skipIf(missing !== undefined)('import', { timeout: 120_000 }, () => {
  let etcd: EtcdCluster;
  let cluster: TestCluster;
  let source: Wire;
  let target: Wire;
  beforeAll(async () => {
    etcd = await EtcdCluster.start(1);
    cluster = await TestCluster.start({ members: 1 });
    source = new Wire(etcd.endpoints[0] ?? '');
    target = new Wire(cluster.endpoints[0] ?? '');
  }, 120_000);
  afterAll(async () => {
    source?.close();
    target?.close();
    await etcd?.stop();
    await cluster?.stop();
  });

  const put = (wire: Wire, key: string, value: string | Buffer, lease = '0') =>
    wire.unary(kVService.put, { key: Buffer.from(key), value: Buffer.from(value), lease });
  const remove = (wire: Wire, key: string) => wire.unary(kVService.deleteRange, { key: Buffer.from(key) });
  const get = async (wire: Wire, key: string) => {
    const answer = await wire.unary(kVService.range, { key: Buffer.from(key) });
    const [kv] = 'response' in answer ? answer.response.kvs : [];
    return kv && { value: kv.value.toString(), lease: kv.lease };
  };
  const grant = async (wire: Wire, id: string, ttl: number) => {
    expect(await wire.unary(leaseService.leaseGrant, { ID: id, TTL: ttl })).toHaveProperty('response');
  };
  const run = (...line: string[]) =>
    quorate(cluster, 'import', '--from-etcd', etcd.endpoints.join(), '--timeout', '60s', '--json', ...line);

  it('copies keys, values and leases, and what changed the next time', async () => {
    await grant(source, '4660', 600);
    await grant(source, '4661', 600);
    // This id is taken here.
    await grant(target, '4661', 600);
    for (let i = 0; i < 250; i++) await put(source, `a/${i}`, `value ${i}`);
    await put(source, 'a/binary', Buffer.of(0, 255, 254, 10, 13));
    await put(source, 'a/empty', '');
    await put(source, 'a/large', Buffer.alloc(1_200_000, 7));
    await put(source, 'a/leased', 'x', '4660');
    await put(source, 'a/renamed', 'y', '4661');
    await put(source, 'b/outside', 'the prefix');
    await put(target, 'a/own', 'of the cluster');

    const first = await run('--prefix', 'a/');
    expect(first.errors).toBe('');
    expect(first.code).toBe(0);
    const report = JSON.parse(first.output);
    expect(report).toMatchObject({ same: true, puts: 255, leases: 2, leasesRenamed: 1, others: 1, missing: 0 });
    expect(report.etcd.keys).toBe(255);
    expect(report.etcd.sha256).toBe(report.cluster.sha256);
    expect(await get(target, 'a/leased')).toEqual({ value: 'x', lease: '4660' });
    expect((await get(target, 'a/renamed'))?.lease).not.toMatch(/^(0|4661)$/);
    expect(await get(target, 'b/outside')).toBeUndefined();

    await put(source, 'a/1', 'changed');
    await put(source, 'a/new', 'new');
    await remove(source, 'a/2');
    const second = await run('--prefix', 'a/');
    expect(JSON.parse(second.output)).toMatchObject({ same: true, puts: 2, deletes: 1, leases: 0, others: 1 });
    expect(await get(target, 'a/2')).toBeUndefined();
    expect(await get(target, 'a/own')).toEqual({ value: 'of the cluster', lease: '0' });
  });

  it('copies anew what it cannot continue, and says what it does not know', async () => {
    await put(source, 'c/1', 'one');
    await put(source, 'c/2', 'two');
    expect((await run('--prefix', 'c/')).code).toBe(0);
    await remove(source, 'c/2');
    const answer = await put(source, 'c/3', 'three');
    const revision = 'response' in answer ? (answer.response.header?.revision ?? '0') : '0';
    await source.unary(kVService.compact, { revision });
    const { code, output } = await run('--prefix', 'c/');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ same: true, deletes: 0, others: 1, deletionsUnknown: true });
  });

  it('goes on in the middle of a copy that was interrupted', async () => {
    for (let i = 0; i < 5; i++) await put(source, `g/${i}`, `value ${i}`);
    const { state, etcd: side } = JSON.parse((await run('--prefix', 'g/')).output);
    const file = path.join(cluster.directory, state);
    const noted = JSON.parse(await readFile(file, 'utf8'));
    const after = Buffer.from('g/2').toString('base64');
    await writeFile(file, JSON.stringify({ ...noted, revision: '0', copying: { revision: side.revision, after } }));
    // Written while nobody copied.
    await put(source, 'g/5', 'later');
    const { same, puts, etcd: now } = JSON.parse((await run('--prefix', 'g/')).output);
    // Two keys of the old revision, and the one that came later.
    expect([same, puts, now.keys]).toEqual([true, 3, 6]);
    await writeFile(file, '{}');
    expect(await run('--prefix', 'g/')).toMatchObject({ code: 2, errors: expect.stringContaining('--state') });
  });

  it('finds what is not as it was copied', async () => {
    await put(source, 'd/1', 'one');
    await put(source, 'd/2', 'two');
    await put(source, 'd/3', 'three');
    expect((await run('--prefix', 'd/')).code).toBe(0);
    await put(target, 'd/1', 'somebody else');
    await remove(target, 'd/2');
    const { code, output, errors } = await run('--prefix', 'd/');
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ same: false, missing: 1, different: 1, examples: ['"d/1"', '"d/2"'] });
    expect(errors).toMatch(/^error: the sides differ: of 3 keys the cluster lacks 1 and has 1 with another value/);
  });

  it('leaves out what is under the reserved root, with a line', async () => {
    await put(source, '/quorate/config/x/y', 'theirs');
    const { code, output } = await quorate(cluster, 'import', '--from-etcd', etcd.endpoints.join(), '--timeout', '60s');
    expect(code).toBe(0);
    expect(output).toContain("left out: 1 keys under /quorate/, which are for the cluster's own\n");
    expect(output).toMatch(/checked: \d+ keys are equal/);
    expect(await get(target, '/quorate/config/x/y')).toBeUndefined();
    expect((await run('--prefix', '/quorate/x')).code).toBe(2);
  });

  it('keeps up until it is told to stop, and keeps leases alive that live', async () => {
    const following = start(
      cluster,
      ...['import', '--from-etcd', etcd.endpoints.join(), '--prefix', 'e/', '--follow', '--timeout', '60s'],
    );
    try {
      await until('it follows', () => following.output.includes('following'), 60_000);
      await grant(source, '777', 2);
      await put(source, 'e/lives', 'short', '777');
      await put(source, 'e/1', 'one');
      await put(source, 'e/1', 'two');
      await put(source, 'e/2', 'gone');
      await remove(source, 'e/2');
      await until('the changes are here', async () => (await get(target, 'e/1'))?.value === 'two', 60_000);
      // The lease ends at the etcd, since nobody keeps it alive there: so does its key, there and here.
      await until('the key has ended', async () => !(await get(target, 'e/lives')), 60_000);
      await put(source, 'e/3', 'last');
      await until('the last change is here', async () => (await get(target, 'e/3')) !== undefined, 60_000);
    } finally {
      following.signal('SIGINT');
    }
    const { code, output } = await following.ended();
    expect(output).toMatch(/checked: 2 keys are equal/);
    expect(code).toBe(0);
    expect(await get(target, 'e/2')).toBeUndefined();
  });

  it('ends with one sentence where nothing answers', async () => {
    const { code, errors } = await quorate(cluster, 'import', '--from-etcd', '127.0.0.1:9', '--timeout', '1s');
    expect(code).toBe(5);
    expect(errors).toBe('error: the etcd does not answer at 127.0.0.1:9 (connect ECONNREFUSED 127.0.0.1:9)\n');
    expect((await quorate(cluster, 'import', '--from-etcd', cluster.endpoints.join())).code).toBe(2);
  });
});
