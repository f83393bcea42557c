/** What a replica is made of; the shell (member.ts, or a simulator) gives it. */
import type { Log } from '../base/log.js';
import type { Random } from '../base/random.js';
import type { Identity, Store, StoredState } from '../storage/store.js';
import type { Transport } from '../transport/transport.js';
import type { ReplicaBounds } from './bounds.js';
import type { MemberInfo } from './types.js';

/** Time and turns, given by the shell so that a simulator can be the shell. */
export interface Scheduler {
  /** Monotonic milliseconds (performance.now). */
  now(): number;
  /** Runs the callback once the events that wait now have been handled (setImmediate). */
  defer(callback: () => void): void;
}

export interface ReplicaOptions {
  readonly identity: Identity;
  readonly members: readonly MemberInfo[];
  readonly incarnation: number;
  readonly store: Store;
  /** What store.open() found. */
  readonly stored: StoredState;
  readonly transport: Transport;
  readonly tickMs: number;
  readonly heartbeatTicks: number;
  readonly electionTicks: number;
  /** Undefined: history is compacted only by hand. */
  readonly retentionMs: number | undefined;
  /** Log kept behind the applied index for members that were away. */
  readonly keepLogBytes: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Only tests set them. */
  readonly bounds?: ReplicaBounds;
  readonly log: Log;
  /** The member cannot go on. */
  readonly onFatal: (error: unknown) => void;
}
