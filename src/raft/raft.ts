/**
 * The consensus core of one member (Raft, and Ongaro's dissertation): messages, ticks, proposals and completions go in, one Ready at a time
 * comes out. It does no I/O, knows no clock and draws no number of its own, so equal inputs give equal outputs.
 *
 * This page keeps the door and the dispatch; the roles are follower.ts, candidate.ts and leader.ts.
 */
import { assert, unreachable } from '../base/assert.js';
import type { Index, MemberId, Term } from '../base/ids.js';
import {
  askAgain,
  onElectionTimeout,
  onOwnVotePersisted,
  onPreCandidateTick,
  onPreVoteReply,
  onVoteReply,
} from './candidate.js';
import { changeMembership } from './change.js';
import { hearLeader, onAppendRequest, onHeartbeat, onSnapshot, onTimeoutNow } from './follower.js';
import { onAppendReply, onHeartbeatReply, onLeaderTick, onPeerConnected, onSnapshotSent } from './leader.js';
import { askRead, expirePassedReads, onReadIndexReply, onReadIndexRequest } from './read-index.js';
import { hasReady, takeReady } from './ready.js';
import { advanceCommit, onEntriesLoaded } from './replication.js';
import { becomeFollower } from './roles.js';
import { RaftState } from './state.js';
import { onTransferRequest, transferLeadership } from './transfer.js';
import type {
  ChangeAnswer,
  EntriesWanted,
  Entry,
  MembershipChange,
  RaftMessage,
  RaftOptions,
  RaftStatus,
  Ready,
  Restored,
  SnapshotMeta,
} from './types.js';
import { onPreVoteRequest, onVoteRequest } from './voting.js';

export class Raft {
  /** For the invariants and tests only. */
  readonly state: RaftState;

  constructor(options: RaftOptions, restored: Restored) {
    this.state = new RaftState(options, restored);
  }

  /** One unit of time passed; RaftOptions counts in these. */
  tick(): void {
    const raft = this.state;
    raft.now++;
    if (raft.role === 'leader') {
      onLeaderTick(raft);
      return;
    }
    if (raft.passedReads.size > 0) expirePassedReads(raft);
    raft.electionElapsed++;
    if (raft.electionElapsed >= raft.electionTimeout) {
      raft.drawElectionTimeout();
      onElectionTimeout(raft);
    } else if (raft.role === 'preCandidate') onPreCandidateTick(raft);
  }

  /** A message of another member; lost, late, repeated and reordered ones are harmless. */
  step(message: RaftMessage): void {
    const raft = this.state;
    assert(message.to === raft.id, 'a message for another member');
    if (raft.gone !== undefined && isRemnant(raft, message)) return;
    if (message.term > raft.term && !enterTerm(raft, message)) return;
    if (message.term < raft.term && !countsLate(raft, message)) return;
    dispatch(raft, message);
  }

  /**
   * Leader only: appends one command entry per data.
   * @returns the index of the last one; undefined when this member is not leader or is handing over
   */
  propose(datas: readonly Uint8Array[]): Index | undefined {
    const raft = this.state;
    if (raft.role !== 'leader' || raft.transferTarget !== undefined) return undefined;
    for (let at = 0; at < datas.length; at++) {
      const data = datas[at] as Uint8Array;
      raft.log.push({ index: (raft.log.last + 1) as Index, term: raft.term, kind: 'commands', data });
    }
    raft.replicationDue = true;
    return raft.log.last;
  }

  /**
   * Leader only: begins a change of the membership. One that changes voters goes through a joint membership (dissertation §4.3), which the leader
   * ends by itself once it is committed; one is under way at a time.
   */
  changeMembership(change: MembershipChange): ChangeAnswer {
    return changeMembership(this.state, change);
  }

  /** Asks for a linearizable read; answered in Ready.readStates. `token` must not be in use by another read of this process. */
  readIndex(token: number): void {
    askRead(this.state, token);
  }

  /** Hands leadership over; undefined: to the most up-to-date voter. Works on followers too. Watch status() for the outcome. */
  transferLeadership(to: MemberId | undefined): void {
    transferLeadership(this.state, to);
  }

  /** The member's process is gone. If it was the leader, nobody clings to it any longer; a leader does not count on it for changes of the membership. */
  peerGone(id: MemberId): void {
    const raft = this.state;
    const progress = raft.progress.get(id);
    if (progress) progress.answered = false;
    if (raft.role !== 'follower' || raft.leader !== id) return;
    raft.gone = { leader: id, term: raft.term, at: raft.now };
    becomeFollower(raft, raft.term, undefined);
    onElectionTimeout(raft);
  }

  /** A new stream to the member is open; what was sent before may be lost. */
  peerConnected(id: MemberId): void {
    const raft = this.state;
    if (raft.gone?.leader === id) raft.gone = undefined;
    if (raft.role === 'leader') onPeerConnected(raft, id);
    else askAgain(raft, id);
  }

  /** The write of the Ready with this persistToken, and all before it, are on disk. */
  persisted(token: number): void {
    const raft = this.state;
    const upTo = raft.persistence.complete(token, raft.messages);
    if (upTo > raft.log.persisted) raft.log.persisted = upTo;
    if (raft.role === 'leader') advanceCommit(raft);
    else if (raft.role === 'candidate') {
      const { term, votedFor } = raft.persistence;
      if (term === raft.term && votedFor === raft.id) onOwnVotePersisted(raft);
    }
    raft.checkRecovered();
    raft.releaseLog();
  }

  /** The machine has applied the entries up to here. */
  applied(upTo: Index): void {
    const raft = this.state;
    if (upTo <= raft.applied) return;
    assert(upTo <= raft.delivered, 'entries were applied that were not handed out');
    raft.applied = upTo;
    raft.releaseLog();
  }

