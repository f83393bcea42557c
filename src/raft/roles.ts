/** The changes from one role to another (Raft figure 4). Each leaves the state as the new role expects it; none sends anything. */
import { assert } from '../base/assert.js';
import type { Index, MemberId, Term } from '../base/ids.js';
import { allMembers } from './membership.js';
import { Progress } from './progress.js';
import { failReads } from './read-index.js';
import type { RaftState } from './state.js';

const noData = new Uint8Array(0);

/** Enters `term` (or stays in it) as a follower of `leader`, if one is known. */
export function becomeFollower(raft: RaftState, term: Term, leader: MemberId | undefined): void {
  assert(term >= raft.term, 'the term went back');
  const wasFollower = raft.role === 'follower';
  if (term !== raft.term || raft.leader !== leader || !wasFollower) {
    failReads(raft);
    raft.acknowledgeUpTo = undefined;
    raft.statusChanged = true;
  }
  if (term !== raft.term) {
    raft.term = term;
    raft.votedFor = undefined;
  }
  raft.role = 'follower';
  raft.leader = leader;
  leave(raft);
  // A rival with a higher term does not set the timer of a waiting follower back, or one that cannot win could keep others from trying.
  if (!wasFollower || leader !== undefined) raft.drawElectionTimeout();
  if (leader === undefined) return;
  raft.leaderHeardAt = raft.now;
  raft.preVoteRounds = 0;
  // It may have voted in this term and lost the record; this leader was elected, so naming it contradicts nothing.
  if (raft.recovering) raft.votedFor = leader;
}

/** Asks whether it could win before it disturbs anybody (dissertation §9.6): term and vote stay. */
export function becomePreCandidate(raft: RaftState): void {
  assert(raft.role !== 'leader', 'a leader does not campaign');
  failReads(raft);
  raft.role = 'preCandidate';
  raft.leader = undefined;
  raft.acknowledgeUpTo = undefined;
  leave(raft);
  raft.preVoteRounds++;
  raft.statusChanged = true;
  raft.drawElectionTimeout();
}

/** Enters the next term and votes for itself (Raft §5.2). */
export function becomeCandidate(raft: RaftState): void {
  assert(raft.role !== 'leader', 'a leader does not campaign');
  failReads(raft);
  raft.role = 'candidate';
  raft.term = (raft.term + 1) as Term;
  raft.votedFor = raft.id;
  raft.leader = undefined;
  raft.acknowledgeUpTo = undefined;
  leave(raft);
  raft.statusChanged = true;
  raft.drawElectionTimeout();
}

/** Takes over and appends an entry of its own term, so that what earlier leaders left can be committed (Raft §5.4.2, §8). */
export function becomeLeader(raft: RaftState): void {
  assert(raft.role === 'candidate' && raft.votedFor === raft.id, 'only an elected candidate becomes leader');
  leave(raft);
  raft.role = 'leader';
  raft.leader = raft.id;
  raft.leaderHeardAt = raft.now;
  raft.heartbeatElapsed = 0;
  raft.preVoteRounds = 0;
  raft.statusChanged = true;
  const next = (raft.log.last + 1) as Index;
  trackMembers(raft);
  raft.log.push({ index: next, term: raft.term, kind: 'noop', data: noData });
  raft.replicationDue = true;
}

/** Leader: a progress for every other member, and for nobody else. */
export function trackMembers(raft: RaftState): void {
  const { inflightAppends, inflightBytes } = raft.options;
  const members = allMembers(raft.membership);
  const next = (raft.log.last + 1) as Index;
  for (const id of raft.progress.keys()) if (!members.includes(id)) raft.progress.delete(id);
  for (const id of members) {
    if (id === raft.id || raft.progress.has(id)) continue;
    raft.progress.set(id, new Progress(next, raft.now, inflightAppends, inflightBytes));
  }
}

/** Forgets what belonged to the role that ends. */
function leave(raft: RaftState): void {
  raft.votes.clear();
  raft.progress.clear();
  raft.replicationDue = false;
  if (raft.transferTarget !== undefined) {
    raft.transferTarget = undefined;
    raft.statusChanged = true;
  }
  raft.snapshotsWanted.length = 0;
  raft.entriesWanted = raft.entriesWanted.filter((wanted) => wanted.for === 'apply');
}
