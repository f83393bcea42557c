/** All validators, named after the sections of docs/guarantees.md. */
import type { History } from '../history.js';
import { keptTtlMs } from '../traffic/registrations.js';
import { validateEtcd } from './etcd.js';
import type { Finding } from './finding.js';
import { validateLeases } from './leases.js';
import { validateMembers } from './members.js';
import { validateReads } from './reads.js';
import { validateRegistry } from './registry.js';
import { validateWatches } from './watches.js';
import { validateWrites } from './writes.js';

export const validators: Readonly<Record<string, (history: History) => Finding>> = {
  writes: validateWrites,
  reads: validateReads,
  watches: validateWatches,
  registry: validateRegistry,
  leases: (history) => validateLeases(history, keptTtlMs),
  members: validateMembers,
  etcd: validateEtcd,
};
