/** Pre-vote: dissertation §9.6; and what happens when the leader's process is gone. */
import { describe, expect, it } from 'vitest';
import type { MemberId } from '../../src/base/ids.js';
import { at, id, inTerm, Lone, logOf, one, only, voters } from './harness.js';
import { Network } from './network.js';
import { ticksPerElection } from './sim-member.js';

const ask = (lone: Lone, from: number, term: number, lastIndex = 0, lastTerm = 0) =>
  lone.from('preVoteRequest', from, { term: inTerm(term), lastIndex: at(lastIndex), lastTerm: inTerm(lastTerm) });

const heartbeat = (lone: Lone, from: number) => lone.from('heartbeat', from, { commit: at(0), readRound: 0 });

describe('pre-candidate', () => {
  it('keeps its term and its vote, and asks for the next term (§9.6)', () => {
    const lone = new Lone({ log: logOf(1, 3), term: 3, votedFor: 2 });
    while (lone.status.role === 'follower') lone.tick();
    const readies = lone.take();
    expect(lone.status).toMatchObject({ role: 'preCandidate', term: 3, leader: undefined });
    expect(readies.map((each) => each.persistToken)).toEqual([undefined]);
    expect(only(readies[0]?.messages ?? [], 'preVoteRequest')).toMatchObject([
      { to: 2, term: 4, lastIndex: 2, lastTerm: 3 },
      { to: 3, term: 4, lastIndex: 2, lastTerm: 3 },
    ]);
  });

  it('campaigns when a majority would vote for it', () => {
    const lone = new Lone({ membership: voters(1, 2, 3, 4, 5) });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    expect(lone.status.role).toBe('preCandidate');
    lone.step(lone.from('preVoteReply', 3, { granted: true, requestTerm: inTerm(1) }));
    expect(lone.status).toMatchObject({ role: 'candidate', term: 1 });
  });

  it('gives up when a majority would not', () => {
    const lone = new Lone();
    lone.timeOut();
    for (const from of [2, 3]) lone.step(lone.from('preVoteReply', from, { granted: false, requestTerm: inTerm(1) }));
    expect(lone.status).toMatchObject({ role: 'follower', term: 0 });
  });

  it('asks those again that have not agreed, as they may cling to the leader no longer', () => {
    const lone = new Lone({ membership: voters(1, 2, 3, 4, 5) });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(1) }));
    lone.step(lone.from('preVoteReply', 3, { granted: false, requestTerm: inTerm(1) }));
    lone.tick(2);
    expect(only(lone.flush(), 'preVoteRequest').map((each) => each.to)).toEqual([3, 4, 5]);
    lone.step(lone.from('preVoteReply', 3, { granted: true, requestTerm: inTerm(1) }));
    expect(lone.status.role).toBe('candidate');
  });

  it('does not count answers to an earlier round', () => {
    const lone = new Lone({ term: 4 });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(4) }));
    expect(lone.status.role).toBe('preCandidate');
  });

  it('goes back to the leader when it turns out to live', () => {
    const lone = new Lone({ term: 1 });
    lone.step(heartbeat(lone, 2));
    lone.timeOut();
    lone.step(heartbeat(lone, 2));
    expect(lone.status).toMatchObject({ role: 'follower', leader: 2, term: 1 });
  });

  it('learns a later term from a refusal, and counts a promise of one who is in the asked term already', () => {
    const lone = new Lone({ term: 1 });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: true, requestTerm: inTerm(2), term: inTerm(2) }));
    expect(lone.status).toMatchObject({ role: 'candidate', term: 2 });
    lone.timeOut();
    lone.step(lone.from('preVoteReply', 2, { granted: false, requestTerm: inTerm(3), term: inTerm(8) }));
    expect(lone.status).toMatchObject({ role: 'follower', term: 8 });
  });
});

describe('a member asked for a pre-vote', () => {
  it('changes nothing of its own, whatever it answers (§9.6)', () => {
    const lone = new Lone({ log: logOf(1, 1), term: 1 });
    lone.take();
    expect(one(lone.step(ask(lone, 2, 9, 2, 1)), 'preVoteReply')).toMatchObject({
      granted: true,
      term: 1,
      requestTerm: 9,
    });
    expect(one(lone.step(ask(lone, 3, 9, 2, 1)), 'preVoteReply').granted).toBe(true);
    expect(lone.status.term).toBe(1);
    expect(lone.take()).toEqual([]);
  });

  it.each([
    ['its log is longer', 1, 1],
    ['its log has the later term', 9, 0],
  ])('refuses when %s (§9.6, §5.4.1)', (_, lastIndex, lastTerm) => {
    const lone = new Lone({ log: logOf(1, 1), term: 1 });
    expect(one(lone.step(ask(lone, 2, 2, lastIndex, lastTerm)), 'preVoteReply').granted).toBe(false);
  });

  it('refuses while it hears a leader, and no longer than that (§4.2.3, §9.6)', () => {
    const lone = new Lone({ me: 3, term: 1 });
    lone.step(heartbeat(lone, 2));
    lone.tick(9);
    expect(one(lone.step(ask(lone, 1, 2)), 'preVoteReply').granted).toBe(false);
    lone.tick();
    expect(one(lone.step(ask(lone, 1, 2)), 'preVoteReply').granted).toBe(true);
  });

  it('refuses as a leader', () => {
    const lone = new Lone();
    lone.lead(2);
    expect(one(lone.step(ask(lone, 3, 2, 9, 9)), 'preVoteReply').granted).toBe(false);
    expect(lone.status.role).toBe('leader');
  });

  it('refuses an earlier term and tells its own; agrees to its own term only if its vote is free', () => {
    const lone = new Lone({ term: 5, votedFor: 2 });
    expect(one(lone.step(ask(lone, 3, 5, 9, 5)), 'preVoteReply')).toMatchObject({ granted: false, term: 5 });
    expect(one(lone.step(ask(lone, 2, 5, 9, 5)), 'preVoteReply').granted).toBe(true);
    expect(one(lone.step(ask(lone, 2, 4, 9, 5)), 'preVoteReply')).toMatchObject({ granted: false, term: 5 });
  });
});

