/** The words of the consensus core: what goes in and what comes out. Data only. */
import type { Index, MemberId, Term } from '../base/ids.js';
import type { Random } from '../base/random.js';

export type EntryKind = 'noop' | 'commands' | 'membership';

/** One entry of the log. `data` of a command entry is opaque to Raft. */
export interface Entry {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** What must survive a crash besides the log (Raft §5, figure 2). `commit` is a hint that saves time after a restart. */
export interface HardState {
  readonly term: Term;
  /** Undefined: nobody in this term. */
  readonly votedFor: MemberId | undefined;
  readonly commit: Index;
  /**
   * The data directory was lost: this member may have voted and forgotten it. It grants no vote and does not campaign until a leader has
   * brought it up to date.
   */
  readonly recovering: boolean;
}

/** Who a member is and where it is reached: replicated with the membership, and opaque to Raft but for what learners become. */
export interface MemberRecord {
  /** Never used again once the member is removed. */
  readonly id: MemberId;
  /** Empty, like its client address, while nobody has started it who says who it is. */
  readonly name: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  /** Of a learner: the leader makes it a voter once it has caught up. */
  readonly promote: boolean;
  /** Of a learner: the member that leaves in the same change in which this one becomes a voter. */
  readonly replaces: MemberId | undefined;
}

/**
 * Who votes. `outgoing` is non-empty only during a joint change (dissertation §4.3): then a decision needs a majority of `voters` and
 * one of `outgoing`. Learners get the log and never count.
 */
export interface Membership {
  readonly voters: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  readonly learners: readonly MemberId[];
  /** One of each member. Undefined until the first leader has written the members of the settings into the log. */
  readonly records?: readonly MemberRecord[];
  /** Members that were removed, oldest first. */
  readonly removed?: readonly MemberId[];
}

/** How a membership travels in the data of an entry of kind 'membership'. */
export interface MembershipCodec {
  encode(membership: Membership): Uint8Array;
  decode(data: Uint8Array): Membership;
}

/** What may be asked of the leader. */
export type MembershipChange =
  /** Writes the members of the settings into the log, once in the life of a cluster. */
  | { readonly kind: 'found'; readonly records: readonly MemberRecord[] }
  /** Adds a learner. */
  | { readonly kind: 'add'; readonly record: MemberRecord }
  /** Makes a learner that has caught up a voter. */
  | { readonly kind: 'promote'; readonly id: MemberId }
  | { readonly kind: 'remove'; readonly id: MemberId }
  /** Writes down anew what a member is called and where it is reached. What it may do stays as it is. */
  | {
      readonly kind: 'describe';
      readonly id: MemberId;
      readonly name: string;
      readonly clientAddress: string;
      readonly peerAddress: string;
    };

export type ChangeRefusal =
  /** Not now or not here: ask again, perhaps another member. */
  | 'notLeader'
  | 'inProgress'
  /** Not as things are. */
  | 'unknownMember'
  | 'notCaughtUp'
  | 'losesQuorum'
  | 'tooMany';

/** `index`: of the entry after which the change counts, once that is committed and no joint membership is left. */
export type ChangeAnswer =
  | { readonly index: Index; readonly refused: undefined; readonly why: '' }
  | { readonly index: undefined; readonly refused: ChangeRefusal; readonly why: string };

/** The point up to which the state machine's image stands for the log. */
export interface SnapshotMeta {
  readonly index: Index;
  readonly term: Term;
  readonly membership: Membership;
}

interface Addressed {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: Term;
}
export interface PreVoteRequest extends Addressed {
  readonly kind: 'preVoteRequest';
  /** `term` is the term that the candidate would campaign in; it has not entered it. */
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}
export interface PreVoteReply extends Addressed {
  readonly kind: 'preVoteReply';
  /** `term` is the replier's own. */
  readonly granted: boolean;
  /** Echo of the request's term, so that an old reply is not counted. */
  readonly requestTerm: Term;
}
export interface VoteRequest extends Addressed {
  readonly kind: 'voteRequest';
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** The old leader asked for this election (dissertation §3.10), so leader stickiness does not apply. */
  readonly transfer: boolean;
}
export interface VoteReply extends Addressed {
  readonly kind: 'voteReply';
  readonly granted: boolean;
}
export interface AppendRequest extends Addressed {
  readonly kind: 'appendRequest';
  readonly prevIndex: Index;
  readonly prevTerm: Term;
  readonly commit: Index;
  readonly entries: readonly Entry[];
}
export interface AppendReply extends Addressed {
  readonly kind: 'appendReply';
  readonly rejected: boolean;
  /** Accepted: last index known to match and synced on the sender. Rejected: the request's prevIndex. */
  readonly index: Index;
  /** Rejected: the highest index at which the follower's log may match, and the follower's term there. */
  readonly hintIndex: Index;
  readonly hintTerm: Term;
}
export interface Heartbeat extends Addressed {
  readonly kind: 'heartbeat';
  /** min(leader's commit, what the follower is known to have). */
  readonly commit: Index;
  /** Newest read-index round; 0: none. An answer confirms this round and all before it. */
  readonly readRound: number;
}
export interface HeartbeatReply extends Addressed {
  readonly kind: 'heartbeatReply';
  readonly readRound: number;
  /** It lost its data, or its disk does not yet say that it has caught up since: it does not vote. */
  readonly recovering: boolean;
}
export interface ReadIndexRequest extends Addressed {
  readonly kind: 'readIndexRequest';
  /** Chosen by the asking member; comes back in the reply. */
  readonly token: number;
}
export interface ReadIndexReply extends Addressed {
  readonly kind: 'readIndexReply';
  readonly token: number;
  readonly index: Index;
  /** The one asked is not (or no longer) leader: ask again. */
  readonly refused: boolean;
}
export interface TimeoutNow extends Addressed {
  readonly kind: 'timeoutNow';
}
/** A follower was asked to hand leadership to `target` and passes the wish on. */
export interface TransferRequest extends Addressed {
  readonly kind: 'transferRequest';
  /** 0: whoever is most up to date. */
  readonly target: MemberId;
}

export type RaftMessage =
  | PreVoteRequest
  | PreVoteReply
  | VoteRequest
  | VoteReply
  | AppendRequest
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | ReadIndexRequest
  | ReadIndexReply
  | TimeoutNow
  | TransferRequest;

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

export interface RaftOptions {
  readonly id: MemberId;
  /** Ticks of silence after which a follower campaigns: drawn from [electionTicks, 2 × electionTicks). */
  readonly electionTicks: number;
  /** Ticks between heartbeats of a leader. */
  readonly heartbeatTicks: number;
  readonly random: Random;
  /** Most bytes of entry data in one append message. */
  readonly appendBytes: number;
  /** Most append messages, and bytes, in flight to one follower. */
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  /** Bytes of entries to keep in memory behind what is persisted and committed. */
  readonly logTailBytes: number;
  readonly membershipCodec: MembershipCodec;
}

/** What the shell found on disk. */
export interface Restored {
  readonly hardState: HardState;
  /** Where the log begins: image index and term, and the membership there. */
  readonly start: SnapshotMeta;
  /** Index up to which the machine's state on disk goes (≥ start.index). Committed entries after it are handed out again. */
  readonly applied: Index;
  /** The membership at `applied`. */
  readonly membership: Membership;
  /** All entries after `applied` that hold a membership, in order: they count as soon as they are in the log. */
  readonly laterMemberships?: readonly Entry[];
  /** Index and term of the last entry on disk (= start's when the log is empty). */
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /**
   * The end of the log, contiguous up to lastIndex; older entries are loaded on demand. Must hold all entries after max(hardState.commit, applied):
   * those may have to be compared with a leader's.
   */
  readonly tail: readonly Entry[];
}

/** Entries (first..last inclusive, at most maxBytes of data but at least one) that the core needs from disk; answered by entriesLoaded with this very object. */
export interface EntriesWanted {
  readonly for: 'apply' | MemberId;
  readonly first: Index;
  readonly last: Index;
  readonly maxBytes: number;
}

/**
 * Everything the core wants done, taken out at once. Order: send `messages` at any time; write `entries` and `hardState` in one atomic synced
 * batch and only then call persisted(token) and send `messagesAfterPersist`; apply `committed` at any time.
 */
export interface Ready {
  /** Set when it changed; must be persisted before messagesAfterPersist go. */
  readonly hardState: HardState | undefined;
  /** Changed but need not be synced for safety (only the commit hint moved). */
  readonly hardStateOptional: boolean;
  /** To append; entries at or after entries[0].index on disk are replaced. */
  readonly entries: readonly Entry[];
  readonly messages: readonly RaftMessage[];
  readonly messagesAfterPersist: readonly RaftMessage[];
  /** To apply, in order, each index once. */
  readonly committed: readonly Entry[];
  /** Linearizable reads whose state machine must have reached `index`; `failed`: ask again (no leader, or it changed). */
  readonly readStates: readonly { readonly token: number; readonly index: Index; readonly failed: boolean }[];
  /** The shell has received this image (stageSnapshot): make it the state now. */
  readonly install: SnapshotMeta | undefined;
  /** Followers that need an image; the shell streams one and reports with snapshotSent. */
  readonly snapshotsWanted: readonly MemberId[];
  readonly entriesWanted: readonly EntriesWanted[];
  /** Role, term or leader changed. */
  readonly statusChanged: boolean;
  /** Hand to persisted() when entries and hardState are on disk. Undefined: nothing to persist. */
  readonly persistToken: number | undefined;
}

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: Role;
  readonly term: Term;
  readonly leader: MemberId | undefined;
  readonly commit: Index;
  readonly applied: Index;
  readonly lastIndex: Index;
  readonly firstIndex: Index;
  readonly membership: Membership;
  /** Entry that holds it; 0: the settings or an image. */
  readonly membershipIndex: Index;
  readonly transferTarget: MemberId | undefined;
  readonly recovering: boolean;
  /** Ticks since the last sign of a leader; 0 on the leader while a quorum answers. */
  readonly leaderSilenceTicks: number;
}
