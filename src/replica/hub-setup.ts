/** The watch hub of a replica: what it needs to know of the machine and the store. */
import type { Revision } from '../base/ids.js';
import type { Machine } from '../machine/machine.js';
import { StoredHistory } from '../watch/history.js';
import { Hub } from '../watch/hub.js';
import { replicaBounds } from './bounds.js';
import type { ReplicaOptions } from './options.js';

/** @param machine the present one: an image may bring another */
export function createHub(
  { store, bounds = replicaBounds, scheduler, log }: ReplicaOptions,
  machine: () => Machine,
  persistedRevision: () => Revision,
): Hub {
  const { revision, compactedRevision } = machine();
  return new Hub({
    history: new StoredHistory({
      scan: (after, upTo, maxBytes) => store.scanVersions(after, upTo, maxBytes),
      previous: (key, at) => machine().versionBefore(key, at),
      compacted: () => machine().compactedRevision,
    }),
    revision,
    compactedRevision,
    recentBytes: bounds.recentChangesBytes,
    persistedRevision,
    log,
    now: () => scheduler.now(),
    defer: (callback) => scheduler.defer(callback),
    after: scheduler.after,
  });
}
