/** Log replication: Raft §5.3, §5.4.2, figure 2; dissertation §10.2 for what may happen in parallel. */
import { describe, expect, it } from 'vitest';
import { at, entry, id, inTerm, Lone, logOf, membershipEntry, one, only, voters } from './harness.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** A leader of term 1 whose followers 2 and 3 hold its first entry. */
function settled(setup: ConstructorParameters<typeof Lone>[0] = {}): Lone {
  const lone = new Lone(setup);
  lone.lead(...(setup.membership?.voters ?? [1, 2, 3]).filter((each) => each !== 1));
  for (const from of [2, 3]) lone.step(lone.accept(from, lone.status.lastIndex));
  lone.flush();
  return lone;
}

const rejection = (lone: Lone, from: number, index: number, hintIndex: number, hintTerm: number) =>
  lone.from('appendReply', from, {
    rejected: true,
    index: at(index),
    hintIndex: at(hintIndex),
    hintTerm: inTerm(hintTerm),
  });

describe('leader', () => {
  it('appends what is proposed and sends it at once, several as one message (§5.3)', () => {
    const lone = settled();
    expect(lone.raft.propose([bytes('a'), bytes('b')])).toBe(3);
    const [ready] = lone.take();
    expect(ready?.entries.map((each) => [each.index, each.term, each.kind])).toEqual([
      [2, 1, 'commands'],
      [3, 1, 'commands'],
    ]);
    for (const to of [2, 3])
      expect(one(ready?.messages ?? [], 'appendRequest', to)).toMatchObject({
        prevIndex: 1,
        prevTerm: 1,
        commit: 1,
        entries: [{ index: 2 }, { index: 3 }],
      });
  });

  it('does not wait for an answer before it sends more, until the window is full', () => {
    const lone = settled({ options: { inflightAppends: 3 } });
    const sent: number[] = [];
    for (let count = 0; count < 5; count++) {
      lone.raft.propose([bytes('x')]);
      sent.push(...only(lone.flush(), 'appendRequest', 2).map((each) => each.prevIndex));
    }
    expect(sent).toEqual([1, 2, 3]);
    lone.raft.step(lone.accept(2, 3));
    const [more] = only(lone.flush(), 'appendRequest', 2);
    expect(more).toMatchObject({ prevIndex: 4, entries: [{ index: 5 }, { index: 6 }] });
  });

  it('splits what is larger than a message and sends an oversized entry alone', () => {
    const lone = settled({ options: { appendBytes: 10 } });
    lone.raft.propose([bytes('12345'), bytes('12345'), bytes('12345'), bytes('x'.repeat(50)), bytes('y')]);
    const appends = only(lone.flush(), 'appendRequest', 2).map((each) => each.entries.map((one) => one.index));
    expect(appends).toEqual([[2, 3], [4], [5], [6]]);
  });

  it('commits what a majority holds on disk, itself included (§5.3)', () => {
    const lone = settled({ membership: voters(1, 2, 3, 4, 5) });
    lone.raft.propose([bytes('x')]);
    lone.flush();
    for (let repeats = 0; repeats < 3; repeats++) lone.step(lone.accept(2, 2));
    expect(lone.status.commit).toBe(1);
    lone.step(lone.accept(3, 2));
    expect(lone.status.commit).toBe(2);
  });

  it('counts itself only once the entry is on its own disk (dissertation §10.2.1)', () => {
    const lone = settled();
    lone.raft.propose([bytes('x')]);
    const [ready] = lone.take();
    lone.raft.step(lone.accept(2, 2));
    expect(lone.status.commit).toBe(1);
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(lone.status.commit).toBe(2);
  });

  it('may commit before its own disk has the entry, when a majority of the others has (dissertation §10.2.1)', () => {
    const lone = settled();
    lone.raft.propose([bytes('x')]);
    lone.take();
    for (const from of [2, 3]) lone.raft.step(lone.accept(from, 2));
    expect(lone.status.commit).toBe(2);
    expect(lone.take().flatMap((each) => each.committed.map((one) => one.index))).toEqual([2]);
  });

  it('does not count learners', () => {
    const membership = { voters: [1, 2, 3].map(id), outgoing: [], learners: [id(4)] };
    const lone = settled({ membership });
    lone.raft.propose([bytes('x')]);
    expect(only(lone.flush(), 'appendRequest').map((each) => each.to)).toEqual([2, 3]);
    lone.step(lone.accept(4, 2));
    expect(lone.status.commit).toBe(1);
  });

  it('does not commit entries of earlier terms by counting, only along with one of its own (§5.4.2, figure 8)', () => {
    const lone = new Lone({ log: logOf(1, 2), term: 3 });
    lone.lead(2);
    expect(lone.status).toMatchObject({ term: 4, lastIndex: 3 });
    for (const from of [2, 3]) lone.step(lone.accept(from, 2));
    expect(lone.status.commit).toBe(0);
    lone.step(lone.accept(2, 3));
    expect(lone.status.commit).toBe(3);
  });

  it('tells followers of a commit without waiting for the next entry', () => {
    const lone = settled();
    lone.raft.propose([bytes('x')]);
    lone.flush();
    const sent = only(lone.step(lone.accept(2, 2)), 'appendRequest');
    expect(sent.map((each) => [each.to, each.commit, each.entries.length])).toEqual([
      [2, 2, 0],
      [3, 2, 0],
    ]);
    expect(lone.step(lone.accept(2, 2))).toEqual([]);
  });

  it('hands out committed entries in order, about one message of data at a time', () => {
    const lone = settled({ options: { appendBytes: 10 } });
    lone.raft.propose(['12345', '12345', '12345', '12345', '12345'].map(bytes));
    lone.take();
    for (const from of [2, 3]) lone.raft.step(lone.accept(from, 6));
    const committed = lone.take().map((each) => each.committed.map((one) => one.index));
    expect(committed.filter((each) => each.length > 0)).toEqual([[2, 3], [4, 5], [6]]);
  });

  it('probes with one message at a time until it knows where the logs agree', () => {
    const lone = new Lone({ log: logOf(1, 1, 1), term: 1 });
    expect(only(lone.lead(2), 'appendRequest', 3)).toMatchObject([{ prevIndex: 3, entries: [{ index: 4 }] }]);
    lone.raft.propose([bytes('x')]);
    expect(only(lone.flush(), 'appendRequest', 3)).toEqual([]);
    expect(one(lone.step(rejection(lone, 3, 3, 1, 1)), 'appendRequest', 3)).toMatchObject({ prevIndex: 1 });
    lone.step(lone.accept(3, 5));
    lone.raft.propose([bytes('y')]);
    expect(one(lone.flush(), 'appendRequest', 3)).toMatchObject({ prevIndex: 5, entries: [{ index: 6 }] });
  });

  it('skips a whole term of its own log that the follower cannot have (§5.3)', () => {
    // The follower has term 1 only at its end; the leader's entries of term 3 cannot agree with anything there.
    const lone = new Lone({ log: logOf(1, 1, 3, 3, 3, 3), term: 3 });
    lone.lead(2);
    expect(one(lone.step(rejection(lone, 3, 6, 5, 1)), 'appendRequest', 3)).toMatchObject({
      prevIndex: 2,
      prevTerm: 1,
    });
  });

  it('ignores rejections that are late or repeated', () => {
    const lone = settled();
    lone.raft.propose([bytes('x')]);
    lone.flush();
    expect(lone.step(rejection(lone, 2, 1, 0, 0))).toEqual([]);
    const probing = new Lone({ log: logOf(1, 1, 1), term: 1 });
    probing.lead(2);
    probing.step(rejection(probing, 3, 3, 1, 1));
    expect(probing.step(rejection(probing, 3, 3, 1, 1))).toEqual([]);
  });

  it('sends again from what is known when an append was lost', () => {
    const lone = settled();
    lone.raft.propose([bytes('lost')]);
    lone.flush();
    lone.raft.propose([bytes('next')]);
    lone.flush();
    const again = one(lone.step(rejection(lone, 2, 2, 1, 1)), 'appendRequest', 2);
    expect(again.entries.map((each) => each.index)).toEqual([2, 3]);
  });

  it('notices with the answer to a heartbeat that the last append may be lost', () => {
    const lone = settled();
    lone.raft.propose([bytes('lost')]);
    lone.flush();
    const [check] = only(
      lone.step(lone.from('heartbeatReply', 2, { readRound: 0, recovering: false })),
      'appendRequest',
      2,
    );
    expect(check).toMatchObject({ prevIndex: 2, entries: [] });
    const probing = new Lone();
    probing.lead(2);
    expect(
      only(probing.step(probing.from('heartbeatReply', 3, { readRound: 0, recovering: false })), 'appendRequest', 3),
    ).toHaveLength(1);
  });

  it('sends heartbeats with the smaller of its commit index and what the follower has (§5.3)', () => {
    const lone = settled();
    lone.raft.propose([bytes('x'), bytes('y')]);
    lone.flush();
    lone.step(lone.accept(2, 3));
    lone.tick(2);
    expect(only(lone.flush(), 'heartbeat').map((each) => [each.to, each.commit])).toEqual([
      [2, 3],
      [3, 1],
    ]);
  });

  it('finds out again where a follower stands that has a new connection', () => {
    const lone = settled();
    lone.raft.propose([bytes('x')]);
    lone.flush();
    lone.raft.peerConnected(id(2));
    const sent = lone.flush();
    expect(one(sent, 'heartbeat')).toMatchObject({ to: 2, commit: 0 });
    expect(one(sent, 'appendRequest')).toMatchObject({ to: 2, prevIndex: 1, entries: [{ index: 2 }] });
  });

  it('loads entries that are only on disk, one load per follower, and begins with the one before if its term is unknown', () => {
    const log = logOf(1, 1, 2, 2, 2, 2);
    const lone = new Lone({ log, tail: log.slice(4), term: 2, commit: 4, applied: 4 });
    lone.lead(2);
    lone.raft.step(rejection(lone, 3, 6, 2, 1));
    const [ready] = lone.take();
    const wanted = ready?.entriesWanted[0];
    expect(wanted).toMatchObject({ for: 3, first: 2, last: 4 });
    lone.step(lone.from('heartbeatReply', 3, { readRound: 0, recovering: false }));
    expect(lone.take()).toEqual([]);
    if (!wanted) throw new Error('nothing wanted');
    lone.raft.entriesLoaded({ ...wanted }, log.slice(1, 4));
    expect(lone.take()).toEqual([]);
    lone.raft.entriesLoaded(wanted, log.slice(1, 4));
    expect(one(lone.flush(), 'appendRequest', 3)).toMatchObject({
      prevIndex: 2,
      prevTerm: 1,
      entries: [{ index: 3 }, { index: 4 }],
    });
    const next = one(lone.step(lone.accept(3, 4)), 'appendRequest', 3);
    expect(next).toMatchObject({ prevIndex: 4, prevTerm: 2, entries: [{ index: 5 }, { index: 6 }, { index: 7 }] });
  });

  it('loads on when only the entry before was within the bytes', () => {
    const log = logOf(1, 1, 2, 2, 2, 2);
    const lone = new Lone({ log, tail: log.slice(4), term: 2, commit: 4, applied: 4 });
    lone.lead(2);
    lone.raft.step(rejection(lone, 3, 6, 2, 1));
    const first = lone.take()[0]?.entriesWanted[0];
    if (!first) throw new Error('nothing wanted');
    lone.raft.entriesLoaded(first, log.slice(1, 2));
    const second = lone.take()[0]?.entriesWanted[0];
    expect(second).toMatchObject({ for: 3, first: 3, last: 4 });
    if (!second) throw new Error('nothing wanted');
    lone.raft.entriesLoaded(second, log.slice(2, 3));
    expect(one(lone.flush(), 'appendRequest', 3)).toMatchObject({ prevIndex: 2, prevTerm: 1, entries: [{ index: 3 }] });
  });

  it('drops entries that were loaded for an earlier term of office', () => {
    const log = logOf(1, 1, 2, 2, 2, 2);
    const lone = new Lone({ log, tail: log.slice(4), term: 2, commit: 4, applied: 4 });
    lone.lead(2);
    lone.raft.step(rejection(lone, 3, 6, 2, 1));
    const wanted = lone.take()[0]?.entriesWanted[0];
    if (!wanted) throw new Error('nothing wanted');
    lone.step(lone.append({ from: id(2), term: inTerm(9), prevIndex: at(4), prevTerm: inTerm(2), commit: at(4) }));
    lone.raft.entriesLoaded(wanted, log.slice(1, 4));
    expect(lone.flush()).toEqual([]);
  });
});

