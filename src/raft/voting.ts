/** What every member does when it is asked for a vote, whatever its role. */
import type { MemberId } from '../base/ids.js';
import type { RaftState } from './state.js';
import type { PreVoteRequest, VoteRequest } from './types.js';

/** Would this member vote for the sender? Changes nothing here (dissertation §9.6). */
export function onPreVoteRequest(raft: RaftState, message: PreVoteRequest): void {
  const open = message.term > raft.term || (message.term === raft.term && isFree(raft, message.from));
  const granted =
    open &&
    !raft.recovering &&
    !raft.hasLiveLeader &&
    raft.log.isUpToDate(message.lastIndex, message.lastTerm) &&
    !goesFirst(raft, message);
  const { id: from, term } = raft;
  raft.send({ kind: 'preVoteReply', from, to: message.from, term, granted, requestTerm: message.term });
}

/**
 * Several followers often notice at the same moment that the leader is gone, and would split the vote. So in its first round a pre-candidate
 * does not agree to an equal rival with a higher id, unless that one has refused it already. Later rounds rely on random timeouts alone.
 */
function goesFirst(raft: RaftState, rival: PreVoteRequest): boolean {
  return (
    raft.role === 'preCandidate' &&
    raft.preVoteRounds === 1 &&
    raft.id < rival.from &&
    raft.log.last === rival.lastIndex &&
    raft.log.lastTerm === rival.lastTerm &&
    raft.votes.get(rival.from) !== false
  );
}

/** Raft §5.2 and §5.4.1; the term has been adopted already. A vote is promised only once it is on disk. */
export function onVoteRequest(raft: RaftState, message: VoteRequest): void {
  const granted =
    message.term === raft.term &&
    isFree(raft, message.from) &&
    !raft.recovering &&
    raft.log.isUpToDate(message.lastIndex, message.lastTerm);
  const { id: from, term } = raft;
  if (!granted) {
    raft.send({ kind: 'voteReply', from, to: message.from, term, granted });
    return;
  }
  raft.votedFor = message.from;
  raft.drawElectionTimeout();
  raft.sendAfterPersist({ kind: 'voteReply', from, to: message.from, term, granted });
}

/** Whether this member's vote in the current term is not given to another. */
function isFree(raft: RaftState, candidate: MemberId): boolean {
  return raft.votedFor === candidate || (raft.votedFor === undefined && raft.leader === undefined);
}
