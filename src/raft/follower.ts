/** What a follower does with the messages of its leader; the term has been compared already. */
import { assert } from '../base/assert.js';
import type { Index, MemberId, Term } from '../base/ids.js';
import { startElection } from './candidate.js';
import { becomeFollower } from './roles.js';
import type { RaftState } from './state.js';
import type { AppendRequest, Heartbeat, SnapshotMeta, TimeoutNow } from './types.js';

/** A message that only the leader of the current term sends: whoever campaigns gives up (Raft §5.2), and the timer starts again. */
export function hearLeader(raft: RaftState, leader: MemberId): void {
  assert(raft.role !== 'leader' && (raft.leader ?? leader) === leader, 'two leaders in one term');
  if (raft.role !== 'follower' || raft.leader !== leader) becomeFollower(raft, raft.term, leader);
  raft.leaderHeardAt = raft.now;
  raft.electionElapsed = 0;
}

/** Raft §5.3 and figure 2. */
export function onAppendRequest(raft: RaftState, message: AppendRequest): void {
  const { log } = raft;
  const { prevIndex, entries } = message;
  if (raft.recovering && raft.recoveryTarget === undefined)
    raft.recoveryTarget = { index: message.commit, term: message.term };
  if (prevIndex < raft.commit) {
    // Everything up to the commit index agrees with every later leader.
    acknowledge(raft, raft.commit);
    return;
  }
  if (prevIndex > raft.commit && log.termAt(prevIndex) !== message.prevTerm) {
    reject(raft, message);
    return;
  }
  const at = log.firstNew(entries);
  const first = entries[at];
  if (first !== undefined) {
    if (first.index <= log.last) {
      assert(first.index > raft.commit, 'a leader replaces a committed entry');
      log.truncateFrom(first.index);
      raft.persistence.lower(log.last);
      if (raft.memberships.truncateFrom(first.index)) raft.statusChanged = true;
    }
    for (let next = at; next < entries.length; next++) {
      const entry = entries[next] as (typeof entries)[number];
      log.push(entry);
      if (entry.kind !== 'membership') continue;
      raft.memberships.append(entry);
      raft.statusChanged = true;
    }
  }
  const agreed = (prevIndex + entries.length) as Index;
  raft.commitTo(Math.min(message.commit, agreed) as Index);
  acknowledge(raft, agreed);
}

/** The next Ready holds the acknowledgement; several within one turn become one. */
function acknowledge(raft: RaftState, index: Index): void {
  if (raft.acknowledgeUpTo === undefined || index > raft.acknowledgeUpTo) raft.acknowledgeUpTo = index;
  raft.checkRecovered();
}

/** Tells the leader the furthest place where the logs may agree, skipping a whole term at a time. */
function reject(raft: RaftState, message: AppendRequest): void {
  const { log, id: from, term } = raft;
  const hint = Math.max(log.lastIndexWithin(message.prevIndex, message.prevTerm), raft.commit) as Index;
  const hintTerm = log.termAt(hint) ?? (0 as Term);
  const index = message.prevIndex;
  raft.send({ kind: 'appendReply', from, to: message.from, term, rejected: true, index, hintIndex: hint, hintTerm });
}

export function onHeartbeat(raft: RaftState, message: Heartbeat): void {
  // The leader never names more than this member has acknowledged to it; one that lost its data cannot follow.
  if (!raft.recovering && message.commit <= raft.log.last) raft.commitTo(message.commit);
  // A member that lost its data may have voted for a later leader, so it vouches for none.
  const readRound = raft.recovering ? 0 : message.readRound;
  const { id: from, term, persistence } = raft;
  raft.send({ kind: 'heartbeatReply', from, to: message.from, term, readRound, recovering: persistence.recovering });
}

/** Dissertation §3.10: campaign at once, without a pre-vote. */
export function onTimeoutNow(raft: RaftState, message: TimeoutNow): void {
  if (raft.role === 'leader' || raft.role === 'candidate' || message.term !== raft.term || !raft.electable) return;
  startElection(raft, true);
}

/**
 * The shell has received an image from the leader. Returns whether it is wanted: it then takes the place of the log and the machine
 * (Raft §7). An older one, or one whose end the log holds anyway, is answered like an append.
 */
export function onSnapshot(raft: RaftState, meta: SnapshotMeta): boolean {
  const { log } = raft;
  if (meta.index > raft.commit && log.termAt(meta.index) === meta.term) raft.commitTo(meta.index);
  if (meta.index <= raft.commit) {
    acknowledge(raft, raft.commit);
    return false;
  }
  log.reset(meta.index, meta.term);
  raft.persistence.lower(0 as Index);
  raft.commit = meta.index;
  raft.applied = meta.index;
  raft.delivered = meta.index;
  raft.memberships.reset(meta.membership);
  raft.applyLoading = undefined;
  raft.applyLoaded = undefined;
  raft.install = meta;
  raft.statusChanged = true;
  acknowledge(raft, meta.index);
  return true;
}