describe('follower', () => {
  const follower = (setup: ConstructorParameters<typeof Lone>[0] = {}) => new Lone({ term: 1, ...setup });

  it('acknowledges only what is on disk (§5.3: before responding)', () => {
    const lone = follower();
    lone.raft.step(lone.append({ entries: [entry(1, 1), entry(2, 1)] }));
    const [ready] = lone.take();
    expect(ready?.entries.map((each) => each.index)).toEqual([1, 2]);
    expect(ready?.messages).toEqual([]);
    expect(one(ready?.messagesAfterPersist ?? [], 'appendReply')).toMatchObject({ rejected: false, index: 2 });
  });

  it('acknowledges a repeated append only when the write under way is done, at once when it is on disk', () => {
    const lone = follower();
    const append = lone.append({ entries: [entry(1, 1), entry(2, 1)] });
    lone.raft.step(append);
    const [ready] = lone.take();
    lone.raft.step(append);
    expect(lone.take().flatMap((each) => [...each.messages, ...each.messagesAfterPersist])).toEqual([]);
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(one(lone.flush(), 'appendReply').index).toBe(2);
    lone.raft.step(append);
    const [again] = lone.take();
    expect([again?.entries, again?.persistToken]).toEqual([[], undefined]);
    expect(one(again?.messages ?? [], 'appendReply').index).toBe(2);
  });

  it('does not acknowledge in a term that is not on disk', () => {
    const lone = follower({ log: logOf(1), commit: 1 });
    lone.raft.step(lone.append({ term: inTerm(2), prevIndex: at(1), prevTerm: inTerm(1), commit: at(1) }));
    const [ready] = lone.take();
    expect([ready?.messages, ready?.hardState?.term]).toEqual([[], 2]);
    expect(one(ready?.messagesAfterPersist ?? [], 'appendReply')).toMatchObject({ term: 2, index: 1 });
  });

  it('does not tell a new leader what only the old one was told to be alike', () => {
    const lone = follower();
    lone.raft.step(lone.append({ entries: [entry(1, 1), entry(2, 1)] }));
    lone.raft.step(lone.append({ from: id(3), term: inTerm(2) }));
    expect(only(lone.flush(), 'appendReply')).toMatchObject([{ to: 3, term: 2, rejected: false, index: 0 }]);
  });

  it('answers several appends of one turn with one acknowledgement', () => {
    const lone = follower();
    lone.raft.step(lone.append({ entries: [entry(1, 1)] }));
    lone.raft.step(lone.append({ prevIndex: at(1), prevTerm: inTerm(1), entries: [entry(2, 1)] }));
    lone.raft.step(lone.append({ entries: [entry(1, 1)] }));
    expect(one(lone.flush(), 'appendReply').index).toBe(2);
  });

  // The logs of figure 7, with a leader whose log is 1 1 1 4 4 5 5 6 6 6 and who appends entry 11 in term 8.
  const leaderLog = logOf(1, 1, 1, 4, 4, 5, 5, 6, 6, 6);
  it.each([
    ['a', [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ['b', [1, 1, 1, 4]],
    ['c', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e', [1, 1, 1, 4, 4, 4, 4]],
    ['f', [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])('%s of figure 7 comes to hold the log of the leader, within a message per term of it (§5.3)', (_, terms) => {
    const leader = new Lone({ me: 2, log: leaderLog, term: 7 });
    const peer = new Lone({ me: 1, log: logOf(...terms), term: 7 });
    let toPeer = only(leader.lead(3), 'appendRequest', 1);
    let rounds = 0;
    while (toPeer.length > 0 && rounds < 20) {
      rounds++;
      const replies = toPeer.flatMap((message) => only(peer.step(message), 'appendReply'));
      toPeer = replies.flatMap((message) => only(leader.step(message), 'appendRequest', 1));
    }
    expect(peer.raft.tailAfter(at(0))).toEqual(leader.raft.tailAfter(at(0)));
    expect(rounds).toBeLessThanOrEqual(5);
  });

  it('refuses what does not fit and tells where the logs may agree, a whole term at a time (§5.3)', () => {
    const lone = follower({ log: logOf(1, 1, 2, 2, 2, 2), term: 3 });
    const short = lone.append({ prevIndex: at(9), prevTerm: inTerm(3) });
    expect(one(lone.step(short), 'appendReply')).toMatchObject({
      rejected: true,
      index: 9,
      hintIndex: 6,
      hintTerm: 2,
    });
    const conflict = lone.append({ prevIndex: at(5), prevTerm: inTerm(1) });
    expect(one(lone.step(conflict), 'appendReply')).toMatchObject({ index: 5, hintIndex: 2, hintTerm: 1 });
  });

  it('removes conflicting entries and all after them (§5.3)', () => {
    const lone = follower({ log: logOf(1, 1, 1, 1), term: 2 });
    lone.raft.step(lone.append({ prevIndex: at(1), prevTerm: inTerm(1), entries: [entry(2, 1), entry(3, 2)] }));
    const [ready] = lone.take();
    expect(ready?.entries).toMatchObject([{ index: 3, term: 2 }]);
    expect(lone.status.lastIndex).toBe(3);
  });

  it('removes nothing when an old append arrives late (§5.3: only if they conflict)', () => {
    const lone = follower({ log: logOf(1, 1, 1, 1), term: 1 });
    lone.step(lone.append({ prevIndex: at(1), prevTerm: inTerm(1), entries: [entry(2, 1)] }));
    expect(lone.status.lastIndex).toBe(4);
    expect(one(lone.step(lone.append({ entries: [] })), 'appendReply').index).toBe(0);
    expect(lone.status.lastIndex).toBe(4);
  });

  it('a write under way does not count for entries that were replaced and came back', () => {
    const lone = follower();
    lone.raft.step(lone.append({ entries: [entry(1, 1), entry(2, 1)] }));
    const [first] = lone.take();
    lone.raft.step(lone.append({ from: id(3), term: inTerm(2), entries: [entry(1, 2)] }));
    lone.take();
    lone.raft.step(lone.append({ term: inTerm(3), entries: [entry(1, 1), entry(2, 1)] }));
    lone.take();
    lone.raft.persisted(first?.persistToken ?? 0);
    const replies = only(lone.flush(), 'appendReply');
    expect(replies.filter((each) => each.term === 3)).toEqual([]);
  });

  it('commits the smaller of the commit index of the leader and what it was sent (§5.3, figure 2)', () => {
    const lone = follower({ log: logOf(1, 1, 1, 1), term: 1 });
    lone.step(lone.append({ commit: at(4), entries: [entry(1, 1), entry(2, 1)] }));
    expect(lone.status.commit).toBe(2);
    lone.step(lone.from('heartbeat', 2, { commit: at(3), readRound: 0 }));
    expect(lone.status.commit).toBe(3);
    lone.step(lone.from('heartbeat', 2, { commit: at(1), readRound: 0 }));
    expect(lone.status.commit).toBe(3);
  });

  it('answers an append below its commit index with the commit index', () => {
    const lone = follower({ log: logOf(1, 1, 1), term: 1, commit: 3 });
    const reply = one(lone.step(lone.append({ entries: [entry(1, 1)] })), 'appendReply');
    expect(reply).toMatchObject({ rejected: false, index: 3 });
  });

  it('never touches a committed entry, whatever it is sent (§5.4.3)', () => {
    const lone = follower({ log: logOf(1, 1), term: 2, commit: 2 });
    const wrong = lone.append({ term: inTerm(3), entries: [entry(1, 3), entry(2, 3), entry(3, 3)], commit: at(3) });
    lone.step(wrong);
    expect(lone.raft.tailAfter(at(0))).toEqual(logOf(1, 1));
  });

  it('ignores appends of earlier terms but for telling the term (§5.1)', () => {
    const lone = follower({ log: logOf(1), term: 5 });
    const reply = one(lone.step(lone.append({ term: inTerm(4), entries: [entry(1, 4)] })), 'appendReply');
    expect(reply).toMatchObject({ rejected: true, term: 5 });
    expect(lone.raft.tailAfter(at(0))).toMatchObject([{ term: 1 }]);
  });

  it('carries entries of every kind', () => {
    const lone = follower();
    lone.step(lone.append({ entries: [membershipEntry(1, 1, voters(1, 2))], commit: at(1) }));
    expect(lone.raft.tailAfter(at(0))).toMatchObject([{ kind: 'membership' }]);
  });
});
