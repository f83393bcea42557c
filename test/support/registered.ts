/** Instances in the state of a fake member, without a door. */

import { instanceJson } from '../../src/api/quorate/instance.js';
import { NO_LEASE } from '../../src/base/ids.js';
import { Instance, type InstanceIn } from '../../src/proto/quorate.js';
import type { FakeReplica } from './fake-replica.js';

const named = { namespace: 'prod', service: 'compute', id: 'i1', address: '10.0.0.1', port: 5_000 };

/** Registers an instance, prod/compute/i1 unless told, for a minute. */
export function register(replica: FakeReplica, change: InstanceIn = {}): void {
  const instance = Instance.decode(Instance.encode({ ...named, ...change }));
  const { namespace, service, id } = instance;
  replica.apply({
    kind: 'register',
    namespace,
    service,
    instance: id,
    json: instanceJson(instance, 1_700_000_000_000),
    lease: NO_LEASE,
    ttlMs: 60_000,
  });
}

export function deregister(replica: FakeReplica, id = 'i1', service = 'compute', namespace = 'prod'): void {
  replica.apply({ kind: 'deregister', namespace, service, instance: id, lease: NO_LEASE });
}
