/** Changes of the membership: dissertation ch. 4; joint consensus §4.3, catching up §4.2.1, leaders that are removed §4.2.2, disturbance §4.2.3. */
import { describe, expect, it } from 'vitest';
import { checkState } from '../../src/raft/invariants.js';
import { Raft } from '../../src/raft/raft.js';
import type { ChangeAnswer, Entry, MemberRecord, Membership } from '../../src/raft/types.js';
import { at, entry, id, inTerm, jsonCodec, Lone, logOf, membershipEntry, meta, one, only, voters } from './harness.js';

const learning = (learners: number[], ...ids: number[]): Membership => ({
  ...voters(...ids),
  learners: learners.map(id),
});

function record(number: number, fields: Partial<MemberRecord> = {}): MemberRecord {
  const name = `n${number}`;
  return { id: id(number), name, clientAddress: '', peerAddress: '', promote: true, replaces: undefined, ...fields };
}

/** A leader of term 1 to whom everyone has answered, so that all are known to keep up. */
function leader(membership: Membership = voters(1, 2, 3), silent: number[] = []): Lone {
  const lone = new Lone({ membership });
  const others = [...membership.voters, ...membership.outgoing].filter((member) => member !== 1);
  lone.lead(...others);
  lone.flush();
  answerAll(lone, silent);
  return lone;
}

/** Everyone but the silent acknowledges the whole log, twice, with time in between. */
function answerAll(lone: Lone, silent: number[] = []): void {
  for (let round = 0; round < 2; round++) {
    for (const member of lone.raft.state.progress.keys()) if (!silent.includes(member)) acknowledge(lone, member);
    lone.tick();
    lone.flush();
  }
}

function acknowledge(lone: Lone, ...members: number[]): void {
  for (const member of members) {
    lone.step(lone.from('heartbeatReply', member, { readRound: 0, recovering: false }));
    lone.step(lone.accept(member, lone.status.lastIndex));
  }
}

const refused = (answer: ChangeAnswer) => answer.refused;
const shape = ({ voters: group, outgoing, learners }: Membership) => ({ group, outgoing, learners });

describe('the membership in the log', () => {
  it('counts as soon as it is appended, on the leader and on followers (§4.1)', () => {
    const lone = leader();
    expect(lone.raft.changeMembership({ kind: 'remove', id: id(3) })).toEqual({
      index: 2,
      refused: undefined,
      why: '',
    });
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2], outgoing: [1, 2, 3], learners: [] });
    expect(lone.status.commit).toBe(1);

    const follower = new Lone({ membership: voters(1, 2, 3) });
    follower.step(follower.append({ entries: [membershipEntry(1, 1, voters(1, 2))], term: inTerm(1) }));
    expect(follower.status).toMatchObject({ commit: 0, membershipIndex: 1, membership: { voters: [1, 2] } });
  });

  it('goes back to the one before when its entry is replaced by a later leader (§4.1)', () => {
    const log: Entry[] = [
      entry(1, 1),
      membershipEntry(2, 1, voters(1, 2, 3, 4)),
      membershipEntry(3, 1, voters(1, 2, 4)),
    ];
    const lone = new Lone({ membership: voters(1, 2, 3), log: [entry(1, 1)], commit: 1, term: 1 });
    lone.step(lone.append({ prevIndex: at(1), prevTerm: inTerm(1), entries: log.slice(1), term: inTerm(1) }));
    expect(lone.status.membership.voters).toEqual([1, 2, 4]);
    const later = { term: inTerm(2), from: id(3) };
    lone.step(lone.append({ ...later, prevIndex: at(2), prevTerm: inTerm(1), entries: [entry(3, 2)] }));
    expect(lone.status.membership.voters).toEqual([1, 2, 3, 4]);
    lone.step(lone.append({ ...later, prevIndex: at(1), prevTerm: inTerm(1), entries: [entry(2, 2)] }));
    expect(lone.status).toMatchObject({ membershipIndex: 0, membership: { voters: [1, 2, 3] } });
  });

  it('comes back after a restart, also when the machine has not reached it', () => {
    const lone = new Lone({ membership: voters(1, 2, 3) });
    const { options } = lone.raft.state;
    const log = [entry(1, 1), membershipEntry(2, 1, voters(1, 2, 3, 4)), entry(3, 1)];
    const restored = {
      hardState: { term: inTerm(1), votedFor: undefined, commit: at(3), recovering: false },
      start: meta(0, 0, voters(1, 2, 3)),
      applied: at(1),
      membership: voters(1, 2, 3),
      laterMemberships: [log[1] as Entry],
      lastIndex: at(3),
      lastTerm: inTerm(1),
      tail: log,
    };
    const { membership, membershipIndex } = new Raft(options, restored).status();
    expect({ membershipIndex, voters: membership.voters }).toEqual({ membershipIndex: 2, voters: [1, 2, 3, 4] });
  });

  it('comes with an image; one from before the founding names nobody, and who is known stays known', () => {
    const lone = new Lone({ membership: voters(1, 2, 3) });
    lone.raft.snapshotReceived(id(2), inTerm(1), meta(5, 1, voters(1, 2)));
    expect(lone.status.membership.voters).toEqual([1, 2]);
    const other = new Lone({ membership: voters(1, 2, 3) });
    other.raft.snapshotReceived(id(2), inTerm(1), meta(5, 1, voters()));
    expect(other.status.membership.voters).toEqual([1, 2, 3]);
  });
});

