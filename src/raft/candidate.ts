/** Campaigning: pre-candidates and candidates (Raft §5.2, dissertation §9.6). */
import type { MemberId, Term } from '../base/ids.js';
import { allVoters } from './membership.js';
import { tally } from './quorum.js';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.js';
import type { RaftState } from './state.js';
import type { PreVoteReply, VoteReply } from './types.js';

/** The election timer ran out, or the leader's process is known to be gone. */
export function onElectionTimeout(raft: RaftState): void {
  if (!raft.electable) return;
  becomePreCandidate(raft);
  raft.votes.set(raft.id, true);
  for (const to of allVoters(raft.membership)) askPreVote(raft, to);
  countVotes(raft);
}

/**
 * While nothing is decided: ask those again that have not agreed. A member that still clung to the leader, or did not get the request, may
 * think otherwise now, and waiting for the next timeout would cost seconds.
 */
export function onPreCandidateTick(raft: RaftState): void {
  if (raft.electionElapsed % raft.options.heartbeatTicks !== 0) return;
  for (const to of allVoters(raft.membership)) if (raft.votes.get(to) !== true) askPreVote(raft, to);
}

/** Campaigns for real. `transfer`: the old leader wishes it, so nobody clings to that leader. */
export function startElection(raft: RaftState, transfer: boolean): void {
  becomeCandidate(raft);
  raft.wished = transfer;
  for (const to of allVoters(raft.membership)) askVote(raft, to);
}

/** A connection to a member opened: what was asked before may not have reached it. */
export function askAgain(raft: RaftState, to: MemberId): void {
  if (raft.votes.has(to) || !allVoters(raft.membership).includes(to)) return;
  if (raft.role === 'preCandidate') askPreVote(raft, to);
  else if (raft.role === 'candidate') askVote(raft, to);
}

function askPreVote(raft: RaftState, to: MemberId): void {
  if (to === raft.id) return;
  const { id: from, log } = raft;
  const term = (raft.term + 1) as Term;
  raft.send({ kind: 'preVoteRequest', from, to, term, lastIndex: log.last, lastTerm: log.lastTerm });
}

/** Goes out after the write: a term that was asked for votes must never be used again after a crash, perhaps with a shorter log. */
function askVote(raft: RaftState, to: MemberId): void {
  if (to === raft.id) return;
  const { id: from, term, log, wished: transfer } = raft;
  raft.sendAfterPersist({ kind: 'voteRequest', from, to, term, lastIndex: log.last, lastTerm: log.lastTerm, transfer });
}

export function onPreVoteReply(raft: RaftState, message: PreVoteReply): void {
  if (raft.role !== 'preCandidate' || message.requestTerm !== raft.term + 1) return;
  raft.votes.set(message.from, message.granted);
  countVotes(raft);
}

export function onVoteReply(raft: RaftState, message: VoteReply): void {
  if (raft.role !== 'candidate' || message.term !== raft.term) return;
  if (raft.votes.get(message.from) !== true) raft.votes.set(message.from, message.granted);
  countVotes(raft);
}

/** A candidate's own vote counts like any other: once it is on disk. */
export function onOwnVotePersisted(raft: RaftState): void {
  if (raft.votes.has(raft.id)) return;
  raft.votes.set(raft.id, true);
  countVotes(raft);
}

function countVotes(raft: RaftState): void {
  const { voters, outgoing } = raft.membership;
  const result = tally(voters, outgoing, raft.votes);
  if (result === 'lost') becomeFollower(raft, raft.term, undefined);
  else if (result === 'won') {
    if (raft.role === 'preCandidate') startElection(raft, false);
    else becomeLeader(raft);
  }
}
