/** Linearizable reads without log entries: dissertation §6.4. */
import { describe, expect, it } from 'vitest';
import type { RaftMessage } from '../../src/raft/types.js';
import { at, id, inTerm, Lone, logOf, one, only, voters } from './harness.js';

/** A leader of term 1 that has committed its first entry. */
function settled(members = [1, 2, 3]): Lone {
  const lone = new Lone({ membership: voters(...members) });
  lone.lead(...members.slice(1));
  for (const from of members.slice(1)) lone.step(lone.accept(from, 1));
  lone.flush();
  return lone;
}

function readStates(lone: Lone) {
  return lone.take().flatMap((each) => [...each.readStates]);
}

/** Begins a round with these tokens; returns its number. */
function begin(lone: Lone, ...tokens: number[]): number {
  for (const token of tokens) lone.raft.readIndex(token);
  return one(lone.flush(), 'heartbeat', 2).readRound;
}

const confirm = (lone: Lone, from: number, readRound: number): RaftMessage =>
  lone.from('heartbeatReply', from, { readRound, recovering: false });

describe('the leader', () => {
  it('answers with its commit index of before, once a quorum has confirmed it', () => {
    const lone = settled([1, 2, 3, 4, 5]);
    const round = begin(lone, 7, 8);
    lone.raft.propose([Buffer.from('x')]);
    lone.flush();
    for (const from of [2, 3]) lone.raft.step(lone.accept(from, 2));
    lone.raft.step(confirm(lone, 2, round));
    lone.raft.step(confirm(lone, 2, round));
    expect(readStates(lone)).toEqual([]);
    lone.raft.step(confirm(lone, 3, round));
    expect(readStates(lone)).toEqual([
      { token: 7, index: 1, failed: false },
      { token: 8, index: 1, failed: false },
    ]);
    expect(lone.status.commit).toBe(2);
  });

  it('does not take answers to earlier heartbeats for a confirmation', () => {
    const lone = settled();
    const round = begin(lone, 1);
    lone.raft.step(confirm(lone, 2, round - 1));
    lone.raft.step(lone.accept(2, 1));
    expect(readStates(lone)).toEqual([]);
  });

  it('waits until it has committed an entry of its own term', () => {
    const lone = new Lone({ log: logOf(1, 1), term: 1, commit: 1 });
    lone.lead(2);
    lone.raft.readIndex(5);
    expect(only(lone.flush(), 'heartbeat')).toEqual([]);
    lone.raft.step(lone.accept(2, 3));
    const [ready] = lone.take();
    const round = one(ready?.messages ?? [], 'heartbeat', 2).readRound;
    lone.raft.step(confirm(lone, 2, round));
    expect(readStates(lone)).toEqual([{ token: 5, index: 3, failed: false }]);
  });

  it('lets reads that arrive during a round share the next one', () => {
    const lone = settled();
    const first = begin(lone, 1);
    lone.raft.readIndex(2);
    lone.raft.readIndex(3);
    expect(only(lone.flush(), 'heartbeat')).toEqual([]);
    lone.raft.step(confirm(lone, 2, first));
    const [ready] = lone.take();
    expect(ready?.readStates.map((each) => each.token)).toEqual([1]);
    const second = one(ready?.messages ?? [], 'heartbeat', 2).readRound;
    expect(second).toBe(first + 1);
    lone.raft.step(confirm(lone, 3, second));
    expect(readStates(lone).map((each) => each.token)).toEqual([2, 3]);
  });

  it('repeats the round with its heartbeats, in case it was lost', () => {
    const lone = settled();
    const round = begin(lone, 1);
    lone.tick(2);
    expect(one(lone.flush(), 'heartbeat', 3).readRound).toBe(round);
  });

  it('alone in its cluster answers at once', () => {
    const lone = new Lone({ membership: voters(1) });
    lone.lead();
    lone.raft.readIndex(1);
    const [ready] = lone.take();
    expect(ready?.readStates).toEqual([{ token: 1, index: 1, failed: false }]);
    expect(ready?.messages).toEqual([]);
  });

  it('needs both majorities during a joint change (dissertation §4.3)', () => {
    const lone = new Lone({ membership: { ...voters(1, 2, 3), learners: [id(4)] } });
    lone.lead(2, 3);
    for (const from of [2, 3, 4]) {
      lone.step(confirm(lone, from, 0));
      lone.step(lone.accept(from, 1));
    }
    // A learner that has caught up becomes a voter by a joint membership of 1, 2, 3, 4 and 1, 2, 3.
    lone.tick();
    lone.tick();
    expect(lone.raft.changeMembership({ kind: 'promote', id: id(4) }).refused).toBeUndefined();
    lone.raft.readIndex(1);
    const round = only(lone.flush(), 'heartbeat', 2).at(-1)?.readRound ?? 0;
    lone.raft.step(confirm(lone, 2, round));
    expect(readStates(lone)).toEqual([]);
    lone.raft.step(confirm(lone, 4, round));
    expect(readStates(lone)).toHaveLength(1);
  });

  it('answers members that ask', () => {
    const lone = settled();
    lone.raft.step(lone.from('readIndexRequest', 3, { token: 44 }));
    const round = one(lone.flush(), 'heartbeat', 2).readRound;
    const reply = one(lone.step(confirm(lone, 2, round)), 'readIndexReply');
    expect(reply).toMatchObject({ to: 3, token: 44, index: 1, refused: false });
  });

  it('fails what is open when it is no longer leader, also what others asked', () => {
    const lone = settled();
    begin(lone, 1);
    lone.raft.readIndex(2);
    lone.raft.step(lone.from('readIndexRequest', 3, { token: 44 }));
    lone.raft.step(lone.append({ term: inTerm(2), prevIndex: at(1), prevTerm: inTerm(1) }));
    const [ready] = lone.take();
    expect(ready?.readStates).toEqual([
      { token: 1, index: 0, failed: true },
      { token: 2, index: 0, failed: true },
    ]);
    expect(one(ready?.messages ?? [], 'readIndexReply')).toMatchObject({ to: 3, token: 44, refused: true });
  });

  it('that was deposed without knowing answers nothing, and gives up with check-quorum', () => {
    const lone = settled();
    begin(lone, 1);
    lone.tick(9);
    expect(readStates(lone)).toEqual([]);
    lone.tick(1);
    expect(readStates(lone)).toEqual([{ token: 1, index: 0, failed: true }]);
  });
});