describe('a change of voters', () => {
  it('needs both majorities until the leader, by itself, ends the joint membership (§4.3)', () => {
    const lone = leader(learning([4], 1, 2, 3));
    lone.raft.changeMembership({ kind: 'promote', id: id(4) });
    lone.flush();
    acknowledge(lone, 4);
    expect(lone.status.commit).toBe(1);
    acknowledge(lone, 2);
    expect(lone.status.commit).toBe(2);
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2, 3, 4], outgoing: [], learners: [] });
    expect(lone.status).toMatchObject({ lastIndex: 3, membershipIndex: 3 });
    acknowledge(lone, 2, 4);
    expect(lone.status.commit).toBe(3);
  });

  it('is ended by the next leader when the one that began it is gone (§4.3)', () => {
    const joint = { ...voters(1, 2), outgoing: [1, 2, 3].map(id) };
    const lone = new Lone({ membership: voters(1, 2, 3), log: [], term: 1 });
    lone.step(lone.append({ entries: [membershipEntry(1, 1, joint)], term: inTerm(1), from: id(3) }));
    lone.lead(2);
    acknowledge(lone, 2);
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2], outgoing: [], learners: [] });
    expect(lone.status.membership.removed).toEqual([3]);
  });

  it('that the next leader finds committed is ended once an entry of its own term is, too (§4.1)', () => {
    const joint = { ...voters(1, 2), outgoing: [1, 2, 3].map(id) };
    const lone = new Lone({ membership: voters(1, 2, 3), log: [], term: 1 });
    lone.step(lone.append({ entries: [membershipEntry(1, 1, joint)], commit: at(1), term: inTerm(1), from: id(3) }));
    lone.lead(2);
    lone.flush();
    expect(lone.status).toMatchObject({ role: 'leader', commit: 1, lastIndex: 2, membershipIndex: 1 });
    acknowledge(lone, 2);
    expect(lone.status).toMatchObject({ lastIndex: 3, membershipIndex: 3 });
  });

  it('is the only one until it is committed and no longer joint', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'remove', id: id(3) });
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(2) }))).toBe('inProgress');
    lone.flush();
    acknowledge(lone, 2);
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(2) }))).toBe('inProgress');
    acknowledge(lone, 2);
    answerAll(lone);
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(2) }))).toBeUndefined();
  });

  it('waits until the leader has committed an entry of its term (the flaw of single-server changes)', () => {
    const lone = new Lone({ membership: voters(1, 2, 3) });
    lone.lead(2, 3);
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(3) }))).toBe('inProgress');
  });

  it('is for the leader alone, and not while it hands over', () => {
    const follower = new Lone({ membership: voters(1, 2, 3) });
    expect(refused(follower.raft.changeMembership({ kind: 'remove', id: id(3) }))).toBe('notLeader');
    const lone = leader();
    lone.raft.transferLeadership(id(2));
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(3) }))).toBe('notLeader');
  });

  it('that would leave voters who cannot decide is refused with the sentence that says why', () => {
    const lone = leader(voters(1, 2, 3), [3]);
    expect(lone.raft.changeMembership({ kind: 'remove', id: id(2) })).toMatchObject({
      refused: 'losesQuorum',
      why: expect.stringMatching(
        /of the 2 voters that this would leave, 2 must answer.*only member 1 does: bring member 3 back/,
      ),
    });
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(3) }))).toBeUndefined();
    const alone = leader(voters(1));
    expect(alone.raft.changeMembership({ kind: 'remove', id: id(1) })).toMatchObject({
      refused: 'losesQuorum',
      why: expect.stringContaining('the last voter cannot be removed'),
    });
  });

  it('does not count on a member whose process is known to be gone', () => {
    const lone = leader();
    lone.raft.peerGone(id(3));
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(2) }))).toBe('losesQuorum');
  });
});

