import { describe, expect, it } from 'vitest';
import { Persistence } from '../../src/raft/persistence.js';
import type { RaftMessage } from '../../src/raft/types.js';
import { at, id, inTerm } from './harness.js';

const reply: RaftMessage = { kind: 'timeoutNow', from: id(1), to: id(2), term: inTerm(1) };

describe('persistence', () => {
  it('a completed write stands for all before it', () => {
    const persistence = new Persistence(inTerm(1), undefined);
    persistence.begin(at(3), inTerm(1), undefined);
    const token = persistence.begin(at(5), inTerm(2), id(2));
    persistence.begin(at(9), inTerm(3), undefined);
    expect(persistence.complete(token, [])).toBe(5);
    expect([persistence.term, persistence.votedFor, persistence.idle]).toEqual([2, 2, false]);
    expect(persistence.complete(token, [])).toBe(0);
  });

  it('a write under way does not count for entries that a later one replaces, also when they come back', () => {
    const persistence = new Persistence(inTerm(2), undefined);
    const first = persistence.begin(at(7), inTerm(2), undefined);
    persistence.lower(at(4));
    persistence.begin(at(5), inTerm(3), undefined);
    persistence.begin(at(7), inTerm(4), undefined);
    expect(persistence.complete(first, [])).toBe(4);
  });

  it('keeps messages until the newest write is done', () => {
    const persistence = new Persistence(inTerm(1), undefined);
    const first = persistence.begin(at(3), inTerm(1), undefined);
    const second = persistence.begin(at(4), inTerm(1), undefined);
    persistence.hold([reply]);
    const out: RaftMessage[] = [];
    persistence.complete(first, out);
    expect(out).toEqual([]);
    persistence.complete(second, out);
    expect(out).toEqual([reply]);
  });
});
