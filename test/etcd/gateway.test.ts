import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoth } from './both-stores.js';
import { missingEtcd } from './etcd-cluster.js';
import { gatewayAnswer } from './gateway-answers.js';
import { gatewayCalls } from './gateway-calls.js';
import type { Store } from './store.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing !== undefined)('the JSON gateway', () => {
  let stores: Store[] = [];
  beforeAll(async () => {
    stores = await startBoth(1);
  });
  afterAll(async () => {
    for (const store of stores) await store.stop();
  });

  test('answers as that of etcd', async () => {
    for (const call of gatewayCalls) {
      const [etcd, ours] = await Promise.all(
        stores.map(({ endpoints: [endpoint = ''] }) => gatewayAnswer(endpoint, call)),
      );
      expect.soft(ours, `${call.path} ${call.body}`).toBe(etcd);
    }
  });
});
