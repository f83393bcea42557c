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
  /** Wall clock, milliseconds since 1970 (Date.now). */
  wall(): number;
  /** Runs the callback once the events that wait now have been handled (setImmediate). */
  defer(callback: () => void): void;
  /** Runs the callback after so many milliseconds, and returns what takes that back. Undefined: by timers of the runtime. */
  readonly after?: (milliseconds: number, callback: () => void) => () => void;
}

export interface ReplicaOptions {
  readonly identity: Identity;
  /** Of the settings, or those that a newcomer was told of; what the log says later goes before. */
  readonly members: readonly MemberInfo[];
  /** The settings found the cluster: before anything else is known, these members are its voters. False for a newcomer. */
  readonly founder?: boolean;
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
  /** The member was removed from the cluster and should stop. May be called more than once. */
  readonly onRemoved?: () => void;
}
