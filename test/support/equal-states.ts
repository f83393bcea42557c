import { expect } from 'vitest';
import type { TestCluster } from './cluster.js';
import { until } from './until.js';

/** Waits until all members have applied the same, and compares the hashes of their whole states. */
export async function expectEqualStates(cluster: TestCluster, deadlineMs = 30_000): Promise<void> {
  const clients = cluster.members.map(({ name }) => cluster.client(name));
  const states = await until(
    'all members have applied the same',
    async () => {
      const found = await Promise.all(clients.map((client) => client.cluster.status({ withStateHash: true })));
      const indexes = new Set(found.map(({ stateHashIndex }) => stateHashIndex));
      return indexes.size === 1 && found.every(({ appliedIndex }) => indexes.has(appliedIndex)) ? found : undefined;
    },
    deadlineMs,
  );
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
}