  /** Answers an EntriesWanted with the very object; no entries when they have been trimmed meanwhile. */
  entriesLoaded(wanted: EntriesWanted, entries: readonly Entry[]): void {
    const raft = this.state;
    if (wanted.for !== 'apply') {
      onEntriesLoaded(raft, wanted.for, wanted, entries);
      return;
    }
    if (raft.applyLoading !== wanted) return;
    assert(entries[0]?.index === wanted.first, 'committed entries are missing on disk');
    raft.applyLoading = undefined;
    raft.applyLoaded = entries;
  }

  /** Streaming an image to a follower ended; `ok`: it is installed there. */
  snapshotSent(to: MemberId, ok: boolean, meta: SnapshotMeta): void {
    onSnapshotSent(this.state, to, ok, meta);
  }

  /**
   * The shell has staged and verified a whole image from the leader of `term`.
   * @returns true when it is wanted: the next Ready has `install`
   */
  snapshotReceived(from: MemberId, term: Term, meta: SnapshotMeta): boolean {
    const raft = this.state;
    if (term < raft.term) return false;
    if (term > raft.term) becomeFollower(raft, term, from);
    hearLeader(raft, from);
    return onSnapshot(raft, meta);
  }

  /** The log on disk now begins after start.index. */
  trimmed(start: SnapshotMeta): void {
    const raft = this.state;
    assert(start.index <= raft.applied, 'the log was trimmed beyond what is applied');
    raft.log.trim(start.index, start.term);
  }

  /** Entries after `after` that are still in memory, in order. */
  tailAfter(after: Index): readonly Entry[] {
    return this.state.log.tailAfter(after);
  }

  /** Whether ready() has anything to say. */
  hasReady(): boolean {
    return hasReady(this.state);
  }

  /** Everything to be done now; each thing is handed out once. */
  ready(): Ready {
    return takeReady(this.state);
  }

  status(): RaftStatus {
    const raft = this.state;
    return {
      id: raft.id,
      role: raft.role,
      term: raft.term,
      leader: raft.leader,
      commit: raft.commit,
      applied: raft.applied,
      lastIndex: raft.log.last,
      firstIndex: (raft.log.startIndex + 1) as Index,
      membership: raft.membership,
      membershipIndex: raft.memberships.index,
      transferTarget: raft.transferTarget,
      recovering: raft.recovering,
      leaderSilenceTicks: raft.role === 'leader' ? 0 : raft.now - raft.leaderHeardAt,
    };
  }
}

/** What a dead leader sent shortly before: it must not bring its followers back to waiting for it. */
function isRemnant(raft: RaftState, message: RaftMessage): boolean {
  const { gone } = raft;
  if (gone === undefined || gone.leader !== message.from || gone.term !== message.term) return false;
  // In case the news of its death was wrong.
  if (raft.now - gone.at > raft.options.heartbeatTicks) return false;
  return message.kind === 'heartbeat' || message.kind === 'appendRequest';
}

/** A message of a later term (Raft §5.1): follow into it, unless the message only asks or may be ignored. Returns whether to go on with it. */
function enterTerm(raft: RaftState, message: RaftMessage): boolean {
  switch (message.kind) {
    case 'preVoteRequest':
      return true;
    case 'preVoteReply':
      // Granted by a member whose own term is the one that would be campaigned in.
      if (message.granted) return true;
      break;
    case 'voteRequest':
      if (!message.transfer && raft.hasLiveLeader) return false;
      break;
    case 'appendRequest':
    case 'heartbeat':
      becomeFollower(raft, message.term, message.from);
      return true;
  }
  becomeFollower(raft, message.term, undefined);
  return true;
}

/** A message of an earlier term: most are void, some still count or deserve an answer that tells the sender the term. Returns whether to go on with it. */
function countsLate(raft: RaftState, message: RaftMessage): boolean {
  switch (message.kind) {
    case 'preVoteReply':
      // It answers for the term that was asked about, which it names; a member that was away does not have the candidate's term yet.
      return true;
    case 'preVoteRequest':
    case 'voteRequest':
    case 'readIndexRequest':
      return true;
    case 'appendRequest':
    case 'heartbeat': {
      // Without this a member that is ahead in terms and a leader that it ignores would wait for each other for ever.
      const { id: from, term } = raft;
      const nowhere = { index: 0 as Index, hintIndex: 0 as Index, hintTerm: 0 as Term };
      raft.send({ kind: 'appendReply', from, to: message.from, term, rejected: true, ...nowhere });
      return false;
    }
    default:
      return false;
  }
}

function dispatch(raft: RaftState, message: RaftMessage): void {
  switch (message.kind) {
    case 'preVoteRequest':
      onPreVoteRequest(raft, message);
      break;
    case 'voteRequest':
      onVoteRequest(raft, message);
      break;
    case 'preVoteReply':
      onPreVoteReply(raft, message);
      break;
    case 'voteReply':
      onVoteReply(raft, message);
      break;
    case 'appendRequest':
      hearLeader(raft, message.from);
      onAppendRequest(raft, message);
      break;
    case 'heartbeat':
      hearLeader(raft, message.from);
      onHeartbeat(raft, message);
      break;
    case 'appendReply':
      onAppendReply(raft, message);
      break;
    case 'heartbeatReply':
      onHeartbeatReply(raft, message);
      break;
    case 'readIndexRequest':
      onReadIndexRequest(raft, message);
      break;
    case 'readIndexReply':
      onReadIndexReply(raft, message);
      break;
    case 'timeoutNow':
      onTimeoutNow(raft, message);
      break;
    case 'transferRequest':
      onTransferRequest(raft, message);
      break;
    default:
      unreachable(message);
  }
}
