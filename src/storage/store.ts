/** The contract of a member's disk. `leveldb.ts` is the real one, `memory.ts` its twin for tests; one suite runs on both. */
import type { FatalError } from '../base/errors.js';
import type { ClusterId, Index, MemberId, Revision } from '../base/ids.js';
import type { KeyVersion, MachineMeta, VersionReader, VersionRef, Write } from '../machine/types.js';
import type { Entry, HardState, Membership, SnapshotMeta } from '../raft/types.js';

/** Whose data directory this is; a directory of another cluster or member is refused with a FatalError. */
export interface Identity {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly memberName: string;
}

/** Decides whose directory it is to be, given whose it is: undefined for a new one. For a member that learns its identity from the cluster. */
export type IdentityChoice = (found: Identity | undefined) => Promise<Identity>;

/** What one turn of the replica loop writes: all of it or nothing. Synced exactly when entries, or a hard state that must be, are in it. */
export interface StoreBatch {
  /** Appended; entries on disk at or after entries[0].index are removed in the same batch. */
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
  /** Sync although there are no entries (term or vote changed). */
  readonly syncHardState: boolean;
  /** Writes of the batches applied since the last store batch, in order, and where the machine stands after them. */
  readonly applied: readonly AppliedWrites[];
}
export interface AppliedWrites {
  readonly writes: readonly Write[];
  readonly meta: MachineMeta;
  readonly membership: Membership;
}

/** What open() finds. */
export interface StoredState {
  /** No hard state, no entries, no machine: this directory never took part in anything. */
  readonly fresh: boolean;
  readonly hardState: HardState;
  readonly start: SnapshotMeta;
  readonly lastIndex: Index;
  readonly lastTerm: Entry['term'];
  /** The end of the log: all that is not known to be committed or applied, and before it up to limits.logTailBytes of data. */
  readonly tail: readonly Entry[];
  /** All entries after the machine's index that hold a membership, in order. */
  readonly laterMemberships: readonly Entry[];
  /** Undefined: the machine is empty. */
  readonly machine: (MachineMeta & { readonly membership: Membership; readonly chainHash: string }) | undefined;
  /** Starts of this directory so far, this one included (written with a sync by open). */
  readonly boots: number;
  /** Larger at every start of the member, also after its directory was lost: wall clock milliseconds, or one more than before if those are not larger. */
  readonly incarnation: number;
}

export interface StoreOptions {
  /** Called at most once, when a write failed or a read after open() found damage: the member must stop. After a failed write none is accepted any more. */
  readonly onFatal: (error: FatalError) => void;
  /** Wall clock in milliseconds, for the incarnation. */
  readonly now?: () => number;
}

/** Records of the machine's image as loaded at boot. */
export type ImageRecord = Exclude<Write, { kind: 'dropVersion' }>;

export interface Store extends VersionReader {
  /** Opens or creates; clears leftovers of a crashed install or trim. @throws FatalError */
  open(identity: Identity | IdentityChoice): Promise<StoredState>;
  /**
   * Writes one batch. At most one is under way: the next may be given only after done was called. A failed write is fatal:
   * `onFatal` of the constructor is called and done never is.
   */
  write(batch: StoreBatch, done: () => void): void;
  /** Entries first..last (inclusive) up to maxBytes of data but at least one. @throws FatalError on damage */
  readEntries(first: Index, last: Index, maxBytes: number): Promise<Entry[]>;
  /** One version by name; throws an assertion if it is not there, a FatalError if it is damaged. */
  read(ref: VersionRef): KeyVersion;
  /** Written versions with after < revision ≤ upTo in order, ending at a revision's end once maxBytes are passed. */
  scanVersions(after: Revision, upTo: Revision, maxBytes: number): Promise<KeyVersion[]>;
  /** Calls visit for every record of the machine's image, yielding to the event loop between pages. Versions come in revision order, after all others. */
  loadMachine(visit: (record: ImageRecord) => void): Promise<void>;
  /** Forgets entries up to and including `start.index`, of which the machine's state is synced. */
  trimLog(start: SnapshotMeta): Promise<void>;
  /** Makes everything written so far durable (an empty synced write). */
  sync(): Promise<void>;
  /** Index up to which the machine's state has been synced. */
  readonly syncedApplied: Index;
  /** Hash chained over everything applied up to `chainIndex`, as of the last completed write: equal on all members at an equal index. */
  readonly chainHash: string;
  readonly chainIndex: Index;
  /** A consistent image of the machine as of the last completed write; close() it. */
  openImage(): Promise<Image>;
  /** Begins to receive an image of another member; replaces an unfinished one. */
  stageImage(): Promise<StagedImage>;
  /**
   * Clears what the last committed image replaced. Until it is called read() still finds versions of the replaced state, for the machine that
   * serves while the new one is loaded. The next stageImage() or open() clears it too.
   */
  clearReplaced(): Promise<void>;
  /** Bytes on disk, roughly. @throws FatalError when the directory is gone */
  diskBytes(): Promise<number>;
  /** Ends the write under way; what is still waiting (trimming, clearing) is dropped, its promises stay open. */
  close(): Promise<void>;
}

/** A readable image. Equal bytes on every member at an equal index. */
export interface Image {
  readonly start: SnapshotMeta;
  chunks(): AsyncIterable<Uint8Array>;
  /** SHA-256 (hex) over all chunks; reads everything if chunks() was not consumed. */
  hash(): Promise<string>;
  close(): Promise<void>;
}

/** The bytes received are not the image that was promised. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** An image on its way in. Invisible until commit. */
export interface StagedImage {
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Replaces log and machine by the image in one atomic synced step: afterwards the log begins (and ends) at `start`. No write() may be under way
   * or be given before it settles. An image that is wrong (hash, order, another index than start's) rejects with an ImageError and nothing changes.
   */
  commit(start: SnapshotMeta, sha256: string, hardState: HardState): Promise<StoredState>;
  abort(): Promise<void>;
}
