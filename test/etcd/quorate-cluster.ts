/** Our cluster as a store to compare. */
import { TestCluster } from '../support/cluster.js';
import type { Store } from './store.js';

/** With the timers of the product: least lease TTLs follow from them. */
export async function startQuorate(members: number): Promise<Store> {
  const cluster = await TestCluster.start({ members, timers: 'default' });
  return {
    name: 'quorate',
    endpoints: cluster.endpoints,
    get output() {
      return cluster.started.map((name) => cluster.output(name)).join('');
    },
    stop: () => cluster.stop(),
  };
}