describe('a learner', () => {
  it('gets the log and never counts (§4.2.1)', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'add', record: record(4, { promote: false }) });
    const sent = lone.flush();
    expect(only(sent, 'appendRequest', 4).length).toBeGreaterThan(0);
    lone.raft.propose([Buffer.from('x')]);
    lone.flush();
    acknowledge(lone, 4);
    expect(lone.status.commit).toBe(1);
    acknowledge(lone, 3);
    expect(lone.status.commit).toBe(3);
  });

  it('does not campaign', () => {
    const lone = new Lone({ me: 4, membership: learning([4], 1, 2, 3) });
    expect(lone.timeOut()).toEqual([]);
    expect(lone.status.role).toBe('follower');
  });

  it('becomes a voter by itself once a round of catching up is shorter than an election timeout (§4.2.1)', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'add', record: record(4) });
    lone.flush();
    acknowledge(lone, 2, 3);
    lone.tick(3);
    lone.flush();
    expect(lone.status.membership.learners).toEqual([4]);
    answerAll(lone);
    answerAll(lone);
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2, 3, 4], outgoing: [], learners: [] });
  });

  it('stays one when it is meant to, until somebody promotes it; not before it has caught up', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'add', record: record(4, { promote: false }) });
    lone.flush();
    acknowledge(lone, 2, 3);
    expect(lone.raft.changeMembership({ kind: 'promote', id: id(4) })).toMatchObject({
      refused: 'notCaughtUp',
      why: expect.stringMatching(/^n4 has not caught up: it has 0 of 2 entries of the log, and it does not answer$/),
    });
    answerAll(lone);
    answerAll(lone);
    expect(lone.status.membership.learners).toEqual([4]);
    expect(refused(lone.raft.changeMembership({ kind: 'promote', id: id(4) }))).toBeUndefined();
  });

  it('does not become a voter while it does not vote because it may have forgotten something', () => {
    const lone = leader(learning([4], 1, 2, 3));
    lone.step(lone.from('heartbeatReply', 4, { readRound: 0, recovering: true }));
    expect(refused(lone.raft.changeMembership({ kind: 'promote', id: id(4) }))).toBe('notCaughtUp');
    lone.step(lone.from('heartbeatReply', 4, { readRound: 0, recovering: false }));
    expect(refused(lone.raft.changeMembership({ kind: 'promote', id: id(4) }))).toBeUndefined();
  });

  it('takes the place of a voter in one joint change', () => {
    const lone = leader(voters(1, 2, 3), [3]);
    lone.raft.changeMembership({ kind: 'add', record: record(4, { replaces: id(3) }) });
    lone.flush();
    acknowledge(lone, 2);
    answerAll(lone, [3]);
    answerAll(lone, [3]);
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2, 4], outgoing: [], learners: [] });
    expect(lone.status.membership.removed).toEqual([3]);
  });

  it('becomes a voter while there are places, also when more have caught up than there are places', () => {
    const lone = leader();
    for (const newcomer of [4, 5, 6, 7, 8, 9]) {
      lone.raft.changeMembership({ kind: 'add', record: record(newcomer) });
      lone.flush();
      acknowledge(lone, 2, 3);
    }
    answerAll(lone);
    answerAll(lone);
    expect(shape(lone.status.membership)).toEqual({ group: [1, 2, 3, 4, 5, 6, 7], outgoing: [], learners: [8, 9] });
  });

  it('that takes the place of the leader lets it hand over first', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'add', record: record(4, { replaces: id(1) }) });
    lone.flush();
    acknowledge(lone, 2, 3);
    answerAll(lone);
    expect(lone.status.transferTarget).toBe(2);
    expect(lone.status.membership.voters).toEqual([1, 2, 3]);
  });
});

