/** The words of the state machine: commands in; results, changes and writes out. Data only. */
import type { Reason } from '../base/errors.js';
import type { ClusterTime, Index, Key, LeaseId, MemberId, Revision, Term } from '../base/ids.js';

// ---- commands (src/replica decodes them from the log) ----

export interface PutCommand {
  readonly kind: 'put';
  readonly key: Key;
  readonly value: Uint8Array;
  readonly lease: LeaseId;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}
/** `end`: undefined = the one key; '\0' = to the end of the key space; else exclusive. */
export interface DeleteRangeCommand {
  readonly kind: 'deleteRange';
  readonly key: Key;
  readonly end: Key | undefined;
  readonly prevKv: boolean;
}
export interface RangeQuery {
  readonly kind: 'range';
  readonly key: Key;
  readonly end: Key | undefined;
  /** 0: no limit. */
  readonly limit: number;
  /** 0: the current revision. */
  readonly revision: Revision;
  readonly sortOrder: 'none' | 'ascend' | 'descend';
  readonly sortTarget: 'key' | 'version' | 'create' | 'mod' | 'value';
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** 0: no bound. */
  readonly minModRevision: Revision;
  readonly maxModRevision: Revision;
  readonly minCreateRevision: Revision;
  readonly maxCreateRevision: Revision;
}
export type CompareTarget =
  | { readonly kind: 'version'; readonly value: number }
  | { readonly kind: 'createRevision'; readonly value: number }
  | { readonly kind: 'modRevision'; readonly value: number }
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'lease'; readonly value: LeaseId };
export interface Compare {
  readonly operator: 'equal' | 'greater' | 'less' | 'notEqual';
  readonly key: Key;
  readonly end: Key | undefined;
  readonly target: CompareTarget;
}
export type Operation = RangeQuery | PutCommand | DeleteRangeCommand | TxnCommand;
export interface TxnCommand {
  readonly kind: 'txn';
  readonly compares: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}
export interface CompactCommand {
  readonly kind: 'compact';
  /** 0: the revision current when applied. */
  readonly revision: Revision;
}
export interface LeaseGrantCommand {
  readonly kind: 'leaseGrant';
  /** NO_LEASE: the machine chooses. */
  readonly id: LeaseId;
  readonly ttlMs: number;
}
export interface LeaseRevokeCommand {
  readonly kind: 'leaseRevoke';
  readonly id: LeaseId;
}
export interface LeaseKeepAliveCommand {
  readonly kind: 'leaseKeepAlive';
  readonly ids: readonly LeaseId[];
}
export interface ConfigChange {
  readonly namespace: string;
  readonly key: string;
  readonly content: { readonly value: Uint8Array; readonly contentType: string; readonly sha256: string } | 'delete';
  readonly ifVersion: number | undefined;
}
export interface ConfigPrecondition {
  readonly namespace: string;
  readonly key: string;
  readonly version: number;
}
export interface ConfigPublishCommand {
  readonly kind: 'configPublish';
  readonly changes: readonly ConfigChange[];
  readonly preconditions: readonly ConfigPrecondition[];
  readonly author: string;
  readonly comment: string;
  readonly publishedAtMs: number;
}
export interface ConfigRollbackCommand {
  readonly kind: 'configRollback';
  readonly namespace: string;
  readonly key: string;
  readonly toVersion: number;
  readonly ifVersion: number | undefined;
  readonly author: string;
  readonly comment: string;
  readonly publishedAtMs: number;
}
export interface RegisterCommand {
  readonly kind: 'register';
  readonly namespace: string;
  readonly service: string;
  readonly instance: string;
  readonly json: Uint8Array;
  readonly lease: LeaseId;
  readonly ttlMs: number;
}
export interface DeregisterCommand {
  readonly kind: 'deregister';
  readonly namespace: string;
  readonly service: string;
  readonly instance: string;
  readonly lease: LeaseId;
}
export interface SetStatusCommand {
  readonly kind: 'setStatus';
  readonly namespace: string;
  readonly service: string;
  readonly instance: string;
  readonly status: string;
  readonly reason: string;
  /** Wall-clock time where the request was taken, milliseconds since 1970. */
  readonly atMs: number;
}
export interface SetHealthCommand {
  readonly kind: 'setHealth';
  readonly namespace: string;
  readonly service: string;
  readonly instance: string;
  readonly health: 'PASSING' | 'FAILING';
  readonly reason: string;
  readonly atMs: number;
  /** Of the registration that was checked. */
  readonly lease: LeaseId;
}
export interface PutServiceCommand {
  readonly kind: 'putService';
  readonly namespace: string;
  readonly service: string;
  readonly json: Uint8Array;
  readonly ifVersion: number | undefined;
}
export type Command =
  | PutCommand
  | DeleteRangeCommand
  | TxnCommand
  | CompactCommand
  | LeaseGrantCommand
  | LeaseRevokeCommand
  | LeaseKeepAliveCommand
  | ConfigPublishCommand
  | ConfigRollbackCommand
  | RegisterCommand
  | DeregisterCommand
  | SetStatusCommand
  | SetHealthCommand
  | PutServiceCommand;

/** A decoded command with its client-chosen request id ('' = none). */
export interface Request {
  readonly command: Command;
  readonly requestId: string;
}

/** Consecutive commands of one origin; request i has sequence firstSequence + i. */
export interface Run {
  readonly member: MemberId;
  readonly incarnation: number;
  readonly firstSequence: number;
  readonly requests: readonly Request[];
}

