/**
 * Linearizable reads without a log entry (dissertation §6.4). The leader notes its commit index, makes sure with one round of heartbeats that it
 * is still the leader, and answers with that index; the reader waits until its machine has reached it. Reads that arrive while a round is
 * in flight share the next one. Other members pass reads to the leader.
 */
import type { Index, MemberId } from '../base/ids.js';
import { isQuorum } from './quorum.js';
import type { RaftState, Read } from './state.js';
import type { ReadIndexReply, ReadIndexRequest } from './types.js';

/** Asks for a read for a caller of this member. */
export function askRead(raft: RaftState, token: number): void {
  if (raft.role === 'leader') {
    raft.waitingReads.push({ from: raft.id, token });
  } else if (raft.leader === undefined) {
    raft.readStates.push({ token, index: 0 as Index, failed: true });
  } else {
    raft.passedReads.set(token, raft.now);
    raft.send({ kind: 'readIndexRequest', from: raft.id, to: raft.leader, term: raft.term, token });
  }
}

export function onReadIndexRequest(raft: RaftState, message: ReadIndexRequest): void {
  const read = { from: message.from, token: message.token };
  if (raft.role === 'leader' && message.term === raft.term) raft.waitingReads.push(read);
  else answer(raft, read, 0 as Index, true);
}

export function onReadIndexReply(raft: RaftState, message: ReadIndexReply): void {
  if (!raft.passedReads.delete(message.token)) return;
  raft.readStates.push({ token: message.token, index: message.index, failed: message.refused });
}

/**
 * Begins a round for the waiting reads. Not before the leader has committed an entry of its term: until then it does not know what
 * earlier leaders committed. Returns whether heartbeats must go out.
 */
export function beginReadRound(raft: RaftState): boolean {
  if (raft.waitingReads.length === 0 || raft.roundReads.length > 0) return false;
  if (raft.log.termAt(raft.commit) !== raft.term) return false;
  raft.readRound++;
  raft.readRoundIndex = raft.commit;
  raft.roundReads = raft.waitingReads;
  raft.waitingReads = [];
  return !endReadRound(raft);
}

/** Answers the reads of the round in flight if a quorum has confirmed it. */
export function endReadRound(raft: RaftState): boolean {
  if (raft.roundReads.length === 0) return false;
  const { voters, outgoing } = raft.membership;
  const confirmed = (id: MemberId): boolean =>
    id === raft.id || (raft.progress.get(id)?.readRound ?? 0) >= raft.readRound;
  if (!isQuorum(voters, outgoing, confirmed)) return false;
  const reads = raft.roundReads;
  raft.roundReads = [];
  for (const read of reads) answer(raft, read, raft.readRoundIndex, false);
  return true;
}

/** The leader is gone or another: nobody will answer. Callers ask again. */
export function failReads(raft: RaftState): void {
  if (raft.roundReads.length > 0 || raft.waitingReads.length > 0) {
    for (const read of raft.roundReads) answer(raft, read, 0 as Index, true);
    for (const read of raft.waitingReads) answer(raft, read, 0 as Index, true);
    raft.roundReads = [];
    raft.waitingReads = [];
  }
  if (raft.passedReads.size > 0) {
    for (const token of raft.passedReads.keys()) raft.readStates.push({ token, index: 0 as Index, failed: true });
    raft.passedReads.clear();
  }
}

/** Fails reads that the leader has not answered within an election timeout: request or answer may be lost. */
export function expirePassedReads(raft: RaftState): void {
  for (const [token, askedAt] of raft.passedReads) {
    if (raft.now - askedAt < raft.options.electionTicks) return;
    raft.passedReads.delete(token);
    raft.readStates.push({ token, index: 0 as Index, failed: true });
  }
}

function answer(raft: RaftState, read: Read, index: Index, refused: boolean): void {
  const { from, token } = read;
  if (from === raft.id) raft.readStates.push({ token, index, failed: refused });
  else raft.send({ kind: 'readIndexReply', from: raft.id, to: from, term: raft.term, token, index, refused });
}
