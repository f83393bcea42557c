import { describe, expect, it } from 'vitest';
import { index, revision } from '../../src/base/ids.js';
import { Reads } from '../../src/replica/reads.js';

describe('Reads', () => {
  it('shares one round among all that wait, and the next among those that came meanwhile (dissertation §6.4)', () => {
    const reads = new Reads();
    const done: string[] = [];
    reads.add(100, () => done.push('a'));
    reads.add(100, () => done.push('b'));
    const first = reads.nextRound();
    reads.add(100, () => done.push('late'));
    expect(reads.nextRound()).toBeUndefined();
    reads.onReadState(first ?? 0, index(5), false, index(5));
    expect(done).toEqual(['a', 'b']);
    expect(reads.nextRound()).toBeDefined();
  });

  it('waits until the index of the round is applied', () => {
    const reads = new Reads();
    let done = false;
    reads.add(100, () => {
      done = true;
    });
    reads.onReadState(reads.nextRound() ?? 0, index(7), false, index(5));
    reads.onApplied(index(6), revision(1));
    expect(done).toBe(false);
    reads.onApplied(index(7), revision(1));
    expect(done).toBe(true);
  });

  it('asks again when a round failed and ignores answers to other rounds', () => {
    const reads = new Reads();
    let done = 0;
    reads.add(100, () => {
      done++;
    });
    const first = reads.nextRound() ?? 0;
    reads.onReadState(first, index(0), true, index(5));
    const second = reads.nextRound() ?? 0;
    expect(second).not.toBe(first);
    reads.onReadState(first, index(5), false, index(5));
    expect(done).toBe(0);
    reads.onReadState(second, index(5), false, index(5));
    expect(done).toBe(1);
  });

  it('tells NO_QUORUM at the deadline wherever the reader waits, once', () => {
    const reads = new Reads();
    const reasons: (string | undefined)[] = [];
    const note = (error: { reason: string } | undefined) => reasons.push(error?.reason);
    reads.add(100, note);
    const token = reads.nextRound() ?? 0;
    reads.onReadState(token, index(9), false, index(5));
    reads.add(100, note);
    reads.addForRevision(revision(50), 100, note);
    reads.expire(99);
    expect(reasons).toEqual([]);
    reads.expire(100);
    expect(reasons).toEqual(['NO_QUORUM', 'NO_QUORUM', 'NO_QUORUM']);
    reads.onApplied(index(9), revision(50));
    expect(reasons).toHaveLength(3);
  });

  it('lets a reader of a revision go when it is applied', () => {
    const reads = new Reads();
    let done = false;
    reads.addForRevision(revision(5), 100, () => {
      done = true;
    });
    reads.onApplied(index(1), revision(4));
    expect(done).toBe(false);
    reads.onApplied(index(2), revision(5));
    expect(done).toBe(true);
  });
});
