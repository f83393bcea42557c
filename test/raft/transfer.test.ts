/** Handing leadership over: dissertation §3.10. */
import { describe, expect, it } from 'vitest';
import { at, id, inTerm, Lone, logOf, one, only, voters } from './harness.js';
import { Network } from './network.js';
import { ticksPerElection } from './sim-member.js';

function settled(members = [1, 2, 3]): Lone {
  const lone = new Lone({ membership: voters(...members) });
  lone.lead(...members.slice(1));
  for (const from of members.slice(1)) lone.step(lone.accept(from, 1));
  lone.flush();
  return lone;
}

const propose = (lone: Lone) => lone.raft.propose([Buffer.from('x')]);

describe('the leader', () => {
  it('tells an up-to-date target to campaign at once, and takes no more proposals', () => {
    const lone = settled();
    lone.raft.transferLeadership(id(3));
    expect(one(lone.flush(), 'timeoutNow').to).toBe(3);
    expect(lone.status.transferTarget).toBe(3);
    expect(propose(lone)).toBeUndefined();
  });

  it('brings the target up to date first', () => {
    const lone = settled();
    propose(lone);
    lone.flush();
    lone.raft.transferLeadership(id(3));
    expect(only(lone.flush(), 'timeoutNow')).toEqual([]);
    lone.raft.step(lone.accept(2, 2));
    expect(only(lone.flush(), 'timeoutNow')).toEqual([]);
    expect(one(lone.step(lone.accept(3, 2)), 'timeoutNow').to).toBe(3);
  });

  it('repeats the word with its heartbeats, in case it was lost', () => {
    const lone = settled();
    lone.raft.transferLeadership(id(3));
    lone.flush();
    lone.tick(2);
    expect(one(lone.flush(), 'timeoutNow').to).toBe(3);
  });

  it('gives up after an election timeout and takes proposals again', () => {
    const lone = settled();
    lone.raft.transferLeadership(id(3));
    for (let ticks = 0; ticks < 10; ticks++) {
      expect(propose(lone)).toBeUndefined();
      for (const from of [2, 3]) lone.step(lone.from('heartbeatReply', from, { readRound: 0, recovering: false }));
      lone.tick();
    }
    expect(lone.take().some((each) => each.statusChanged)).toBe(true);
    expect(lone.status).toMatchObject({ role: 'leader', transferTarget: undefined });
    expect(propose(lone)).toBe(2);
  });

  it('chooses the most up-to-date voter that was heard of recently', () => {
    const lone = settled([1, 2, 3, 4, 5]);
    propose(lone);
    lone.flush();
    lone.step(lone.accept(5, 2));
    for (let ticks = 0; ticks < 10; ticks++) {
      lone.tick();
      for (const from of [2, 3, 4]) lone.step(lone.from('heartbeatReply', from, { readRound: 0, recovering: false }));
    }
    lone.step(lone.accept(3, 2));
    lone.raft.transferLeadership(undefined);
    expect(lone.status.transferTarget).toBe(3);
  });

  it.each([
    ['itself', 1],
    ['a stranger', 9],
    ['a learner', 4],
  ])('does not hand over to %s', (_, target) => {
    const lone = new Lone({ membership: { voters: [1, 2, 3].map(id), outgoing: [], learners: [id(4)] } });
    lone.lead(2);
    lone.raft.transferLeadership(id(target));
    expect(lone.status.transferTarget).toBeUndefined();
  });

  it('does what a follower passes on', () => {
    const lone = settled();
    lone.step(lone.from('transferRequest', 2, { target: id(3) }));
    expect(lone.status.transferTarget).toBe(3);
    const any = settled();
    any.step(any.from('transferRequest', 2, { target: id(0) }));
    expect(any.status.transferTarget).toBe(2);
  });
});

describe('another member', () => {
  const follower = (setup: ConstructorParameters<typeof Lone>[0] = {}): Lone => {
    const lone = new Lone({ term: 1, log: logOf(1), ...setup });
    lone.step(lone.from('heartbeat', 2, { commit: at(0), readRound: 0 }));
    return lone;
  };

  it('campaigns at once when the leader says so, without a pre-vote and with the leader’s wish', () => {
    const sent = follower().step(follower().from('timeoutNow', 2, {}));
    expect(only(sent, 'preVoteRequest')).toEqual([]);
    expect(only(sent, 'voteRequest')).toMatchObject([
      { to: 2, term: 2, transfer: true, lastIndex: 1, lastTerm: 1 },
      { to: 3, term: 2, transfer: true },
    ]);
  });

  it.each<[string, ConstructorParameters<typeof Lone>[0], number]>([
    ['is no voter', { membership: voters(2, 3) }, 1],
    ['is recovering', { recovering: true }, 1],
    ['is asked in an earlier term', {}, 0],
  ])('does not campaign when it %s', (_, setup, term) => {
    const lone = follower(setup);
    lone.step(lone.from('timeoutNow', 2, { term: inTerm(term) }));
    expect(lone.status).toMatchObject({ role: 'follower', term: 1 });
  });

  it('passes the wish on to the leader', () => {
    const lone = follower();
    lone.raft.transferLeadership(id(3));
    expect(one(lone.flush(), 'transferRequest')).toMatchObject({ to: 2, target: 3 });
    lone.raft.transferLeadership(undefined);
    expect(one(lone.flush(), 'transferRequest')).toMatchObject({ to: 2, target: 0 });
  });
});

it('a cluster has the new leader within a few round trips, and the old one follows', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const network = new Network(seed, voters(1, 2, 3));
    network.run(60, () => network.leader !== undefined);
    network.run(10);
    const old = network.leader;
    if (!old) throw new Error('no leader');
    const target = network.running.find((member) => member !== old);
    old.propose('the last word');
    old.input((raft) => raft.transferLeadership(target?.id));
    expect(network.run(ticksPerElection / 2, () => target?.core.status().role === 'leader')).toBe(true);
    network.run(ticksPerElection / 2);
    expect(old.core.status()).toMatchObject({ role: 'follower', leader: target?.id });
  }
});