/** A committed entry, decoded. A no-op or membership entry has no runs and the clock of its predecessor. */
export interface Batch {
  readonly index: Index;
  readonly term: Term;
  /** The machine's clock becomes max(its clock, this). */
  readonly clock: ClusterTime;
  /** Wall-clock time of the leader that made it, milliseconds since 1970, for people to read; 0: not known. Nothing is decided by it. */
  readonly wallMs: number;
  readonly runs: readonly Run[];
}

// ---- key space ----

/** One version of a key (a tombstone when `deleted`: then only key and revision mean something). Immutable. */
export interface KeyVersion {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** Position among the changes of its revision, from 0. */
  readonly sub: number;
  readonly version: number;
  readonly lease: LeaseId;
  readonly deleted: boolean;
}

/** Names a version on disk. */
export interface VersionRef {
  readonly revision: Revision;
  readonly sub: number;
}

export interface Change {
  readonly current: KeyVersion;
  /** The live version that it replaced or deleted; undefined when the key did not exist. Read it with machine.read. */
  readonly previous: VersionRef | undefined;
}
/** All changes of one revision in operation order. */
export interface RevisionChanges {
  readonly revision: Revision;
  readonly changes: readonly Change[];
}

// ---- results ----

export interface ErrorResult {
  readonly kind: 'error';
  readonly reason: Reason;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}
export interface PutResult {
  readonly kind: 'put';
  readonly previous: KeyVersion | undefined;
}
export interface DeleteRangeResult {
  readonly kind: 'deleteRange';
  readonly deleted: number;
  readonly previous: readonly KeyVersion[];
}
export interface RangeResult {
  readonly kind: 'range';
  readonly items: readonly KeyVersion[];
  /** Keys in the range, whatever the limit and the revision filters (etcd). */
  readonly count: number;
  /** More keys than the limit (or the page) let through. */
  readonly more: boolean;
}
export interface TxnResult {
  readonly kind: 'txn';
  readonly succeeded: boolean;
  readonly responses: readonly OperationResult[];
}
export type OperationResult = PutResult | DeleteRangeResult | RangeResult | TxnResult;
export type Result =
  | ErrorResult
  | OperationResult
  | { readonly kind: 'compact'; readonly compactedRevision: Revision }
  | { readonly kind: 'leaseGrant'; readonly id: LeaseId; readonly ttlMs: number }
  | { readonly kind: 'leaseRevoke' }
  /** ttlMs per id, 0 for one that does not exist. */
  | { readonly kind: 'leaseKeepAlive'; readonly ttlsMs: readonly number[] }
  /** New version of each change. */
  | { readonly kind: 'configPublish'; readonly versions: readonly number[] }
  | { readonly kind: 'register'; readonly lease: LeaseId; readonly ttlMs: number }
  | { readonly kind: 'deregister' }
  | { readonly kind: 'setStatus' }
  | { readonly kind: 'setHealth' }
  | { readonly kind: 'putService'; readonly version: number };

/** The result of one command; `revision` is the store's revision after it (for the response header). */
export interface Outcome {
  readonly result: Result;
  readonly revision: Revision;
}

// ---- writes: what storage must keep; also the records of the machine's image ----

export type Write =
  | { readonly kind: 'version'; readonly version: KeyVersion }
  | { readonly kind: 'dropVersion'; readonly ref: VersionRef }
  | { readonly kind: 'lease'; readonly id: LeaseId; readonly lease: LeaseState | undefined }
  | { readonly kind: 'request'; readonly id: string; readonly record: RequestState | undefined }
  | { readonly kind: 'origin'; readonly member: MemberId; readonly state: OriginState };

export interface LeaseState {
  readonly ttlMs: number;
  readonly deadline: ClusterTime;
  /** Granted by a registration, not by a lease grant: it goes when its last instance moves to another lease. */
  readonly ofRegistration: boolean;
  /** Granted by the machine itself, for the guard of a service: nobody renews it. */
  readonly ofMachine: boolean;
}
export interface RequestState {
  /** Entry that applied it and its place among the requests remembered there: the order in which requests are forgotten. */
  readonly index: Index;
  readonly position: number;
  readonly appliedAt: ClusterTime;
  /** A repeat must be of the same kind. */
  readonly command: Command['kind'];
  readonly outcome: Outcome;
}
export interface OriginState {
  readonly incarnation: number;
  readonly lastSequence: number;
}
/** Kept beside the writes of every batch. */
export interface MachineMeta {
  readonly appliedIndex: Index;
  readonly appliedTerm: Term;
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  /** Where a compaction in progress stands; undefined: none in progress. */
  readonly compactionCursor: Key | undefined;
  readonly clock: ClusterTime;
}

/** What applying one batch did. */
export interface Applied {
  readonly meta: MachineMeta;
  /** For runs of the member that asked (see Machine.apply): outcome of each request; undefined for one that was a repeat or out of sequence. */
  readonly outcomes: readonly {
    readonly sequence: number;
    readonly outcome: Outcome;
  }[];
  readonly changes: readonly RevisionChanges[];
  readonly writes: readonly Write[];
}

/** Reads versions that are no longer in memory. Synchronous: versions are immutable, so the answer depends on nothing else. */
export interface VersionReader {
  read(ref: VersionRef): KeyVersion;
}

export interface MachineStatus {
  readonly keys: number;
  readonly leases: number;
  /** Deadline of the lease that expires first; undefined: no leases. */
  readonly nextDeadline: ClusterTime | undefined;
  /** More leases are due, or a compaction is in progress: another batch (even an empty one) is wanted. */
  readonly backlog: boolean;
}
