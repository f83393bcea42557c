/**
 * Changes of the membership, as the leader makes them (dissertation ch. 4). Voters change through a joint membership: its entry counts as soon as
 * it is in a log, needs majorities of the old and of the new voters, and once it is committed the leader appends the entry that ends it. So any
 * set of voters can follow any other in one change, and at no moment can two groups decide without each other.
 */
import { assert } from '../base/assert.js';
import type { Index, MemberId } from '../base/ids.js';
import { limits } from '../base/limits.js';
import { allMembers, isVoter, joint, settled, without } from './membership.js';
import { isQuorum, majority } from './quorum.js';
import { endReadRound } from './read-index.js';
import { becomeFollower, trackMembers } from './roles.js';
import type { RaftState } from './state.js';
import { bestSuccessor, transferLeadership } from './transfer.js';
import type { ChangeAnswer, ChangeRefusal, MemberRecord, Membership, MembershipChange } from './types.js';

/** See Raft.changeMembership. What is so already is answered like a change that is done. */
export function changeMembership(raft: RaftState, change: MembershipChange): ChangeAnswer {
  if (raft.role !== 'leader' || raft.transferTarget !== undefined)
    return refusal('notLeader', 'this member does not lead, or is handing leadership over');
  if (isChanging(raft)) return refusal('inProgress', 'another change of the membership is not finished');
  switch (change.kind) {
    case 'found':
      return raft.membership.records === undefined
        ? append(raft, { ...raft.membership, records: change.records, removed: [] })
        : done(raft);
    case 'add':
      return addLearner(raft, change.record);
    case 'promote':
      return promote(raft, change.id);
    case 'remove':
      return remove(raft, change.id);
    case 'describe':
      return describe(raft, change);
  }
}

/** The last change is not committed or still joint; or this leader does not know yet what is committed (dissertation §4.1). */
function isChanging(raft: RaftState): boolean {
  const { memberships, membership, commit } = raft;
  return memberships.index > commit || membership.outgoing.length > 0 || raft.log.termAt(commit) !== raft.term;
}

function addLearner(raft: RaftState, record: MemberRecord): ChangeAnswer {
  const { membership } = raft;
  if (allMembers(membership).includes(record.id)) return done(raft);
  if (allMembers(membership).length >= limits.members)
    return refusal('tooMany', `a cluster has at most ${limits.members} members; remove one first`);
  const records = [...(membership.records ?? []), record];
  return append(raft, { ...membership, learners: [...membership.learners, record.id], records });
}

function promote(raft: RaftState, id: MemberId): ChangeAnswer {
  const { membership } = raft;
  if (membership.voters.includes(id)) return done(raft);
  if (!membership.learners.includes(id)) return unknownMember();
  const progress = raft.progress.get(id);
  if (!keepsUp(raft, id)) {
    const why = `${nameOf(raft, id)} has not caught up: it has ${progress?.match ?? 0} of ${raft.log.last} entries of the log`;
    return refusal('notCaughtUp', answers(raft, id) ? why : `${why}, and it does not answer`);
  }
  return changeVoters(raft, [...membership.voters, id]);
}

function remove(raft: RaftState, id: MemberId): ChangeAnswer {
  const { membership } = raft;
  if (membership.removed?.includes(id)) return done(raft);
  if (membership.learners.includes(id)) {
    const learners = membership.learners.filter((learner) => learner !== id);
    return append(raft, without(membership, { ...membership, learners }));
  }
  if (!membership.voters.includes(id)) return unknownMember();
  return changeVoters(
    raft,
    membership.voters.filter((voter) => voter !== id),
  );
}

/** Who votes and who learns stays as it is, so no second half is needed. */
function describe(raft: RaftState, change: MembershipChange & { kind: 'describe' }): ChangeAnswer {
  const { membership } = raft;
  const { id, name, clientAddress, peerAddress } = change;
  const record = membership.records?.find((each) => each.id === id);
  if (!record) return unknownMember();
  if (record.name === name && record.clientAddress === clientAddress && record.peerAddress === peerAddress)
    return done(raft);
  const described = { ...record, name, clientAddress, peerAddress };
  const records = membership.records?.map((each) => (each === record ? described : each));
  return append(raft, { ...membership, records });
}

function changeVoters(raft: RaftState, voters: readonly MemberId[]): ChangeAnswer {
  const { membership } = raft;
  if (voters.length > limits.voters)
    return refusal('tooMany', `a cluster has at most ${limits.voters} voters; remove one first`);
  const why = lossOfQuorum(raft, voters);
  if (why !== undefined) return refusal('losesQuorum', why);
  const learners = membership.learners.filter((learner) => !voters.includes(learner));
  return append(raft, joint(membership, voters, learners));
}

