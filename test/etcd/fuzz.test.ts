import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoth } from './both-stores.js';
import { missingEtcd } from './etcd-cluster.js';
import { fuzz } from './fuzz/run.js';
import type { Store } from './store.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(missing);

/** A few sessions that are the same in every run; npm run etcd:fuzz goes on from there. */
const requests = 600;
const seed = 1;

describe.skipIf(missing !== undefined)('random requests', () => {
  let stores: [Store, Store] | undefined;
  beforeAll(async () => {
    stores = await startBoth(3);
  });
  afterAll(async () => {
    for (const store of stores ?? []) await store.stop();
  });

  test('are answered as by etcd, and their events are told', { timeout: 60_000 }, async () => {
    if (!stores) throw new Error('the stores did not start');
    const { requests: made, problems } = await fuzz(stores, { requests, seed });
    expect(problems).toEqual([]);
    expect(made).toBe(requests);
  });
});