describe('another member', () => {
  const follower = (): Lone => {
    const lone = new Lone({ term: 1 });
    lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    return lone;
  };

  it('asks the leader and hands on its answer', () => {
    const lone = follower();
    lone.raft.readIndex(9);
    expect(one(lone.flush(), 'readIndexRequest')).toMatchObject({ to: 2, token: 9 });
    lone.raft.step(lone.from('readIndexReply', 2, { token: 9, index: at(12), refused: false }));
    lone.raft.step(lone.from('readIndexReply', 2, { token: 9, index: at(12), refused: false }));
    expect(readStates(lone)).toEqual([{ token: 9, index: 12, failed: false }]);
  });

  it('fails the read when the one asked is not leader', () => {
    const lone = follower();
    lone.raft.readIndex(9);
    lone.raft.step(lone.from('readIndexReply', 2, { token: 9, index: at(0), refused: true }));
    expect(readStates(lone)).toEqual([{ token: 9, index: 0, failed: true }]);
  });

  it('refuses when it is asked itself, also in an earlier term', () => {
    const lone = follower();
    expect(one(lone.step(lone.from('readIndexRequest', 3, { token: 5 })), 'readIndexReply').refused).toBe(true);
    const late = lone.from('readIndexRequest', 3, { token: 6, term: inTerm(0) });
    expect(one(lone.step(late), 'readIndexReply')).toMatchObject({ token: 6, refused: true, term: 1 });
  });

  it('fails reads at once without a leader', () => {
    const lone = new Lone();
    lone.raft.readIndex(3);
    expect(readStates(lone)).toEqual([{ token: 3, index: 0, failed: true }]);
  });

  it.each<[string, (lone: Lone) => void]>([
    ['the leader changes', (lone) => lone.raft.step(lone.append({ from: id(3), term: inTerm(2) }))],
    ['the term changes', (lone) => lone.raft.step(lone.from('readIndexRequest', 3, { token: 1, term: inTerm(2) }))],
    ['the leader is gone', (lone) => lone.raft.peerGone(id(2))],
    ['the leader is silent', (lone) => lone.tick(20)],
  ])('fails what is open when %s', (_, happen) => {
    const lone = follower();
    lone.raft.readIndex(9);
    lone.flush();
    happen(lone);
    expect(readStates(lone)).toEqual([{ token: 9, index: 0, failed: true }]);
  });

  it('fails what is not answered within an election timeout, although the leader lives', () => {
    const lone = follower();
    lone.raft.readIndex(9);
    for (let ticks = 0; ticks < 10; ticks++) {
      expect(readStates(lone)).toEqual([]);
      lone.raft.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
      lone.tick();
    }
    expect(readStates(lone)).toEqual([{ token: 9, index: 0, failed: true }]);
  });
});
