import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoth } from './both-stores.js';
import { missingEtcd } from './etcd-cluster.js';
import { type Canonical, canonicalAnswer } from './fuzz/canonical.js';
import { References } from './fuzz/references.js';
import { show } from './fuzz/steps.js';
import { callsToCompare } from './refusals.js';
import type { Store } from './store.js';
import { Wire } from './wire.js';

const missing = missingEtcd();
if (missing !== undefined) console.warn(missing);

/** Revisions of a new store count from 1 in both. */
const references = new References(0);

describe.skipIf(missing !== undefined)('calls that name nothing, or are wrong', () => {
  let stores: Store[] = [];
  let wires: Wire[] = [];
  beforeAll(async () => {
    stores = await startBoth(1);
    wires = stores.map(({ endpoints: [endpoint = ''] }) => new Wire(endpoint));
  });
  afterAll(async () => {
    for (const wire of wires) wire.close();
    for (const store of stores) await store.stop();
  });

  test('are answered as by etcd', async () => {
    for (const { method, request } of callsToCompare) {
      const [etcd, ours] = await Promise.all(wires.map((wire) => wire.unary(method, request)));
      const told = (answer: typeof etcd): Canonical => (answer ? masked(canonicalAnswer(answer, references)) : '');
      expect({ answer: told(ours) }, `${method.path} ${show(request)}`).toEqual({ answer: told(etcd) });
    }
  });
});

/** Names, addresses and hashes are each store's own, and etcd has hash_revision since 3.5. */
function masked(answer: Canonical): Canonical {
  if (typeof answer !== 'object') return answer;
  const fields = Object.entries(answer).filter(([name]) => name !== 'hash_revision' && name !== 'hash');
  return Object.fromEntries(fields.map(([name, value]) => [name, name === 'members' ? 'masked' : value]));
}