describe('when the leader is gone', () => {
  it('a follower asks at once, without waiting for its timer', () => {
    const lone = new Lone({ term: 1 });
    lone.step(heartbeat(lone, 2));
    lone.raft.peerGone(id(3));
    expect(lone.flush()).toEqual([]);
    lone.raft.peerGone(id(2));
    expect(only(lone.flush(), 'preVoteRequest')).toHaveLength(2);
    expect(lone.status).toMatchObject({ role: 'preCandidate', term: 1, leader: undefined });
  });

  it('what it sent before does not bring the follower back, but a leader that lives after all does', () => {
    const lone = new Lone({ term: 1 });
    lone.step(heartbeat(lone, 2));
    lone.raft.peerGone(id(2));
    lone.flush();
    expect(lone.step(heartbeat(lone, 2))).toEqual([]);
    expect(lone.status.role).toBe('preCandidate');
    lone.tick(3);
    lone.step(heartbeat(lone, 2));
    expect(lone.status).toMatchObject({ role: 'follower', leader: 2 });
    lone.raft.peerGone(id(2));
    lone.raft.peerConnected(id(2));
    lone.step(heartbeat(lone, 2));
    expect(lone.status).toMatchObject({ role: 'follower', leader: 2 });
  });

  it('of two that notice at the same moment the one with the lower id goes first', () => {
    const low = new Lone({ me: 1, term: 1 });
    const high = new Lone({ me: 3, term: 1 });
    for (const lone of [low, high]) {
      lone.step(heartbeat(lone, 2));
      lone.raft.peerGone(id(2));
      lone.flush();
    }
    expect(one(low.step(ask(low, 3, 2)), 'preVoteReply').granted).toBe(false);
    expect(one(high.step(ask(high, 1, 2)), 'preVoteReply').granted).toBe(true);
  });

  it('it does not insist when the other has refused it, has the better log, or comes in a later round', () => {
    const refused = new Lone({ term: 1 });
    refused.timeOut();
    refused.step(refused.from('preVoteReply', 3, { granted: false, requestTerm: inTerm(2) }));
    expect(one(refused.step(ask(refused, 3, 2)), 'preVoteReply').granted).toBe(true);

    const shorter = new Lone({ term: 1 });
    shorter.timeOut();
    expect(one(shorter.step(ask(shorter, 3, 2, 1, 1)), 'preVoteReply').granted).toBe(true);

    const later = new Lone({ term: 1 });
    later.timeOut();
    later.timeOut();
    expect(one(later.step(ask(later, 3, 2)), 'preVoteReply').granted).toBe(true);
  });

  it('three members have a new leader within a few round trips, in nearly every case', () => {
    let quick = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const network = new Network(seed, voters(1, 2, 3));
      network.run(60, () => network.leader !== undefined);
      network.run(10);
      const old = network.leader;
      if (!old) throw new Error('no leader');
      old.crash();
      for (const member of network.running) member.input((raft) => raft.peerGone(old.id));
      if (network.run(ticksPerElection / 2, () => network.leader !== undefined)) quick++;
    }
    expect(quick).toBeGreaterThanOrEqual(98);
  });

  it('a member that was cut off does not depose the leader when it comes back (§9.6)', () => {
    const network = new Network(5, voters(1, 2, 3));
    network.run(60, () => network.leader !== undefined);
    network.run(10);
    const leader = network.leader;
    if (!leader) throw new Error('no leader');
    const { term } = leader.core.status();
    const others = [...network.members.values()].filter((member) => member !== leader);
    const away = others[0]?.id as MemberId;
    const links = [leader.id, others[1]?.id as MemberId].flatMap((each) => [
      [away, each],
      [each, away],
    ]) as [MemberId, MemberId][];
    for (const [from, to] of links) network.setCut(from, to, true);
    network.run(ticksPerElection * 10);
    expect(network.member(away).core.status()).toMatchObject({ role: 'preCandidate', term });
    for (const [from, to] of links) network.setCut(from, to, false);
    network.run(ticksPerElection * 3);
    expect(network.leader?.id).toBe(leader.id);
    for (const member of network.running) expect(member.core.status()).toMatchObject({ term, leader: leader.id });
  });
});
