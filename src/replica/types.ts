/** What the doors (src/api) see of a member. */
import type { QuorateError } from '../base/errors.js';
import type { ClusterId, ClusterTime, Index, MemberId, Revision, Term } from '../base/ids.js';
import type { Machine } from '../machine/machine.js';
import type { Command, Outcome } from '../machine/types.js';
import type { Role } from '../raft/types.js';
import type { Image } from '../storage/store.js';
import type { Subscribers } from '../watch/subscribers.js';
import type { WatchHub } from '../watch/types.js';

export interface MemberInfo {
  readonly id: MemberId;
  /** Empty, like its client address, until it is started for the first time; only one that was added by its peer address alone is like that. */
  readonly name: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  /** It gets the log and answers watches and serializable reads, but does not vote. */
  readonly learner?: boolean;
}

/** A change of the membership that a caller may ask for. */
export type MemberChange =
  | {
      readonly kind: 'add';
      /** Empty, like the client address: it will say who it is when it starts, and whoever is added with its peer address then is this one. */
      readonly name: string;
      readonly clientAddress: string;
      readonly peerAddress: string;
      /** It becomes a voter once it has caught up. */
      readonly promote: boolean;
      /** The voter that leaves when this one becomes a voter. */
      readonly replaces: MemberId | undefined;
    }
  | { readonly kind: 'promote'; readonly id: MemberId }
  | { readonly kind: 'remove'; readonly id: MemberId }
  /** What is said of a member. Undefined stays as it is. */
  | {
      readonly kind: 'describe';
      readonly id: MemberId;
      readonly name?: string;
      readonly clientAddress?: string;
      readonly peerAddress?: string;
    };

export interface ReplicaStatus {
  readonly role: Role;
  readonly term: Term;
  readonly leader: MemberId | undefined;
  readonly lastIndex: Index;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly firstIndex: Index;
  readonly leaderContactAgeMs: number;
  readonly clusterClock: ClusterTime;
  readonly recovering: boolean;
}

/** A call that waits. cancel() forgets the caller; a command that is already on its way may still be applied. */
export interface Waiting {
  cancel(): void;
}

/** Either an outcome (which may hold an ErrorResult of the machine) or a failure of the member itself. Called exactly once unless cancelled. */
export type OutcomeCallback = (error: QuorateError | undefined, outcome: Outcome | undefined) => void;

/** How far the subscribers of a service are. */
export interface SubscribersKnown {
  /** Live ones, and how many of them act by the state that was asked about. */
  readonly subscribers: number;
  readonly acknowledged: number;
  /** Names of some that do not. */
  readonly missing: readonly string[];
  /** Members that did not say what theirs do. */
  readonly silent: readonly MemberId[];
}

export interface Replica {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly memberName: string;
  readonly members: readonly MemberInfo[];
  /** Another one for every set of members, and once more when one of them is started for the first time; never 0. */
  readonly membersHash: number;
  /** Applied state of this member. Do not keep a reference across turns: installing an image replaces it. */
  readonly machine: Machine;
  readonly hub: WatchHub;
  /** Replicates a command. `deadlineMs` is in performance.now() milliseconds; past it the caller gets NO_QUORUM. */
  submit(command: Command, requestId: string, deadlineMs: number, done: OutcomeCallback): Waiting;
  /** Calls done(undefined) when this member's applied state reflects everything acknowledged before the call (read index, Raft §6.4 of the dissertation). */
  readBarrier(deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting;
  /** Calls done(undefined) when this member has applied the revision. */
  waitForRevision(revision: Revision, deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting;
  /** Whose watches this member serves. */
  readonly subscribers: Subscribers;
  /** Calls done when all live subscribers of the service, on whichever member, act by its state at the revision, or when the time is up. */
  awaitSubscribers(
    query: { readonly namespace: string; readonly service: string; readonly revision: Revision },
    deadlineMs: number,
    done: (error: QuorateError | undefined, known: SubscribersKnown | undefined) => void,
  ): Waiting;
  status(): ReplicaStatus;
  /** Hands leadership over; works on any member. Rejects with TRANSFER_FAILED or MEMBER_NOT_FOUND. */
  transferLeadership(to: MemberId | undefined): Promise<MemberId>;
  /**
   * Changes the membership; works on any member. Resolves with the member that it is about when it counts (an added one is a learner then). A change that is so already
   * is no error. Rejects with MEMBER_NOT_FOUND, MEMBER_EXISTS, MEMBER_NOT_READY, QUORUM_AT_RISK, TOO_MANY_MEMBERS, CHANGE_IN_PROGRESS or NO_QUORUM.
   */
  changeMembership(change: MemberChange, deadlineMs: number): Promise<MemberId>;
  /** Rejects with MEMBER_STARTING while nothing is applied. */
  openImage(): Promise<Image>;
  diskBytes(): Promise<number>;
}
