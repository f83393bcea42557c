/** The documented features of the npm client etcd3, unchanged, against real members. */
import { Etcd3, EtcdLockFailedError } from 'etcd3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';
import { SeenWatch } from './client-etcd3.js';

const clients: Etcd3[] = [];
function connect(hosts: string[]): Etcd3 {
  const client = new Etcd3({ hosts });
  clients.push(client);
  return client;
}
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

describe('the npm client etcd3', () => {
  let cluster: TestCluster | undefined;
  beforeAll(async () => {
    cluster = await TestCluster.start({ timers: 'default' });
  });
  afterAll(() => cluster?.stop());

  let client: Etcd3;
  beforeEach(async () => {
    client = connect(cluster?.endpoints ?? []);
    await client.delete().all();
  });

  test('puts, gets and deletes single keys of every kind', async () => {
    expect(await client.get('a')).toBeNull();
    await client.put('a').value('1');
    expect(await client.get('a')).toBe('1');
    expect(await client.get('a').number()).toBe(1);
    expect(await client.get('a').exists()).toBe(true);
    const bytes = Buffer.from([0, 255, 128]);
    await client.put(bytes).value(bytes);
    expect(await client.get(bytes).buffer()).toEqual(bytes);
    await client.put('json').value(JSON.stringify({ b: [1] }));
    expect(await client.get('json').json()).toEqual({ b: [1] });
    expect((await client.put('a').value('2').getPrevious()).value.toString()).toBe('1');
    const before = (await client.get('a').exec()).kvs[0];
    await client.put('a').touch();
    const after = (await client.get('a').exec()).kvs[0];
    expect(after).toMatchObject({ value: Buffer.from('2'), version: String(Number(before?.version) + 1) });
    expect(await client.get('a').revision(before?.create_revision ?? '')).toBe('1');
    expect((await client.delete().key('a').exec()).deleted).toBe('1');
    expect((await client.delete().key('a').exec()).deleted).toBe('0');
    expect(await client.get('a')).toBeNull();
  });

  test('reads and deletes ranges', async () => {
    for (const key of ['r/a', 'r/b', 'r/c', 's/a']) await client.put(key).value(key.at(-1) ?? '');
    expect(await client.getAll().prefix('r/').strings()).toEqual({ 'r/a': 'a', 'r/b': 'b', 'r/c': 'c' });
    expect(await client.getAll().all().keys()).toEqual(['r/a', 'r/b', 'r/c', 's/a']);
    expect(await client.getAll().prefix('r/').sort('Key', 'Descend').limit(2).keys()).toEqual(['r/c', 'r/b']);
    expect(await client.getAll().inRange({ start: 'r/b', end: 's/' }).keys()).toEqual(['r/b', 'r/c']);
    expect(await client.getAll().prefix('r/').count()).toBe(3);
    const gone = await client.delete().inRange({ start: 'r/a', end: 'r/c' }).getPrevious();
    expect(gone.map(({ value }) => value.toString())).toEqual(['a', 'b']);
    expect((await client.delete().prefix('r/')).deleted).toBe('1');
    expect(await client.getAll().all().keys()).toEqual(['s/a']);
  });

  test('keeps namespaces apart', async () => {
    const [one, two] = [client.namespace('one/'), client.namespace('two/')];
    const watch = new SeenWatch(client, 'one/');
    await until('the watch is there', () => watch.members.length > 0);
    await one.put('key').value('1');
    await two.put('key').value('2');
    expect(await one.getAll().strings()).toEqual({ key: '1' });
    expect(await client.getAll().strings()).toEqual({ 'one/key': '1', 'two/key': '2' });
    await one.delete().all();
    expect(await client.getAll().strings()).toEqual({ 'two/key': '2' });
    await until('the deletion is seen', () => watch.events.length >= 2);
    expect(watch.events.map(({ key, value }) => [key, value])).toEqual([
      ['one/key', '1'],
      ['one/key', undefined],
    ]);
    await watch.watcher.cancel();
  });

  test('commits transactions by their comparisons', async () => {
    const swap = (from: string, to: string) =>
      client
        .if('t', 'Value', '==', from)
        .and('t', 'Version', '>', 0)
        .then(client.put('t').value(to))
        .else(client.get('t'))
        .commit();
    await client.put('t').value('old');
    expect((await swap('old', 'new')).succeeded).toBe(true);
    const refused = await swap('old', 'never');
    expect(refused.succeeded).toBe(false);
    expect(refused.responses[0]?.response_range?.kvs[0]?.value.toString()).toBe('new');
  });

  test('locks: one holder at a time, and a released lock is free', async () => {
    const lock = await client.lock('resource').ttl(10).acquire();
    await expect(
      connect(cluster?.endpoints ?? [])
        .lock('resource')
        .acquire(),
    ).rejects.toThrow(EtcdLockFailedError);
    await lock.release();
    let inside = 0;
    let most = 0;
    let done = 0;
    const enter = async (): Promise<void> => {
      for (;;) {
        try {
          await client.lock('resource').do(async () => {
            most = Math.max(most, ++inside);
            await client.put('entered').value(++done);
            inside--;
          });
          return;
        } catch (error) {
          if (!(error instanceof EtcdLockFailedError)) throw error;
        }
      }
    };
    await Promise.all([enter(), enter(), enter()]);
    expect({ most, done }).toEqual({ most: 1, done: 3 });
    expect(await client.get('resource')).toBeNull();
  });

  test('keeps a lease alive far beyond its TTL, and its keys go with it', { timeout: 40_000 }, async () => {
    const lease = client.lease(2);
    const lost: Error[] = [];
    lease.on('lost', (error) => lost.push(error));
    let kept = 0;
    lease.on('keepaliveSucceeded', () => {
      kept++;
    });
    await lease.put('leased').value('here');
    await until('it was kept alive for two TTLs', () => kept >= 6);
    expect(await client.get('leased')).toBe('here');
    expect((await lease.keepaliveOnce()).TTL).toBe('2');
    expect(lost).toEqual([]);
    await lease.revoke();
    expect(await client.get('leased')).toBeNull();

    const left = client.lease(1, { autoKeepAlive: false });
    await left.put('left').value('here');
    expect(await client.get('left')).toBe('here');
    await until('the lease has run out', async () => (await client.get('left')) === null);
    await expect(left.put('left').value('again')).rejects.toThrow(/lease not found/);
  });

  test('is told when its lease was revoked by somebody else', async () => {
    const lease = client.lease(2);
    const lost = new Promise<Error>((resolve) => {
      lease.on('lost', resolve);
    });
    await client.leaseClient.leaseRevoke({ ID: await lease.grant() });
    expect((await lost).message).toMatch(/lease/i);
  });

  test('elects one leader after the other, and tells those who observe', async () => {
    const [one, two] = [client.election('office', 5), connect(cluster?.endpoints ?? []).election('office', 5)];
    const first = one.campaign('first');
    await first.wait();
    expect(await one.leader()).toBe('first');
    const observer = await two.observe();
    const seen: (string | undefined)[] = [];
    observer.on('change', (value) => seen.push(value));
    const second = two.campaign('second');
    await second.getCampaignKey();
    await first.proclaim('first again');
    await until('the proclamation is seen', () => observer.leader() === 'first again');
    await first.resign();
    await second.wait();
    expect(await one.leader()).toBe('second');
    await until('the new leader is seen', () => observer.leader() === 'second');
    expect(seen.filter((value) => value !== 'first')).toEqual(['first again', 'second']);
    await observer.cancel();
    await second.resign();
    expect(await one.leader()).toBeUndefined();
  });

  test('transacts in memory: concurrent changes are all counted', { timeout: 40_000 }, async () => {
    // In one revision: the client takes a key that it writes and that is younger than another that it read for a conflict, for ever.
    await client
      .if('account/a', 'Version', '==', 0)
      .then(client.put('account/a').value(100), client.put('account/b').value(0))
      .commit();
    const others = [client, connect(cluster?.endpoints ?? []), connect(cluster?.endpoints ?? [])];
    const move = (by: Etcd3) =>
      by.stm({ retries: 100 }).transact(async (tx) => {
        const [a, b] = await Promise.all([tx.get('account/a').number(), tx.get('account/b').number()]);
        await tx.put('account/a').value((a ?? 0) - 1);
        await tx.put('account/b').value((b ?? 0) + 1);
      });
    await Promise.all(others.map(move));
    expect(await client.getAll().prefix('account/').numbers()).toEqual({ 'account/a': 97, 'account/b': 3 });
  });

  test('watches: what it was asked for, with what was before, from the past, until it is cancelled', async () => {
    const { header } = await client.put('w/a').value('1');
    await client.put('w/a').value('2');
    const past = new SeenWatch(client, 'w/', header.revision);
    await until('the past is told', () => past.events.length === 2);
    const watcher = await client.watch().key('w/b').only('delete').withPreviousKV().create();
    const deleted: (string | undefined)[] = [];
    watcher.on('delete', (_, previous) => deleted.push(previous?.value.toString()));
    let puts = 0;
    watcher.on('put', () => {
      puts++;
    });
    await client.put('w/b').value('before');
    await client.delete().key('w/b');
    await until('the deletion is told', () => deleted.length > 0);
    await watcher.cancel();
    await past.watcher.cancel();
    expect({ deleted, puts }).toEqual({ deleted: ['before'], puts: 0 });
    expect(past.events.map(({ value }) => value)).toEqual(['1', '2', 'before', undefined]);
    expect(past.failures).toEqual([]);
  });

  test('asks for the members and their state', async () => {
    const { members } = await client.cluster.memberList({ linearizable: true });
    expect(members.map(({ name }) => name).sort()).toEqual(['n1', 'n2', 'n3']);
    expect((await client.maintenance.status()).version).toMatch(/^3\.5\.\d+$/);
    expect((await client.maintenance.alarm({})).alarms).toEqual([]);
    expect(await client.getUsers()).toEqual([]);
  });
});

