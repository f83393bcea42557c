/** What the leader does with answers, and what it does as time goes by. */
import { assert } from '../base/assert.js';
import type { Index, MemberId } from '../base/ids.js';
import { promoteLearners } from './change.js';
import type { Progress } from './progress.js';
import { isQuorum } from './quorum.js';
import { endReadRound } from './read-index.js';
import { advanceCommit, sendCommit } from './replication.js';
import { becomeFollower } from './roles.js';
import type { RaftState } from './state.js';
import { onTransferTick, sendTimeoutNow } from './transfer.js';
import type { AppendReply, HeartbeatReply, SnapshotMeta } from './types.js';

export function onAppendReply(raft: RaftState, message: AppendReply): void {
  const progress = raft.progress.get(message.from);
  if (progress === undefined) return;
  progress.heardAt = raft.now;
  progress.answered = true;
  if (message.rejected) onRejected(raft, progress, message);
  else onAccepted(raft, progress, message);
}

function onAccepted(raft: RaftState, progress: Progress, message: AppendReply): void {
  assert(message.index <= raft.log.last, 'a follower acknowledges what the leader does not have');
  const news = progress.acknowledged(message.index);
  if (progress.state === 'probe') progress.becomeReplicate();
  else if (progress.state === 'snapshot' && progress.match >= raft.log.startIndex) progress.becomeReplicate();
  raft.replicationDue = true;
  if (!news) return;
  advanceCommit(raft);
  if (raft.transferTarget === message.from && progress.match === raft.log.last) sendTimeoutNow(raft);
}

/** Goes back to the furthest place where the logs may agree (Raft §5.3); answers that came late or twice are recognized and dropped. */
function onRejected(raft: RaftState, progress: Progress, message: AppendReply): void {
  const stale =
    progress.state === 'snapshot' ||
    message.index <= progress.match ||
    (progress.state === 'probe' && message.index !== progress.next - 1);
  if (stale) return;
  const { hintIndex, hintTerm } = message;
  const agreeing = hintTerm > 0 ? raft.log.lastIndexWithin(hintIndex, hintTerm) : hintIndex;
  progress.becomeProbe(Math.min(message.index, agreeing + 1) as Index);
  raft.replicationDue = true;
}

export function onHeartbeatReply(raft: RaftState, message: HeartbeatReply): void {
  const progress = raft.progress.get(message.from);
  if (progress === undefined) return;
  progress.heardAt = raft.now;
  progress.answered = true;
  progress.recovering = message.recovering;
  if (message.readRound > progress.readRound) {
    progress.readRound = message.readRound;
    endReadRound(raft);
  }
  // Whatever was sent before the heartbeat should have arrived: if there is no word of it, it may be lost.
  if (progress.state === 'probe') {
    progress.paused = false;
    raft.replicationDue = true;
  } else if (progress.state === 'replicate' && progress.match < raft.log.last) {
    sendCommit(raft, message.from, progress);
    raft.replicationDue = true;
  }
}

export function onLeaderTick(raft: RaftState): void {
  if (!hearsQuorum(raft)) {
    becomeFollower(raft, raft.term, undefined);
    return;
  }
  onTransferTick(raft);
  const { log, now, options } = raft;
  for (const progress of raft.progress.values()) progress.noteRound(now, log.last, options.electionTicks);
  promoteLearners(raft);
  raft.heartbeatElapsed++;
  if (raft.heartbeatElapsed < raft.options.heartbeatTicks) return;
  broadcastHeartbeat(raft);
  if (raft.transferTarget !== undefined) sendTimeoutNow(raft);
}

/** Check-quorum (dissertation §6.2): a leader that a quorum has not answered for an election timeout serves nobody. */
function hearsQuorum(raft: RaftState): boolean {
  const { voters, outgoing } = raft.membership;
  const oldest = raft.now - raft.options.electionTicks;
  const heard = (id: MemberId): boolean => id === raft.id || (raft.progress.get(id)?.heardAt ?? oldest) > oldest;
  return isQuorum(voters, outgoing, heard);
}

export function broadcastHeartbeat(raft: RaftState): void {
  raft.heartbeatElapsed = 0;
  for (const [to, progress] of raft.progress) sendHeartbeat(raft, to, progress);
}

function sendHeartbeat(raft: RaftState, to: MemberId, progress: Progress): void {
  const { id: from, term, readRound } = raft;
  const commit = Math.min(raft.commit, progress.match) as Index;
  raft.send({ kind: 'heartbeat', from, to, term, commit, readRound });
}

/** A new stream to a follower: find out again where it stands. */
export function onPeerConnected(raft: RaftState, id: MemberId): void {
  const progress = raft.progress.get(id);
  if (progress === undefined) return;
  progress.forget();
  raft.replicationDue = true;
  sendHeartbeat(raft, id, progress);
}

/** The shell finished streaming an image. */
export function onSnapshotSent(raft: RaftState, to: MemberId, ok: boolean, meta: SnapshotMeta): void {
  const progress = raft.progress.get(to);
  if (progress === undefined || progress.state !== 'snapshot') return;
  // A refused image may mean that the follower does not need one: ask it before sending another.
  progress.becomeProbe(((ok ? meta.index : raft.log.startIndex) + 1) as Index);
  progress.paused = !ok;
  raft.replicationDue = true;
}
