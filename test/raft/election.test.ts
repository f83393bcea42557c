/** Elections: Raft §5.2 and §5.4.1, dissertation §3.4 and §3.6. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { at, id, inTerm, Lone, logOf, one, only, voters } from './harness.js';

const ask = (lone: Lone, from: number, term: number, lastIndex = 0, lastTerm = 0, transfer = false) =>
  lone.from('voteRequest', from, {
    term: inTerm(term),
    lastIndex: at(lastIndex),
    lastTerm: inTerm(lastTerm),
    transfer,
  });

describe('election timeout', () => {
  it('is drawn anew from [T, 2T) for every campaign (§5.2)', () => {
    const drawn = new Set<number>();
    const lone = new Lone({ options: { random: seededRandom(5), electionTicks: 10 } });
    for (let campaign = 0; campaign < 300; campaign++) {
      const rounds = lone.raft.state.preVoteRounds;
      let ticks = 0;
      do {
        lone.tick();
        ticks++;
      } while (lone.raft.state.preVoteRounds === rounds);
      drawn.add(ticks);
    }
    expect([...drawn].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('is set back by every message of the leader (§5.2)', () => {
    const lone = new Lone({ term: 1 });
    for (let beat = 0; beat < 10; beat++) {
      lone.tick(9);
      lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    }
    expect(lone.status).toMatchObject({ role: 'follower', term: 1, leader: 2 });
    expect(only(lone.timeOut(), 'preVoteRequest')).toHaveLength(2);
  });

  it('is not set back by a rival that gets no vote', () => {
    const lone = new Lone({ log: logOf(1, 1), term: 1 });
    let ticks = 0;
    while (lone.status.role === 'follower') {
      lone.step(ask(lone, 2, lone.status.term + 1, 1, 1));
      lone.tick();
      ticks++;
    }
    expect(ticks).toBeLessThan(20);
  });

  it('does not make a learner or a stranger campaign', () => {
    const learner = new Lone({ membership: { voters: [id(2), id(3)], outgoing: [], learners: [id(1)] } });
    const stranger = new Lone({ membership: voters(2, 3) });
    expect([...learner.timeOut(), ...stranger.timeOut()]).toEqual([]);
  });
});

describe('candidate', () => {
  it('enters the next term, votes for itself and asks all voters (§5.2)', () => {
    const lone = new Lone({ log: logOf(1, 2), term: 2, membership: voters(1, 2, 3) });
    lone.timeOut();
    const requestTerm = inTerm(3);
    lone.raft.step(lone.from('preVoteReply', 2, { granted: true, requestTerm }));
    const [ready] = lone.take();
    expect(lone.status).toMatchObject({ role: 'candidate', term: 3, leader: undefined });
    expect(ready?.hardState).toMatchObject({ term: 3, votedFor: 1 });
    expect(ready?.hardStateOptional).toBe(false);
    expect(ready?.messages).toEqual([]);
    const requests = only(ready?.messagesAfterPersist ?? [], 'voteRequest');
    expect(requests.map((each) => each.to)).toEqual([2, 3]);
    expect(requests[0]).toMatchObject({ term: 3, lastIndex: 2, lastTerm: 2, transfer: false });
  });

  it('counts its own vote only once it is on disk (§5.2: votes are persistent)', () => {
    const lone = new Lone();
    lone.timeOut();
    lone.raft.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    const [ready] = lone.take();
    lone.raft.step(lone.from('voteReply', 2, { granted: true }));
    expect(lone.status.role).toBe('candidate');
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(lone.status.role).toBe('leader');
  });

  it('alone in the cluster is elected by its own vote, once it is on disk', () => {
    const lone = new Lone({ membership: voters(1) });
    while (lone.status.role === 'follower') lone.tick();
    const [ready] = lone.take();
    expect(lone.status.role).toBe('candidate');
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(lone.status).toMatchObject({ role: 'leader', term: 1, commit: 0 });
    lone.flush();
    expect(lone.status.commit).toBe(1);
  });

  it.each([
    [3, [2], 'leader'],
    [3, [], 'candidate'],
    [5, [2], 'candidate'],
    [5, [2, 3], 'leader'],
    [7, [2, 3], 'candidate'],
    [7, [2, 3, 4], 'leader'],
  ])('of %i with votes of %j becomes %s (§5.2)', (size, supporters, role) => {
    const members = Array.from({ length: size }, (_, position) => position + 1);
    const lone = new Lone({ membership: voters(...members) });
    lone.timeOut();
    for (const from of members.slice(1))
      lone.step(lone.from('preVoteReply', from, { granted: true, requestTerm: inTerm(1) }));
    for (const from of supporters) lone.step(lone.from('voteReply', from, { granted: true }));
    expect(lone.status.role).toBe(role);
  });

  it('needs both majorities during a joint change (dissertation §4.3)', () => {
    const membership = { voters: [1, 2, 3].map(id), outgoing: [3, 4, 5].map(id), learners: [] };
    const lone = new Lone({ membership });
    lone.timeOut();
    for (const from of [2, 4, 5]) lone.step(lone.from('preVoteReply', from, { granted: true, requestTerm: inTerm(1) }));
    lone.step(lone.from('voteReply', 2, { granted: true }));
    lone.step(lone.from('voteReply', 4, { granted: true }));
    expect(lone.status.role).toBe('candidate');
    lone.step(lone.from('voteReply', 5, { granted: true }));
    expect(lone.status.role).toBe('leader');
  });

  it('does not count a vote twice, nor of another term, nor of a stranger', () => {
    const lone = new Lone({ membership: voters(1, 2, 3, 4, 5) });
    lone.timeOut();
    for (const from of [2, 3]) lone.step(lone.from('preVoteReply', from, { granted: true, requestTerm: inTerm(1) }));
    lone.step(lone.from('voteReply', 2, { granted: true }));
    lone.step(lone.from('voteReply', 2, { granted: true }));
    lone.step(lone.from('voteReply', 9, { granted: true }));
    lone.step(lone.from('voteReply', 3, { granted: true, term: inTerm(0) }));
    expect(lone.status.role).toBe('candidate');
  });

  it('gives up when a majority refuses', () => {
    const lone = new Lone();
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    lone.step(lone.from('voteReply', 2, { granted: false }));
    expect(lone.status.role).toBe('candidate');
    lone.step(lone.from('voteReply', 3, { granted: false }));
    expect(lone.status).toMatchObject({ role: 'follower', term: 1, leader: undefined });
  });

  it.each([
    ['the same', 0],
    ['a later', 1],
  ])('follows a leader of %s term (§5.2)', (_, later) => {
    const lone = new Lone();
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    lone.step(lone.append({ from: id(3), term: inTerm(1 + later) }));
    expect(lone.status).toMatchObject({ role: 'follower', leader: 3, term: 1 + later });
  });

  it('starts over with a new pre-vote when nobody wins (§5.2)', () => {
    const lone = new Lone();
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    expect(one(lone.timeOut(), 'preVoteRequest', 2).term).toBe(2);
    expect(lone.status).toMatchObject({ role: 'preCandidate', term: 1 });
  });

  it('asks a member again that was not connected', () => {
    const lone = new Lone();
    lone.timeOut();
    lone.raft.peerConnected(id(2));
    expect(one(lone.flush(), 'preVoteRequest').to).toBe(2);
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    lone.raft.peerConnected(id(2));
    lone.raft.peerConnected(id(9));
    expect(one(lone.flush(), 'voteRequest').to).toBe(2);
  });
});

describe('vote', () => {
  it('is given to one candidate a term, first come (§5.2)', () => {
    const lone = new Lone();
    expect(one(lone.step(ask(lone, 2, 1)), 'voteReply')).toMatchObject({ to: 2, granted: true, term: 1 });
    expect(one(lone.step(ask(lone, 3, 1)), 'voteReply')).toMatchObject({ to: 3, granted: false });
    expect(one(lone.step(ask(lone, 2, 1)), 'voteReply')).toMatchObject({ to: 2, granted: true });
    expect(one(lone.step(ask(lone, 3, 2)), 'voteReply')).toMatchObject({ to: 3, granted: true, term: 2 });
  });

  it('is remembered over a restart (§5.2, figure 2)', () => {
    const lone = new Lone({ term: 4, votedFor: 2 });
    expect(one(lone.step(ask(lone, 3, 4)), 'voteReply').granted).toBe(false);
    expect(one(lone.step(ask(lone, 2, 4)), 'voteReply').granted).toBe(true);
  });

  it('leaves only after it is on disk, also when the term has been there for long', () => {
    const lone = new Lone({ term: 3 });
    lone.flush();
    lone.raft.step(ask(lone, 2, 3));
    const [ready] = lone.take();
    expect(ready).toMatchObject({ messages: [], hardState: { term: 3, votedFor: 2 }, hardStateOptional: false });
    expect(one(ready?.messagesAfterPersist ?? [], 'voteReply').granted).toBe(true);
  });

  it('leaves only after it is on disk, also when the request is repeated meanwhile', () => {
    const lone = new Lone();
    lone.raft.step(ask(lone, 2, 1));
    const [ready] = lone.take();
    expect([ready?.messages, ready?.hardState?.votedFor, ready?.hardStateOptional]).toEqual([[], 2, false]);
    expect(one(ready?.messagesAfterPersist ?? [], 'voteReply').granted).toBe(true);
    lone.raft.step(ask(lone, 2, 1));
    expect(lone.take().flatMap((each) => [...each.messages, ...each.messagesAfterPersist])).toEqual([]);
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(one(lone.flush(), 'voteReply').granted).toBe(true);
  });

  it.each([
    [[1, 1], 2, 1, true],
    [[1, 1], 3, 1, true],
    [[1, 1], 1, 1, false],
    [[1, 2], 1, 2, false],
    [[1, 2], 9, 1, false],
    [[1, 1], 1, 2, true],
  ])('with log %j of a candidate at (%i, term %i) is granted: %s (§5.4.1)', (terms, lastIndex, lastTerm, granted) => {
    const lone = new Lone({ log: logOf(...terms), term: 2 });
    expect(one(lone.step(ask(lone, 2, 3, lastIndex, lastTerm)), 'voteReply').granted).toBe(granted);
    expect(lone.status.term).toBe(3);
  });

  it('is refused to an earlier term, and the answer tells the later one (§5.1)', () => {
    const lone = new Lone({ term: 5 });
    expect(one(lone.step(ask(lone, 2, 4)), 'voteReply')).toMatchObject({ granted: false, term: 5 });
  });

  it('is refused while a leader is heard of, and the term stays (dissertation §4.2.3)', () => {
    const lone = new Lone({ term: 1 });
    lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    lone.tick(9);
    expect(lone.step(ask(lone, 3, 2))).toEqual([]);
    expect(lone.status).toMatchObject({ term: 1, leader: 2 });
    lone.tick();
    expect(one(lone.step(ask(lone, 3, 2)), 'voteReply').granted).toBe(true);
  });

  it('is granted although a leader is heard of, when that leader wishes it (dissertation §4.2.3, §3.10)', () => {
    const lone = new Lone({ term: 1 });
    lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    expect(one(lone.step(ask(lone, 3, 2, 0, 0, true)), 'voteReply').granted).toBe(true);
  });

  it('is granted although a leader was heard of, when its process is gone', () => {
    const lone = new Lone({ term: 1 });
    lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    lone.raft.peerGone(id(2));
    expect(one(lone.step(ask(lone, 3, 2)), 'voteReply').granted).toBe(true);
  });
});

describe('leader', () => {
  it('begins its term with an entry of its own and sends it before it is on disk (§8, dissertation §10.2.1)', () => {
    const lone = new Lone({ log: logOf(1), term: 1 });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(2) }));
    lone.raft.step(lone.from('voteReply', 2, { granted: true }));
    const [ready] = lone.take();
    expect(lone.status).toMatchObject({ role: 'leader', term: 2, leader: 1, lastIndex: 2, commit: 0 });
    expect(ready?.entries).toMatchObject([{ index: 2, term: 2, kind: 'noop' }]);
    const appends = only(ready?.messages ?? [], 'appendRequest');
    expect(appends.map((each) => each.to)).toEqual([2, 3]);
    expect(appends[0]).toMatchObject({ prevIndex: 1, prevTerm: 1, entries: [{ index: 2, kind: 'noop' }] });
  });

  it('sends heartbeats when nothing else happens (§5.2)', () => {
    const lone = new Lone();
    lone.lead(2);
    lone.tick(2);
    expect(only(lone.flush(), 'heartbeat').map((each) => each.to)).toEqual([2, 3]);
  });

  it('steps down for a later term (§5.1)', () => {
    const lone = new Lone();
    lone.lead(2);
    lone.step(lone.append({ from: id(3), term: inTerm(9) }));
    expect(lone.status).toMatchObject({ role: 'follower', term: 9, leader: 3 });
    expect(lone.raft.propose([Buffer.from('x')])).toBeUndefined();
  });

  it('of an earlier term learns the later one from the answer, so that nobody is stuck ahead (dissertation §9.6)', () => {
    const ahead = new Lone({ term: 7 });
    const reply = one(ahead.step(ahead.append({ term: inTerm(3) })), 'appendReply');
    expect(reply).toMatchObject({ term: 7, rejected: true });
    expect(ahead.status.leader).toBeUndefined();
    const leader = new Lone({ me: 2, membership: voters(1, 2, 3) });
    leader.lead(3);
    leader.step({ ...reply, to: id(2) });
    expect(leader.status).toMatchObject({ role: 'follower', term: 7 });
  });
});

describe('check-quorum (dissertation §6.2)', () => {
  it('a leader that a quorum does not answer for an election timeout steps down', () => {
    const lone = new Lone({ membership: voters(1, 2, 3, 4, 5) });
    lone.lead(2, 3);
    for (let ticks = 0; ticks < 9; ticks++) {
      lone.tick();
      lone.step(lone.from('heartbeatReply', 2, { readRound: 0, recovering: false }));
    }
    expect(lone.status.role).toBe('leader');
    lone.tick();
    expect(lone.status).toMatchObject({ role: 'follower', term: 1, leader: undefined });
  });

  it('a leader that a quorum answers stays', () => {
    const lone = new Lone({ membership: voters(1, 2, 3, 4, 5) });
    lone.lead(2, 3);
    for (let ticks = 0; ticks < 100; ticks++) {
      lone.tick();
      for (const from of [3, 4]) lone.step(lone.from('heartbeatReply', from, { readRound: 0, recovering: false }));
    }
    expect(lone.status).toMatchObject({ role: 'leader', leaderSilenceTicks: 0 });
  });

  it('learners do not count', () => {
    const lone = new Lone({ membership: { voters: [1, 2, 3].map(id), outgoing: [], learners: [4, 5].map(id) } });
    lone.lead(2);
    for (let ticks = 0; ticks < 10; ticks++) {
      lone.tick();
      for (const from of [4, 5]) lone.step(lone.from('heartbeatReply', from, { readRound: 0, recovering: false }));
    }
    expect(lone.status.role).toBe('follower');
  });

  it('a leader alone in its cluster hears itself', () => {
    const lone = new Lone({ membership: voters(1) });
    lone.lead();
    lone.tick(100);
    expect(lone.status.role).toBe('leader');
  });
});