/** Why these voters could not decide anything now, as a sentence; undefined when they can. */
function lossOfQuorum(raft: RaftState, voters: readonly MemberId[]): string | undefined {
  if (voters.length === 0) return 'the last voter cannot be removed: nobody would keep the data';
  const useful = (id: MemberId) => keepsUp(raft, id);
  if (isQuorum(voters, [], useful)) return undefined;
  const names = (ids: readonly MemberId[]) => ids.map((id) => nameOf(raft, id)).join(', ');
  const silent = voters.filter((id) => !useful(id));
  const active = voters.filter(useful);
  const rest = active.length === 0 ? 'none' : `only ${names(active)}`;
  return `of the ${voters.length} voters that this would leave, ${majority(voters.length)} must answer and keep up, and ${rest} ${active.length > 1 ? 'do' : 'does'}: bring ${names(silent)} back, or remove what is dead first`;
}

/** Whether it answers now, votes, and its log is as good as the leader's: its vote and its acknowledgements can be counted on. */
function keepsUp(raft: RaftState, id: MemberId): boolean {
  if (id === raft.id) return true;
  const progress = raft.progress.get(id);
  return answers(raft, id) && progress?.caughtUp === true && progress.recovering === false;
}

/** Whether it was heard of within an election timeout. */
function answers(raft: RaftState, id: MemberId): boolean {
  const progress = raft.progress.get(id);
  return progress?.answered === true && raft.now - progress.heardAt < raft.options.electionTicks;
}

/** Time passes: learners that have caught up and are meant to become voters do so, together and with those they replace leaving. */
export function promoteLearners(raft: RaftState): void {
  const { membership } = raft;
  if (membership.learners.length === 0 || raft.transferTarget !== undefined || isChanging(raft)) return;
  const ready = (membership.records ?? []).filter(
    ({ id, promote }) => promote && membership.learners.includes(id) && keepsUp(raft, id),
  );
  if (ready.length === 0) return;
  const others = ready.filter(({ replaces }) => replaces !== raft.id);
  let voters = withSuccessors(membership.voters, others);
  if (voters === membership.voters && others.length < ready.length) {
    const successor = bestSuccessor(raft);
    if (successor !== undefined) {
      // The next leader goes on; this one would have to step down in the middle.
      transferLeadership(raft, successor);
      return;
    }
    voters = withSuccessors(membership.voters, ready);
  }
  if (voters !== membership.voters) changeVoters(raft, voters);
}

/** As many as there are places for; the others stay learners until there is one. The same array when nobody has a place. */
function withSuccessors(voters: readonly MemberId[], ready: readonly MemberRecord[]): readonly MemberId[] {
  let after = voters;
  for (const { id, replaces } of ready) {
    const next = [...after.filter((voter) => voter !== replaces), id];
    if (next.length <= limits.voters) after = next;
  }
  return after;
}

/** A leader has committed the newest membership: a joint one ends, and a leader that is not in it any more steps down (dissertation §4.2.2). */
export function onMembershipCommitted(raft: RaftState): void {
  // A new leader knows what is committed once it has committed an entry of its term (dissertation §4.1).
  if (raft.role !== 'leader' || raft.log.termAt(raft.commit) !== raft.term) return;
  if (raft.membership.outgoing.length > 0) append(raft, settled(raft.membership));
  else if (!isVoter(raft.membership, raft.id)) stepDown(raft);
}

/** The best of those who stay is told to campaign at once, so that nobody waits for a timeout. */
function stepDown(raft: RaftState): void {
  const to = bestSuccessor(raft);
  const { id: from, term } = raft;
  if (to !== undefined) raft.send({ kind: 'timeoutNow', from, to, term });
  becomeFollower(raft, term, undefined);
}

function append(raft: RaftState, membership: Membership): ChangeAnswer {
  const index = (raft.log.last + 1) as Index;
  const entry = { index, term: raft.term, kind: 'membership', data: raft.memberships.encode(membership) } as const;
  raft.log.push(entry);
  raft.memberships.append(entry);
  assert(raft.membership.voters.length > 0, 'a membership without voters');
  trackMembers(raft);
  raft.replicationDue = true;
  raft.statusChanged = true;
  // Fewer may have to agree than before.
  endReadRound(raft);
  return { index, refused: undefined, why: '' };
}

function done(raft: RaftState): ChangeAnswer {
  return { index: raft.memberships.index, refused: undefined, why: '' };
}

function refusal(refused: ChangeRefusal, why: string): ChangeAnswer {
  return { index: undefined, refused, why };
}

function unknownMember(): ChangeAnswer {
  return refusal('unknownMember', 'the cluster has no such member');
}

function nameOf(raft: RaftState, id: MemberId): string {
  // One that was never started has no name.
  return raft.membership.records?.find((record) => record.id === id)?.name || `member ${id.toString(16)}`;
}
