/**
 * The state of one member's consensus core, with the few steps that every role shares. Roles and subjects are files of functions over it; none
 * of them keeps state of its own.
 */

import { assert } from '../base/assert.js';
import type { Index, MemberId, Term } from '../base/ids.js';
import { Log } from './log.js';
import { MembershipLog } from './membership-log.js';
import { Persistence } from './persistence.js';
import type { Progress } from './progress.js';
import type {
  EntriesWanted,
  Entry,
  HardState,
  Membership,
  RaftMessage,
  RaftOptions,
  Restored,
  Role,
  SnapshotMeta,
} from './types.js';

/** A member that asked for a linearizable read; `from` is this member itself for its own callers. */
export interface Read {
  readonly from: MemberId;
  readonly token: number;
}

export interface ReadState {
  readonly token: number;
  readonly index: Index;
  readonly failed: boolean;
}

export class RaftState {
  readonly id: MemberId;
  role: Role = 'follower';
  term: Term;
  votedFor: MemberId | undefined;
  leader: MemberId | undefined = undefined;
  commit: Index;
  /** The shell has applied up to here. */
  applied: Index;
  /** Handed out to be applied up to here: applied ≤ delivered ≤ commit. */
  delivered: Index;
  readonly memberships: MembershipLog;
  readonly log: Log;
  readonly persistence: Persistence;

  /** Ticks since this core was made. */
  now = 0;
  /** Tick of the last sign of life of a leader of the current term. */
  leaderHeardAt = 0;
  /** The leader whose process is gone, and since when: what of it still arrives was sent before. */
  gone: { readonly leader: MemberId; readonly term: Term; readonly at: number } | undefined = undefined;
  /** Ticks since the election timer was last set back. */
  electionElapsed = 0;
  electionTimeout = 0;
  heartbeatElapsed = 0;

  /** Candidates: who answered what. */
  readonly votes = new Map<MemberId, boolean>();
  /** Candidates: the leader before wishes this election (dissertation §3.10), so nobody clings to it. */
  wished = false;
  /** Pre-votes begun since a leader was last heard of. */
  preVoteRounds = 0;

  /** Leader: all other members. */
  readonly progress = new Map<MemberId, Progress>();
  /** Leader: something happened that may let appends go. */
  replicationDue = false;
  transferTarget: MemberId | undefined = undefined;
  transferBegan = 0;

  /** Leader: reads that wait for the next round, and those that wait for the end of the one in flight. */
  waitingReads: Read[] = [];
  roundReads: Read[] = [];
  /** Number of the newest read round. */
  readRound = 0;
  readRoundIndex = 0 as Index;
  /** Not leader: reads that were passed to the leader, with the tick at which they were. */
  readonly passedReads = new Map<number, number>();

  recovering: boolean;
  /** Recovering: what the leader had committed when it was first heard of. */
  recoveryTarget: { readonly index: Index; readonly term: Term } | undefined = undefined;

  // What the next Ready will hold.
  messages: RaftMessage[] = [];
  messagesAfterPersist: RaftMessage[] = [];
  readStates: ReadState[] = [];
  snapshotsWanted: MemberId[] = [];
  entriesWanted: EntriesWanted[] = [];
  install: SnapshotMeta | undefined = undefined;
  statusChanged = true;
  /** Follower: the log agrees with that of the leader of this term up to here, and the leader shall hear of it. */
  acknowledgeUpTo: Index | undefined = undefined;
  /** The hard state as it was last handed out. */
  handedHardState: HardState;
  /** Committed entries that are being loaded from disk, and those that have been. */
  applyLoading: EntriesWanted | undefined = undefined;
  applyLoaded: readonly Entry[] | undefined = undefined;

  /** What counts for a commit: what is on disk here, and what the others say is on theirs. */
  readonly matchOf = (id: MemberId): number =>
    id === this.id ? this.log.persisted : (this.progress.get(id)?.match ?? 0);

  constructor(
    readonly options: RaftOptions,
    restored: Restored,
  ) {
    this.id = options.id;
    const { hardState } = restored;
    this.term = hardState.term;
    this.votedFor = hardState.votedFor;
    this.commit = Math.max(hardState.commit, restored.applied, restored.start.index) as Index;
    this.applied = restored.applied;
    this.delivered = restored.applied;
    this.memberships = new MembershipLog(restored.membership, options.membershipCodec);
    for (const entry of restored.laterMemberships ?? []) this.memberships.append(entry);
    this.memberships.committed(this.commit);
    this.recovering = hardState.recovering;
    this.log = new Log(restored);
    this.persistence = new Persistence(hardState);
    this.handedHardState = { ...hardState, commit: this.commit };
    assert(this.applied >= restored.start.index, 'the machine is older than the start of the log');
    assert(this.commit <= this.log.last, 'entries are missing: the log ends before the commit index');
    assert(
      this.log.firstInMemory <= this.commit + 1,
      'the restored tail must hold all entries that may not be committed',
    );
    assert(this.term >= this.log.lastTerm, 'the log ends in a later term than the hard state');
    this.drawElectionTimeout();
  }

  /** A new random timeout in [electionTicks, 2 × electionTicks) (Raft §5.2), counted from now. */
  drawElectionTimeout(): void {
    const { electionTicks, random } = this.options;
    this.electionTimeout = electionTicks + Math.floor(random() * electionTicks);
    this.electionElapsed = 0;
  }

  /** The newest one in the log, committed or not. */
  get membership(): Membership {
    return this.memberships.current;
  }

  /** Whether this member may become leader. */
  get electable(): boolean {
    return !this.recovering && this.memberships.mayLead(this.id);
  }

  /**
   * Leader stickiness (dissertation §4.2.3): while a leader is heard of, nobody needs another one. A leader itself sees to
   * it by check-quorum that it is one.
   */
  get hasLiveLeader(): boolean {
    if (this.role === 'leader') return true;
    return this.leader !== undefined && this.now - this.leaderHeardAt < this.options.electionTicks;
  }

  send(message: RaftMessage): void {
    this.messages.push(message);
  }

  /** For votes and acknowledgements: they promise something that must be on disk first. */
  sendAfterPersist(message: RaftMessage): void {
    this.messagesAfterPersist.push(message);
  }

  /** Raises the commit index; it never goes back. */
  commitTo(index: Index): void {
    if (index <= this.commit) return;
    assert(index <= this.log.last, 'an entry was committed that is not in the log');
    this.commit = index;
    this.memberships.committed(index);
    this.replicationDue = true;
    this.checkRecovered();
  }

  /** Frees memory of the log where that is allowed. */
  releaseLog(): void {
    const safe = Math.min(this.log.persisted, this.applied) as Index;
    let matched = this.log.last;
    for (const progress of this.progress.values()) if (progress.match < matched) matched = progress.match;
    this.log.release(this.options.logTailBytes, safe, matched);
  }

  /**
   * A member that lost its data may take part in elections again once it holds everything that could have been committed with the help of
   * what it lost. That is what the leader had committed when it was first heard of (it counts nothing that was acknowledged before, see
   * Progress.forget), and what earlier leaders had committed, which an entry of this leader's term covers (Raft §5.4.2).
   */
  checkRecovered(): void {
    const target = this.recoveryTarget;
    if (!this.recovering || target === undefined) return;
    const held = Math.min(this.commit, this.log.persisted) as Index;
    if (held < target.index || (this.log.termAt(held) ?? 0) < target.term) return;
    this.recovering = false;
    this.recoveryTarget = undefined;
    this.statusChanged = true;
  }
}
