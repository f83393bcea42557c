import { EtcdCluster } from './etcd-cluster.js';
import { startQuorate } from './quorate-cluster.js';
import type { Store } from './store.js';

/** An etcd of one member and ours; none is left running when one does not come up. */
export async function startBoth(members: number): Promise<[etcd: Store, ours: Store]> {
  const etcd = await EtcdCluster.start(1);
  try {
    return [etcd, await startQuorate(members)];
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}
