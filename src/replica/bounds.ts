/** The limits (src/base/limits.ts) that decide which paths a replica takes, not what its state is. Only tests set others, to make rare paths common. */
import { limits } from '../base/limits.js';

export interface ReplicaBounds {
  readonly appendBytes: number;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  readonly logTailBytes: number;
  readonly recentChangesBytes: number;
  readonly valueCacheBytes: number;
  /** Log entries, or bytes, between two points at which the log may be trimmed, and points that are passed before it is. */
  readonly trimEntries: number;
  readonly trimBytes: number;
  readonly trimPoints: number;
}

export const replicaBounds: ReplicaBounds = { ...limits, trimEntries: 256, trimBytes: 1024 * 1024, trimPoints: 8 };
