import { describe, expect, it } from 'vitest';
import type { MemberId } from '../../src/base/ids.js';
import { Persistence } from '../../src/raft/persistence.js';
import type { HardState, RaftMessage } from '../../src/raft/types.js';
import { at, id, inTerm } from './harness.js';

const reply: RaftMessage = { kind: 'timeoutNow', from: id(1), to: id(2), term: inTerm(1) };

function state(term: number, votedFor?: MemberId): HardState {
  return { term: inTerm(term), votedFor, commit: at(0), recovering: false };
}

describe('persistence', () => {
  it('a completed write stands for all before it', () => {
    const persistence = new Persistence(state(1));
    persistence.begin(at(3), state(1));
    const token = persistence.begin(at(5), state(2, id(2)));
    persistence.begin(at(9), state(3));
    expect(persistence.complete(token, [])).toBe(5);
    expect([persistence.term, persistence.votedFor, persistence.idle]).toEqual([2, 2, false]);
    expect(persistence.complete(token, [])).toBe(0);
  });

  it('a write under way does not count for entries that a later one replaces, also when they come back', () => {
    const persistence = new Persistence(state(2));
    const first = persistence.begin(at(7), state(2));
    persistence.lower(at(4));
    persistence.begin(at(5), state(3));
    persistence.begin(at(7), state(4));
    expect(persistence.complete(first, [])).toBe(4);
  });

  it('keeps messages until the newest write is done', () => {
    const persistence = new Persistence(state(1));
    const first = persistence.begin(at(3), state(1));
    const second = persistence.begin(at(4), state(1));
    persistence.hold([reply]);
    const out: RaftMessage[] = [];
    persistence.complete(first, out);
    expect(out).toEqual([]);
    persistence.complete(second, out);
    expect(out).toEqual([reply]);
  });
});