it('a learner that takes the place of the leader is not held up by others for whom there is no place', () => {
  const lone = leader(voters(1, 2, 3, 4, 5, 6, 7));
  for (const [newcomer, replaces] of [
    [8, undefined],
    [9, id(1)],
  ] as const) {
    lone.raft.changeMembership({ kind: 'add', record: record(newcomer, { replaces }) });
    lone.flush();
    acknowledge(lone, 2, 3, 4, 5);
  }
  answerAll(lone);
  answerAll(lone);
  expect(lone.status.transferTarget).toBeDefined();
});

describe('a member that is removed', () => {
  it('leads until the membership without it is committed, then tells a voter to campaign and steps down (§4.2.2)', () => {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'remove', id: id(1) });
    lone.flush();
    acknowledge(lone, 2, 3);
    expect(shape(lone.status.membership)).toEqual({ group: [2, 3], outgoing: [], learners: [] });
    expect(lone.status.role).toBe('leader');
    lone.step(lone.accept(2, 3));
    expect(lone.status).toMatchObject({ role: 'leader', commit: 2 });
    const sent = lone.step(lone.accept(3, 3));
    expect(lone.status).toMatchObject({ role: 'follower', commit: 3, leader: undefined });
    expect(one(sent, 'timeoutNow').to).toBe(2);
    expect(lone.timeOut()).toEqual([]);
  });

  it('may have to lead once more when it alone holds the membership without it (§4.2.2)', () => {
    const joint = { ...voters(2, 3), outgoing: [1, 2, 3].map(id) };
    const log = [membershipEntry(1, 1, joint), membershipEntry(2, 1, voters(2, 3))];
    const lone = new Lone({ membership: voters(1, 2, 3), term: 1 });
    lone.step(lone.append({ entries: log, commit: at(1), term: inTerm(1) }));
    lone.lead(2, 3);
    expect(lone.status.role).toBe('leader');
    acknowledge(lone, 2, 3);
    expect(lone.status.role).toBe('follower');
  });

  it('disturbs nobody: its requests change neither term nor vote while there is a leader (§4.2.3)', () => {
    const lone = leader();
    const { term } = lone.status;
    const fields = { term: inTerm(term + 5), lastIndex: at(99), lastTerm: inTerm(term) };
    const [reply] = lone.step(lone.from('preVoteRequest', 9, fields));
    expect(reply).toMatchObject({ kind: 'preVoteReply', granted: false });
    expect(lone.step(lone.from('voteRequest', 9, { ...fields, transfer: false }))).toEqual([]);
    expect(lone.status).toMatchObject({ role: 'leader', term });

    const follower = new Lone({ log: logOf(1), term: 1 });
    follower.step(follower.append({ prevIndex: at(1), prevTerm: inTerm(1) }));
    expect(follower.step(follower.from('voteRequest', 9, { ...fields, transfer: false }))).toEqual([]);
    expect(follower.status.term).toBe(1);
  });

  it('is noted for ever, and removing it again is no error', () => {
    const lone = leader(learning([4], 1, 2, 3));
    lone.raft.changeMembership({ kind: 'remove', id: id(4) });
    lone.flush();
    acknowledge(lone, 2, 3);
    expect(lone.status.membership).toMatchObject({ learners: [], removed: [4] });
    expect(lone.raft.changeMembership({ kind: 'remove', id: id(4) })).toMatchObject({ index: 2, refused: undefined });
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(9) }))).toBe('unknownMember');
    expect(lone.raft.state.progress.has(id(4))).toBe(false);
  });
});

