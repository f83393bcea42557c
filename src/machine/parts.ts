/** What commands work on. */
import type { ClusterTime, Index } from '../base/ids.js';
import type { Bounds } from './bounds.js';
import type { DocumentVersions } from './document-versions.js';
import type { KeySpace } from './key-space.js';
import type { LeaseTable } from './leases.js';
import type { ServiceTable } from './services.js';

export interface Parts {
  readonly keys: KeySpace;
  readonly leases: LeaseTable;
  readonly documents: DocumentVersions;
  readonly services: ServiceTable;
  readonly bounds: Bounds;
  /** Cluster clock of the batch that is being applied. */
  clock: ClusterTime;
  /** Wall-clock time of its leader, for people to read. */
  wallMs: number;
  /** Its index; and how many lease ids the machine has chosen in it so far. */
  batchIndex: Index;
  chosenIds: number;
}
