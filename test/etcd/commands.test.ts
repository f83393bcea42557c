import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoth } from './both-stores.js';
import { compareCommands } from './commands/compare.js';
import { missingEtcd } from './etcd-cluster.js';
import type { Store } from './store.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing !== undefined)('etcdctl', () => {
  let stores: Store[] = [];
  beforeAll(async () => {
    stores = await startBoth(1);
  });
  afterAll(async () => {
    for (const store of stores) await store.stop();
  });

  test('prints the same as with etcd', { timeout: 60_000 }, async () => {
    const { commands, differences } = await compareCommands(stores, { whole: false });
    expect(differences).toEqual([]);
    expect(commands).toBeGreaterThan(90);
  });
});
