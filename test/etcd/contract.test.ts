/** The same stories through both doors: one key space, one order of revisions, the same rules. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { QuorateClient } from '../../src/client/index.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';
import { EtcdClient, idOf } from './contract-etcd.js';

let cluster: TestCluster | undefined;
const native: QuorateClient[] = [];
const etcd: EtcdClient[] = [];
beforeAll(async () => {
  const started = await TestCluster.start({ timers: 'default' });
  cluster = started;
  for (const { name, client } of started.members) {
    native.push(started.pinned(name));
    etcd.push(new EtcdClient(client));
  }
});
afterAll(async () => {
  for (const client of etcd) client.close();
  await cluster?.stop();
});

/** The doors of member n of three. */
function doors(n: number): { readonly native: QuorateClient; readonly etcd: EtcdClient } {
  const found = { native: native[n % native.length], etcd: etcd[n % etcd.length] };
  if (!found.native || !found.etcd) throw new Error('the cluster did not start');
  return { native: found.native, etcd: found.etcd };
}

const leases: string[] = [];
afterEach(async () => {
  for (const id of leases.splice(0))
    await doors(0)
      .etcd.revoke(id)
      .catch(() => undefined);
});

describe('configs', () => {
  test('that are published natively are read and watched by etcd clients under their raw keys', async () => {
    const first = await doors(0).native.config.put('story/app', 'one');
    const watch = doors(1).etcd.watch('/quorate/config/story/', first.revision);
    const second = await doors(1).native.config.put('story/app', 'two');
    const both = await doors(2).native.config.publish([
      { name: 'story/app', put: 'three' },
      { name: 'story/b', put: 'b' },
    ]);
    const gone = await doors(0).native.config.delete('story/app');
    await until('all is told', () => watch.events.length >= 5);
    const app = '/quorate/config/story/app';
    expect(watch.events).toEqual([
      { key: app, revision: first.revision, value: 'one' },
      { key: app, revision: second.revision, value: 'two' },
      { key: app, revision: both.revision, value: 'three' },
      { key: '/quorate/config/story/b', revision: both.revision, value: 'b' },
      { key: app, revision: gone.revision, value: undefined },
    ]);
    const together = watch.messages.filter(({ events }) =>
      events.some(({ kv }) => Number(kv?.mod_revision) === both.revision),
    );
    expect(together).toHaveLength(1);
    expect(await doors(1).etcd.get(app)).toBeUndefined();
    const kept = await doors(2).etcd.get('/quorate/config/story/b');
    expect(kept).toMatchObject({ mod_revision: String(both.revision), create_revision: String(both.revision) });
    expect(await doors(0).etcd.keys('/quorate/history/story/')).toHaveLength(5);
  });

  test('are not what raw keys are: native lists and watches know nothing of them', async () => {
    const { revision } = await doors(0).native.config.put('apart/app', 'native');
    await doors(1).etcd.put('apart/app', 'raw');
    await doors(1).etcd.put('/apart/app', 'raw');
    await doors(1).etcd.put('/quorate', 'raw');
    await doors(1).etcd.put('/quorate0', 'raw');
    const page = await doors(2).native.config.listPage('apart');
    expect(page.documents.map((document) => [document.key, document.text()])).toEqual([['app', 'native']]);
    const seen: string[] = [];
    for await (const event of doors(2).native.config.watch({ namespace: 'apart', afterRevision: revision - 1 })) {
      if (event.kind !== 'progress') seen.push(...event.items.map((item) => item.text()));
      if (seen.includes('last')) break;
      if (seen.length === 1) await doors(0).native.config.put('apart/app', 'last');
    }
    expect(seen).toEqual(['native', 'last']);
  });
});

describe('registrations', () => {
  const instance = (id: string) => ({ namespace: 'story', service: 'web', id, address: '127.0.0.1', port: 1 });

  test('that run out are deleted in one revision, raw keys of their lease with them', async () => {
    const granted = await doors(0).native.registry.grant(instance('a'), { ttlMs: 3_000 });
    await doors(1).native.registry.grant(instance('b'), { lease: granted.lease });
    const prefix = '/quorate/registry/story/web/';
    const [ours, theirs] = [doors(1).etcd.watch(prefix, granted.revision), doors(2).etcd.watch('beside/', 1)];
    await doors(2).etcd.put('beside/key', 'x', idOf(granted.lease));
    expect(await doors(2).etcd.keysOfLease(granted.lease)).toEqual([`${prefix}a`, `${prefix}b`, 'beside/key']);
    await until('the lease has run out', () => theirs.events.length >= 2 && ours.events.length >= 4);
    const deleted = [...ours.events.slice(2), ...theirs.events.slice(1)];
    const revision = deleted[0]?.revision;
    expect(deleted).toEqual([
      { key: `${prefix}a`, revision, value: undefined },
      { key: `${prefix}b`, revision, value: undefined },
      { key: 'beside/key', revision, value: undefined },
    ]);
    expect(ours.messages.at(-1)?.events).toHaveLength(2);
    expect(await doors(0).native.registry.listInstances('story', 'web')).toEqual([]);
  });

  test('hang on leases that etcd clients grant and revoke', async () => {
    const lease = await doors(0).etcd.grant(60);
    leases.push(lease.id);
    const { revision } = await doors(1).native.registry.grant(instance('c'), { lease: lease.native });
    const [found] = await doors(2).native.registry.listInstances('story', 'web');
    expect(found).toMatchObject({ id: 'c', lease: lease.native });
    expect((await doors(2).etcd.get('/quorate/registry/story/web/c'))?.lease).toBe(lease.id);
    expect(await doors(0).etcd.revoke(lease.id)).toBe(revision + 1);
    expect(await doors(1).native.registry.listInstances('story', 'web')).toEqual([]);
    const again = doors(1).native.registry.grant(instance('c'), { lease: lease.native });
    await expect(again).rejects.toMatchObject({ reason: 'LEASE_NOT_FOUND' });
  });
});

describe('both doors of all members', () => {
  test('read at once what any of them has written, and count revisions together', async () => {
    let last = 0;
    for (let n = 0; n < 12; n++) {
      const [written, read] = [doors(n), doors(n + 1 + (n % 2))];
      const text = `value ${n}`;
      const raw = n % 2 === 0;
      const revision = raw
        ? await written.etcd.put('linear/key', text)
        : (await written.native.config.put('linear/doc', text)).revision;
      expect(revision).toBe(last === 0 ? revision : last + 1);
      last = revision;
      const found = await read.etcd.get(raw ? 'linear/key' : '/quorate/config/linear/doc');
      expect([found?.value.toString(), Number(found?.mod_revision)]).toEqual([text, revision]);
      if (!raw) expect((await read.native.config.get('linear/doc'))?.text()).toBe(text);
    }
  });

  test('refuse etcd writes under /quorate/, whatever they are', async () => {
    const { version } = await doors(0).native.config.put('kept/doc', 'mine');
    for (const key of ['/quorate/config/kept/doc', '/quorate/registry/kept/s/i', '/quorate/', '/quorate/other']) {
      const refused = await doors(1).etcd.refusals(key);
      expect(refused.map((failure) => (failure === 'done' ? failure : failure.code))).toEqual([3, 3, 3, 3, 3]);
      for (const failure of refused) expect(failure).toMatchObject({ text: expect.stringMatching(/^etcdserver: /) });
    }
    expect(await doors(2).native.config.get('kept/doc')).toMatchObject({ version });
    expect(await doors(2).etcd.keys('/quorate/other')).toEqual([]);
  });
});
