/** Images for followers that are behind the log: Raft §7, dissertation §5. */
import { describe, expect, it } from 'vitest';
import { at, entry, id, inTerm, Lone, logOf, meta, one, only } from './harness.js';

const rejection = (lone: Lone, from: number, index: number, hintIndex: number) =>
  lone.from('appendReply', from, {
    rejected: true,
    index: at(index),
    hintIndex: at(hintIndex),
    hintTerm: inTerm(0),
  });

/** A leader whose log begins after entry 5, with follower 3 that lacks what was before. */
function leader(): Lone {
  const lone = new Lone({ start: meta(5, 1), log: [entry(6, 1), entry(7, 1)], term: 1, commit: 5 });
  lone.lead(2);
  lone.step(lone.accept(2, 8));
  lone.flush();
  return lone;
}

describe('the leader', () => {
  it('asks for an image once when the follower needs entries that are gone, and sends it no appends meanwhile', () => {
    const lone = leader();
    lone.raft.step(rejection(lone, 3, 7, 2));
    const [ready] = lone.take();
    expect(ready?.snapshotsWanted).toEqual([3]);
    lone.raft.propose([Buffer.from('x')]);
    lone.step(lone.from('heartbeatReply', 3, { readRound: 0, recovering: false }));
    lone.tick(2);
    const sent = lone.flush();
    expect(only(sent, 'appendRequest', 3)).toEqual([]);
    expect(only(sent, 'heartbeat', 3)).toHaveLength(1);
    expect(lone.take()).toEqual([]);
  });

  it('goes on after the image when it is installed', () => {
    const lone = leader();
    lone.raft.step(rejection(lone, 3, 7, 2));
    lone.flush();
    lone.raft.snapshotSent(id(3), true, meta(7, 1));
    expect(one(lone.flush(), 'appendRequest', 3)).toMatchObject({ prevIndex: 7, entries: [{ index: 8 }] });
  });

  it('waits for a sign of life when sending failed, then asks the follower before it sends another', () => {
    const lone = leader();
    lone.raft.step(rejection(lone, 3, 7, 2));
    lone.flush();
    lone.raft.snapshotSent(id(3), false, meta(7, 1));
    expect(lone.flush()).toEqual([]);
    const probe = one(
      lone.step(lone.from('heartbeatReply', 3, { readRound: 0, recovering: false })),
      'appendRequest',
      3,
    );
    expect(probe).toMatchObject({ prevIndex: 5, prevTerm: 1 });
    lone.raft.step(rejection(lone, 3, 5, 2));
    expect(lone.take()[0]?.snapshotsWanted).toEqual([3]);
  });

  it('goes on at once when the follower turns out to hold what the log still has', () => {
    const lone = leader();
    lone.raft.step(rejection(lone, 3, 7, 2));
    lone.flush();
    const next = one(lone.step(lone.accept(3, 6)), 'appendRequest', 3);
    expect(next).toMatchObject({ prevIndex: 6, entries: [{ index: 7 }, { index: 8 }] });
    lone.raft.snapshotSent(id(3), false, meta(7, 1));
    expect(lone.flush()).toEqual([]);
  });

  it('sends an image when the log is trimmed beyond what is in flight, however full the window is', () => {
    const lone = new Lone({ options: { inflightAppends: 1, logTailBytes: 0 } });
    lone.lead(2);
    for (const from of [2, 3]) lone.step(lone.accept(from, 1));
    for (let count = 0; count < 5; count++) {
      const index = lone.raft.propose([Buffer.from('x')]) ?? 0;
      lone.flush();
      lone.step(lone.accept(2, index));
    }
    lone.raft.trimmed(meta(5, 1));
    lone.raft.step(lone.from('heartbeatReply', 3, { readRound: 0, recovering: false }));
    expect(lone.take().flatMap((each) => [...each.snapshotsWanted])).toEqual([3]);
  });

  it('sends an image when entries that it wanted from disk have been trimmed meanwhile', () => {
    const lone = new Lone({ options: { logTailBytes: 0 } });
    lone.lead(2);
    for (let count = 0; count < 5; count++) {
      const index = lone.raft.propose([Buffer.from('x')]) ?? 0;
      lone.flush();
      lone.step(lone.accept(2, index));
    }
    lone.raft.step(lone.accept(3, 1));
    const wanted = lone.take().flatMap((each) => [...each.entriesWanted])[0];
    if (!wanted) throw new Error('nothing wanted');
    lone.raft.trimmed(meta(5, 1));
    lone.raft.entriesLoaded(wanted, []);
    expect(lone.take().flatMap((each) => [...each.snapshotsWanted])).toEqual([3]);
  });
});