describe('a member that is described anew', () => {
  const place = { name: 'n4', clientAddress: 'n4:1', peerAddress: 'n4:2' };

  /** Three founders and a learner whom nobody has started yet. */
  function withUnstarted(): Lone {
    const lone = leader();
    lone.raft.changeMembership({ kind: 'found', records: [1, 2, 3].map((number) => record(number)) });
    lone.flush();
    acknowledge(lone, 2, 3);
    lone.raft.changeMembership({ kind: 'add', record: record(4, { name: '', peerAddress: 'n4:2', promote: false }) });
    lone.flush();
    acknowledge(lone, 2, 3);
    return lone;
  }

  it('stays what it is and what it is to become; nobody else changes, and no second half is needed', () => {
    const lone = withUnstarted();
    const { records = [], ...before } = lone.status.membership;
    expect(lone.raft.changeMembership({ kind: 'describe', id: id(4), ...place })).toMatchObject({ index: 4 });
    const { records: after, ...rest } = lone.status.membership;
    expect(rest).toEqual(before);
    expect(after).toEqual([...records.slice(0, 3), { ...records[3], ...place }]);
    lone.flush();
    acknowledge(lone, 2);
    expect(lone.status).toMatchObject({ commit: 4, lastIndex: 4, membershipIndex: 4 });
    checkState(lone.raft);
  });

  it('is one change like the others: one at a time, by the leader, and of a member that there is', () => {
    const lone = withUnstarted();
    const change = { kind: 'describe', id: id(4), ...place } as const;
    expect(refused(lone.raft.changeMembership({ ...change, id: id(9) }))).toBe('unknownMember');
    lone.raft.changeMembership(change);
    expect(refused(lone.raft.changeMembership({ ...change, peerAddress: 'n4:3' }))).toBe('inProgress');
    expect(refused(lone.raft.changeMembership({ kind: 'remove', id: id(4) }))).toBe('inProgress');
    lone.flush();
    acknowledge(lone, 2, 3);
    // So already.
    expect(lone.raft.changeMembership(change)).toMatchObject({ index: 4, refused: undefined });
    expect(lone.status.lastIndex).toBe(4);
    lone.raft.changeMembership({ kind: 'remove', id: id(4) });
    lone.flush();
    acknowledge(lone, 2, 3);
    expect(refused(lone.raft.changeMembership(change))).toBe('unknownMember');
    const follower = new Lone({ membership: voters(1, 2, 3) });
    expect(refused(follower.raft.changeMembership(change))).toBe('notLeader');
  });

  it('is what it was when the entry is replaced by a later leader (§4.1)', () => {
    const founded = { ...voters(1, 2, 3), records: [1, 2, 3].map((number) => record(number)) };
    const moved = { ...founded, records: [record(1), record(2), record(3, { peerAddress: 'n3:9' })] };
    const lone = new Lone({ membership: voters(1, 2, 3), term: 1 });
    const entries = [membershipEntry(1, 1, founded), membershipEntry(2, 1, moved)];
    lone.step(lone.append({ entries, term: inTerm(1) }));
    expect(lone.status.membership.records?.[2]).toMatchObject({ peerAddress: 'n3:9' });
    const later = { term: inTerm(2), from: id(3), prevIndex: at(1), prevTerm: inTerm(1) };
    lone.step(lone.append({ ...later, entries: [entry(2, 2)] }));
    expect(lone.status.membership.records?.[2]).toMatchObject({ peerAddress: '' });
  });
});

describe('the founding', () => {
  it('writes the members of the settings into the log, once', () => {
    const lone = leader();
    const records = [1, 2, 3].map((number) => record(number));
    expect(lone.raft.changeMembership({ kind: 'found', records })).toMatchObject({ index: 2 });
    lone.flush();
    acknowledge(lone, 2, 3);
    expect(lone.status.membership).toMatchObject({ voters: [1, 2, 3], records: [{ name: 'n1' }, {}, {}] });
    expect(lone.raft.changeMembership({ kind: 'found', records: [] })).toMatchObject({ index: 2 });
    expect(jsonCodec.decode(lone.raft.tailAfter(at(1))[0]?.data ?? Buffer.of())).toMatchObject({
      records: [{ id: 1, name: 'n1' }, { id: 2 }, { id: 3 }],
    });
  });
});
