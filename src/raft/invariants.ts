/**
 * What must be true of one member at any time, and from one moment to the next. Tests and the simulation check both after every
 * step; what must be true between members is checked there.
 */
import { assert } from '../base/assert.js';
import type { Index, MemberId, Term } from '../base/ids.js';
import { allMembers } from './membership.js';
import type { Raft } from './raft.js';
import type { Membership, Role } from './types.js';

/** What checkStep compares. */
export interface Observation {
  readonly id: MemberId;
  readonly role: Role;
  readonly term: Term;
  readonly votedFor: MemberId | undefined;
  readonly leader: MemberId | undefined;
  readonly commit: Index;
  readonly applied: Index;
  readonly delivered: Index;
  readonly lastIndex: Index;
  readonly persisted: Index;
  readonly recovering: boolean;
  readonly readRound: number;
}

/** The state of the member at this moment. */
export function observe(raft: Raft): Observation {
  const { id, role, term, votedFor, leader, commit, applied, delivered, log, recovering, readRound } = raft.state;
  const { last: lastIndex, persisted } = log;
  return { id, role, term, votedFor, leader, commit, applied, delivered, lastIndex, persisted, recovering, readRound };
}

/** Asserts what is true of a member's state at any time. `deep` also walks over the log in memory. */
export function checkState(raft: Raft, deep = true): void {
  const state = raft.state;
  const { log, role, term, votedFor, leader, id } = state;
  assert(log.startIndex <= state.applied, 'the log begins after the applied index');
  assert(state.applied <= state.delivered, 'more is applied than was handed out');
  assert(state.delivered <= state.commit, 'more is handed out to be applied than is committed');
  assert(state.commit <= log.last, 'more is committed than the log holds');
  assert(log.persisted <= log.handed && log.handed <= log.last, 'more is on disk than was handed out');
  assert(state.install !== undefined || state.delivered <= log.handed, 'applied before it was handed to the disk');
  assert(log.firstInMemory <= log.last + 1, 'the log in memory ends before the log');
  assert(
    log.firstInMemory <= Math.max(state.commit, log.startIndex) + 1,
    'an entry that may not be committed is not in memory',
  );
  assert(log.lastTerm <= term, 'the log is ahead of the term');
  assert(state.persistence.term <= term, 'the disk is ahead of the term');

  if (role === 'leader') {
    assert(leader === id, 'a leader follows another');
    assert(votedFor === id, 'a leader voted for another');
    assert(state.persistence.term === term, 'a leader whose vote is not on disk');
    // One that is removed leads until the membership without it is committed (dissertation §4.2.2).
    assert(state.electable, 'a leader that is not electable');
    for (const member of allMembers(state.membership))
      assert(member === id || state.progress.has(member), 'a member that the leader does not know of');
    assert(log.lastTerm === term, 'a leader without an entry of its term');
    for (const progress of state.progress.values()) {
      assert(progress.match < progress.next, 'an acknowledged entry is to be sent again');
      assert(progress.match <= log.last && progress.next <= log.last + 1, 'a follower is ahead of its leader');
      assert(progress.state !== 'snapshot' || progress.loading === undefined, 'entries are loaded beside an image');
    }
  } else {
    assert(state.progress.size === 0, 'only a leader keeps progress');
    assert(leader !== id, 'a member that is not leader follows itself');
    assert(state.transferTarget === undefined, 'only a leader hands over');
    assert(state.roundReads.length === 0 && state.waitingReads.length === 0, 'only a leader confirms reads');
  }
  if (role === 'candidate') assert(votedFor === id && leader === undefined, 'a candidate voted for another');
  if (role === 'preCandidate') assert(leader === undefined, 'a pre-candidate has a leader');
  if (role === 'candidate' || role === 'preCandidate') assert(!state.recovering, 'a recovering member campaigns');

  if (!deep) return;
  checkRecords(state.membership);
  let index = log.firstInMemory - 1;
  let before = 0;
  for (const entry of log.tailAfter(index as Index)) {
    assert(entry.index === ++index, 'the log has a gap');
    assert(entry.term >= before, 'terms in the log go back');
    assert(log.termAt(entry.index) === entry.term, 'the log knows another term than the entry has');
    before = entry.term;
  }
  assert(index === log.last, 'the log in memory does not end where the log ends');
}

/** A member is described once, and nobody who is none. */
function checkRecords(membership: Membership): void {
  const { records, removed = [] } = membership;
  if (!records) return;
  const members = new Set(allMembers(membership));
  const described = new Set<MemberId>();
  for (const { id } of records) {
    assert(members.has(id), 'a record of somebody who is no member');
    assert(!described.has(id), 'two records of one member');
    assert(!removed.includes(id), 'a record of a removed member');
    described.add(id);
  }
}

/** Asserts what is true between two moments of one member that did not restart between them. */
export function checkStep(before: Observation, after: Observation): void {
  assert(after.id === before.id, 'observations of two members');
  assert(after.term >= before.term, 'the term went back');
  assert(after.commit >= before.commit, 'the commit index went back');
  assert(after.applied >= before.applied, 'the applied index went back');
  assert(after.delivered >= before.delivered, 'an entry was handed out twice');
  assert(after.lastIndex >= before.commit, 'committed entries are gone');
  assert(after.readRound >= before.readRound, 'a read round was used twice');
  assert(before.recovering || !after.recovering, 'a member lost its data while it ran');
  if (after.term !== before.term) return;
  assert(before.votedFor === undefined || after.votedFor === before.votedFor, 'a vote was changed within a term');
  const sameLeader = before.leader === undefined || after.leader === undefined || before.leader === after.leader;
  assert(sameLeader, 'two leaders in one term');
  if (before.role !== 'leader') return;
  assert(after.role === 'leader' || after.role === 'follower', 'a leader became something else than follower');
  if (after.role === 'leader') assert(after.lastIndex >= before.lastIndex, 'a leader removed entries of its log');
}