describe('a follower', () => {
  const follower = (): Lone => new Lone({ log: logOf(1, 1, 1), term: 1, commit: 2, applied: 2 });

  it('takes an image beyond its log: log and machine begin anew, in one step of its own', () => {
    const lone = follower();
    lone.flush();
    expect(lone.raft.snapshotReceived(id(2), inTerm(2), meta(9, 2))).toBe(true);
    lone.raft.step(lone.append({ prevIndex: at(9), prevTerm: inTerm(2), entries: [entry(10, 2)], commit: at(9) }));
    expect(lone.status).toMatchObject({
      term: 2,
      leader: 2,
      commit: 9,
      applied: 9,
      firstIndex: 10,
      lastIndex: 10,
    });
    const [install, append] = lone.take();
    expect(install).toMatchObject({
      install: { index: 9 },
      hardState: { term: 2, commit: 9 },
      hardStateOptional: false,
    });
    expect([install?.entries, install?.committed, install?.messagesAfterPersist]).toEqual([[], [], []]);
    expect(install?.persistToken).toBeDefined();
    expect(append?.entries.map((each) => each.index)).toEqual([10]);
    expect(one(append?.messagesAfterPersist ?? [], 'appendReply').index).toBe(10);
  });

  it('acknowledges it once it is installed', () => {
    const lone = follower();
    lone.raft.snapshotReceived(id(2), inTerm(1), meta(9, 1));
    const [install] = lone.take();
    expect(lone.take()).toEqual([]);
    lone.raft.persisted(install?.persistToken ?? 0);
    expect(one(lone.flush(), 'appendReply')).toMatchObject({ index: 9, rejected: false });
  });

  it('does not take writes of the old log for parts of the new one', () => {
    const lone = follower();
    lone.raft.step(lone.append({ prevIndex: at(3), prevTerm: inTerm(1), entries: [entry(4, 1), entry(5, 1)] }));
    const [old] = lone.take();
    lone.raft.snapshotReceived(id(2), inTerm(1), meta(4, 3));
    lone.raft.persisted(old?.persistToken ?? 0);
    expect(lone.raft.state.log.persisted).toBe(0);
  });

  it('refuses one of an earlier term', () => {
    const lone = new Lone({ term: 5 });
    expect(lone.raft.snapshotReceived(id(2), inTerm(4), meta(9, 4))).toBe(false);
    expect(lone.status).toMatchObject({ term: 5, leader: undefined });
  });

  it('refuses one that is not ahead of what it has committed, and tells how far it is', () => {
    const lone = follower();
    expect(lone.raft.snapshotReceived(id(2), inTerm(1), meta(2, 1))).toBe(false);
    expect(one(lone.flush(), 'appendReply')).toMatchObject({ index: 2, rejected: false });
  });

  it('commits up to its end instead when its log holds that entry (§7: retain)', () => {
    const lone = follower();
    expect(lone.raft.snapshotReceived(id(2), inTerm(1), meta(3, 1))).toBe(false);
    expect(lone.status).toMatchObject({ commit: 3, lastIndex: 3, firstIndex: 1 });
  });

  it('drops loads and entries of the old log', () => {
    const log = logOf(1, 1, 1, 1);
    const lone = new Lone({ log, tail: log.slice(3), commit: 3, applied: 0, term: 1 });
    const wanted = lone.take()[0]?.entriesWanted[0];
    if (!wanted) throw new Error('nothing wanted');
    lone.raft.snapshotReceived(id(2), inTerm(1), meta(9, 1));
    lone.raft.entriesLoaded(wanted, log.slice(0, 3));
    expect(lone.take().flatMap((each) => [...each.committed])).toEqual([]);
    lone.raft.applied(at(3));
    expect(lone.status.applied).toBe(9);
  });
});
