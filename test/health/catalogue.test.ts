import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Key, LeaseId } from '../../src/base/ids.js';
import { Catalogue } from '../../src/health/catalogue.js';
import { FakeReplica } from '../support/fake-replica.js';

const names = { namespace: 'prod', service: 'compute' };
const checks = [{ tcp: {}, intervalMs: '1000' }];

/** What a catalogue has told, as it stands. */
async function follow(replica: FakeReplica) {
  const checked = new Set<Key>();
  const catalogue = new Catalogue(
    replica,
    { onChecked: (key) => checked.add(key), onUnchecked: (key) => checked.delete(key) },
    setImmediate,
  );
  catalogue.start();
  await turns();
  return { catalogue, ids: () => [...checked].map((key) => key.split('/').at(-1)).sort() };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await nextTurn();
}

function register(replica: FakeReplica, instance: string, more: object = { checks }): void {
  const json = Buffer.from(JSON.stringify({ ...names, id: instance, address: '127.0.0.1', port: 1, ...more }));
  replica.apply({ kind: 'register', ...names, instance, json, lease: '' as LeaseId, ttlMs: 60_000 });
}

function deregister(replica: FakeReplica, instance: string): void {
  replica.apply({ kind: 'deregister', ...names, instance, lease: '' as LeaseId });
}

it('goes through many instances in pages, and knows those with checks only', async () => {
  const replica = new FakeReplica();
  for (let i = 0; i < 1_000; i++) register(replica, `i${i}`, i % 2 === 0 ? { checks } : {});
  const { ids } = await follow(replica);
  expect(ids()).toHaveLength(500);
});

it('is not taken in by the words in metadata', async () => {
  const replica = new FakeReplica();
  register(replica, 'a', { metadata: { checks: '"checks":[{"tcp":{}}]' } });
  const { ids } = await follow(replica);
  expect(ids()).toEqual([]);
});

it('looks at everything again when changes were lost, and misses nothing that came or went', async () => {
  const replica = new FakeReplica();
  for (const id of ['a', 'b', 'c']) register(replica, id);
  const { catalogue, ids } = await follow(replica);
  expect(ids()).toEqual(['a', 'b', 'c']);
  catalogue.stop();
  deregister(replica, 'b');
  register(replica, 'c', {});
  register(replica, 'd');
  await turns();
  expect(ids()).toEqual(['a', 'b', 'c']);
  catalogue.onCompacted();
  register(replica, 'e');
  await turns();
  expect(ids()).toEqual(['a', 'd', 'e']);
});