describe('watches of the npm client etcd3', () => {
  let cluster: TestCluster | undefined;
  beforeEach(async () => {
    cluster = await TestCluster.start({ timers: 'default' });
  });
  afterEach(() => cluster?.stop());

  test('lose no event and see none twice when the leader that they hang on is killed', {
    timeout: 90_000,
  }, async () => {
    if (!cluster) throw new Error('there is no cluster');
    const leader = await cluster.leader();
    const leaderId = (await connect([cluster.member(leader).client]).maintenance.status()).header.member_id;
    const watches: SeenWatch[] = [];
    // Each picks a member at random.
    const onLeader = () => watches.filter(({ members }) => members.includes(leaderId)).length;
    while (watches.length < 3 || onLeader() === 0) {
      const watch = new SeenWatch(connect(cluster.endpoints), 'event/');
      watches.push(watch);
      await until('the watch is there', () => watch.members.length > 0);
    }

    const writer = connect(cluster.endpoints);
    const acknowledged: string[] = [];
    let stopped = false;
    const writing = (async () => {
      for (let n = 0; !stopped; n++) {
        // A put that the client gives up may still be applied; one that it repeats may be applied twice.
        const done = await writer
          .put(`event/${n % 10}`)
          .value(n)
          .then(Boolean, () => false);
        if (done) acknowledged.push(String(n));
        if (n % 7 === 0)
          await writer
            .delete()
            .key(`event/${(n + 3) % 10}`)
            .exec()
            .catch(() => undefined);
      }
    })();
    try {
      await until('events flow', () => watches.every(({ events }) => events.length > 50));
      await cluster.kill(leader);
      const before = acknowledged.length;
      await until('writes flow again', () => acknowledged.length > before + 100, 30_000);
    } finally {
      stopped = true;
      await writing;
    }

    const { header } = await writer.put('event/last').value('last');
    await until(
      'all have seen the last',
      () => watches.every((w) => w.lastRevision >= Number(header.revision)),
      40_000,
    );
    const all = new SeenWatch(connect([cluster.member(cluster.others(leader)[0] ?? '').client]), 'event/', '1');
    await until('the whole story is told', () => all.lastRevision >= Number(header.revision));
    const revisions = all.events.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    const values = new Set(all.events.map(({ value }) => value));
    expect(acknowledged.filter((value) => !values.has(value))).toEqual([]);
    for (const { events, failures } of watches) {
      expect(failures).toEqual([]);
      expect(events).toEqual(all.events);
    }
    expect(watches.some(({ members }) => members[0] === leaderId && members.length > 1)).toBe(true);
  });
});
