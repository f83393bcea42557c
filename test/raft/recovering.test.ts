/** A member that lost its data takes part in elections only when it cannot do harm any more. */
import { describe, expect, it } from 'vitest';
import { at, entry, id, inTerm, Lone, meta, one, only } from './harness.js';

const lost = (): Lone => new Lone({ recovering: true });

const ask = (lone: Lone, from: number, term: number) =>
  lone.from('voteRequest', from, { term: inTerm(term), lastIndex: at(99), lastTerm: inTerm(99), transfer: true });

describe('a recovering member', () => {
  it('grants no vote and no pre-vote, and does not campaign', () => {
    const lone = lost();
    expect(only(lone.timeOut(), 'preVoteRequest')).toEqual([]);
    expect(one(lone.step(ask(lone, 2, 1)), 'voteReply').granted).toBe(false);
    const preVote = lone.from('preVoteRequest', 2, { term: inTerm(5), lastIndex: at(9), lastTerm: inTerm(4) });
    expect(one(lone.step(preVote), 'preVoteReply').granted).toBe(false);
  });

  it('records the leader that it finds as its vote of the term', () => {
    const lone = lost();
    lone.raft.step(lone.append({ term: inTerm(4), commit: at(3), prevIndex: at(9), prevTerm: inTerm(4) }));
    expect(lone.take()[0]?.hardState).toMatchObject({ term: 4, votedFor: 2 });
  });

  it('recovers when it holds on disk what the leader had committed at first contact', () => {
    const lone = lost();
    lone.step(lone.append({ term: inTerm(4), commit: at(3), prevIndex: at(9), prevTerm: inTerm(4) }));
    const entries = [entry(1, 1), entry(2, 4), entry(3, 4)];
    lone.raft.step(lone.append({ commit: at(5), entries: entries.slice(0, 2) }));
    lone.flush();
    expect(lone.status.recovering).toBe(true);
    lone.raft.step(lone.append({ commit: at(5), prevIndex: at(2), prevTerm: inTerm(4), entries: entries.slice(2) }));
    const [ready] = lone.take();
    expect(lone.status.recovering).toBe(true);
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(lone.status.recovering).toBe(false);
    expect(lone.take()[0]?.statusChanged).toBe(true);
    expect(one(lone.step(ask(lone, 3, 5)), 'voteReply').granted).toBe(true);
  });

  it('does not recover by what a leader has committed only of earlier terms: more may have been committed (Raft §5.4.2)', () => {
    const lone = lost();
    lone.step(lone.append({ term: inTerm(4), commit: at(2), entries: [entry(1, 1), entry(2, 3), entry(3, 3)] }));
    expect(lone.status).toMatchObject({ recovering: true, commit: 2 });
    lone.step(lone.append({ prevIndex: at(3), prevTerm: inTerm(3), commit: at(4), entries: [entry(4, 4)] }));
    expect(lone.status.recovering).toBe(false);
  });

  it('tells its leader so until its disk says that it has recovered', () => {
    const lone = lost();
    const says = () =>
      one(lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 })), 'heartbeatReply').recovering;
    lone.raft.step(lone.append({ term: inTerm(4), commit: at(2), entries: [entry(1, 4), entry(2, 4)] }));
    const [appended] = lone.take();
    lone.raft.persisted(appended?.persistToken ?? 0);
    const [recovered] = lone.take();
    expect(lone.status.recovering).toBe(false);
    expect(recovered).toMatchObject({ hardState: { recovering: false }, hardStateOptional: false });
    expect(says()).toBe(true);
    lone.raft.persisted(recovered?.persistToken ?? 0);
    expect(says()).toBe(false);
  });

  it('recovers by an image', () => {
    const lone = lost();
    lone.step(lone.append({ term: inTerm(4), commit: at(7), prevIndex: at(9), prevTerm: inTerm(4) }));
    lone.raft.snapshotReceived(id(2), inTerm(4), meta(8, 4));
    const [ready] = lone.take();
    expect(lone.status.recovering).toBe(true);
    lone.raft.persisted(ready?.persistToken ?? 0);
    expect(lone.status.recovering).toBe(false);
  });

  it('does not vouch for a leader’s reads, and believes no commit index that is not sent with entries', () => {
    const lone = lost();
    const reply = one(lone.step(lone.from('heartbeat', 2, { commit: at(9), readRound: 7 })), 'heartbeatReply');
    expect(reply.readRound).toBe(0);
    expect(lone.status).toMatchObject({ commit: 0, recovering: true });
  });
});

it('a leader does not count what a follower acknowledged before its connection broke, until it says so again', () => {
  const lone = new Lone();
  lone.lead(2);
  lone.step(lone.accept(2, 1));
  lone.raft.propose([Buffer.from('x')]);
  const [ready] = lone.take();
  lone.raft.step(lone.accept(3, 2));
  lone.raft.peerConnected(id(3));
  lone.raft.persisted(ready?.persistToken ?? 0);
  expect(lone.status.commit).toBe(1);
  lone.flush();
  lone.step(lone.from('appendReply', 3, { rejected: true, index: at(2), hintIndex: at(0), hintTerm: inTerm(0) }));
  lone.step(lone.accept(3, 2));
  expect(lone.status.commit).toBe(2);
});
