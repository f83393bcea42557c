import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { Log } from '../../src/raft/log.js';
import type { Entry } from '../../src/raft/types.js';
import { at, entry, inTerm, logOf, meta, voters } from './harness.js';

function make(entries: readonly Entry[], start = meta(0, 0), tail = entries): Log {
  const last = entries[entries.length - 1] ?? start;
  return new Log({
    hardState: { term: last.term, votedFor: undefined, commit: at(0), recovering: false },
    start,
    applied: start.index,
    membership: voters(1),
    lastIndex: last.index,
    lastTerm: last.term,
    tail,
  });
}

const everything = Number.POSITIVE_INFINITY;

describe('log', () => {
  it('knows the terms of what it holds and of its start, and no others', () => {
    const log = make([entry(6, 2), entry(7, 2), entry(8, 5)], meta(5, 1));
    expect([4, 5, 6, 7, 8, 9].map((index) => log.termAt(at(index)))).toEqual([undefined, 1, 2, 2, 5, undefined]);
    expect(log.lastTerm).toBe(5);
  });

  it('is empty with the term of its start', () => {
    const log = make([], meta(5, 3));
    expect([log.last, log.lastTerm, log.firstInMemory]).toEqual([5, 3, 6]);
    log.push(entry(6, 3));
    expect(log.termAt(at(6))).toBe(3);
  });

  it('refuses gaps and terms that go back', () => {
    const log = make(logOf(1, 2));
    expect(() => log.push(entry(4, 2))).toThrow('gap');
    expect(() => log.push(entry(3, 1))).toThrow('older term');
  });

  it('is as up to date as the later last term, then the longer log (Raft §5.4.1)', () => {
    const log = make(logOf(1, 2, 2));
    expect(log.isUpToDate(at(1), inTerm(3))).toBe(true);
    expect(log.isUpToDate(at(3), inTerm(2))).toBe(true);
    expect(log.isUpToDate(at(2), inTerm(2))).toBe(false);
    expect(log.isUpToDate(at(9), inTerm(1))).toBe(false);
  });

  it('finds the last place where a term does not exceed another, against walking back', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) {
      let term = 1;
      const terms = Array.from({ length: 12 }, () => {
        if (random() < 0.4) term += 1 + Math.floor(random() * 2);
        return term;
      });
      const log = make(logOf(...terms));
      const from = Math.floor(random() * 14);
      const limit = Math.floor(random() * 10);
      let expected = Math.min(from, 12);
      while (expected > 0 && (terms[expected - 1] ?? 0) > limit) expected--;
      expect(log.lastIndexWithin(at(from), inTerm(limit))).toBe(expected);
    }
  });

  it('does not go below its start, unless asked there, nor guess unknown terms', () => {
    const entries = [entry(6, 4), entry(7, 4), entry(8, 5)];
    const log = make(entries, meta(5, 4));
    expect(log.lastIndexWithin(at(8), inTerm(1))).toBe(5);
    expect(log.lastIndexWithin(at(3), inTerm(1))).toBe(3);
    const short = make(entries, meta(5, 4), entries.slice(2));
    expect(short.lastIndexWithin(at(8), inTerm(4))).toBe(7);
    expect(short.termAt(at(7))).toBeUndefined();
  });

  it('truncates, and what was persisted beyond is no longer', () => {
    const log = make(logOf(1, 1, 2, 3));
    log.truncateFrom(at(3));
    expect([log.last, log.lastTerm, log.persisted, log.handed]).toEqual([2, 1, 2, 2]);
    log.push(entry(3, 4));
    expect(log.handOut().map((each) => each.term)).toEqual([4]);
    expect(log.handOut()).toEqual([]);
  });

  it('tells where given entries begin to be new', () => {
    const log = make(logOf(1, 1, 2));
    expect(log.firstNew([entry(2, 1), entry(3, 2)])).toBe(2);
    expect(log.firstNew([entry(3, 2), entry(4, 2)])).toBe(1);
    expect(log.firstNew([entry(2, 1), entry(3, 3)])).toBe(1);
    expect(log.firstNew([entry(4, 2)])).toBe(0);
    expect(log.firstNew([])).toBe(0);
  });

  it('slices by bytes, at least one, and gives equal slices as one array', () => {
    const log = make([entry(1, 1, 'aaaa'), entry(2, 1, 'bbbb'), entry(3, 1, 'cccc')]);
    expect(log.slice(at(1), at(3), 8).map((each) => each.index)).toEqual([1, 2]);
    expect(log.slice(at(1), at(3), 1).map((each) => each.index)).toEqual([1]);
    expect(log.slice(at(2), at(3), 99)).toBe(log.slice(at(2), at(3), 99));
    expect(log.slice(at(2), at(3), 99)).toBe(log.slice(at(2), at(3), everything));
    log.truncateFrom(at(3));
    log.push(entry(3, 2));
    expect(log.slice(at(2), at(3), 99).map((each) => each.term)).toEqual([1, 2]);
  });

  it('releases only beyond the limit, only what is safe, and first what every follower has', () => {
    const log = make(logOf(1, 1, 1, 1, 1, 1));
    const all = log.bytesInMemory;
    log.release(all, at(6), at(6));
    expect(log.firstInMemory).toBe(1);
    log.release(all - 1, at(2), at(6));
    expect(log.firstInMemory).toBe(3);
    log.release(0, at(0), at(6));
    expect(log.firstInMemory).toBe(3);
    log.release(all / 2 - 1, at(6), at(0));
    expect(log.firstInMemory).toBe(5);
    log.release(0, at(6), at(0));
    expect(log.firstInMemory).toBe(7);
    expect(log.bytesInMemory).toBe(0);
    expect(log.termAt(at(4))).toBe(1);
  });

  it('forgets below its new start when it is trimmed', () => {
    const log = make(logOf(1, 2, 3, 3));
    log.trim(at(3), inTerm(3));
    expect([log.startIndex, log.firstInMemory, log.last]).toEqual([3, 4, 4]);
    expect([2, 3, 4].map((index) => log.termAt(at(index)))).toEqual([undefined, 3, 3]);
    log.trim(at(2), inTerm(2));
    expect(log.startIndex).toBe(3);
    expect(log.tailAfter(at(0)).map((each) => each.index)).toEqual([4]);
  });
});
