import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { isQuorum, majority, reachedByMajority, reachedByQuorum, tally } from '../../src/raft/quorum.js';

/** All subsets of 1..5, as groups. */
const groups = Array.from({ length: 32 }, (_, bits) => [1, 2, 3, 4, 5].filter((id) => bits & (1 << (id - 1))));

describe('quorum', () => {
  it('a majority is more than half', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  it('reaches what more than half have reached (Raft §5.4.2), against trying every value', () => {
    const random = seededRandom(7);
    for (const group of groups) {
      for (let round = 0; round < 30; round++) {
        const values = new Map(group.map((id) => [id, Math.floor(random() * 6)]));
        const reached = reachedByMajority(group, (id) => values.get(id) ?? 0);
        if (group.length === 0) {
          expect(reached).toBe(Number.POSITIVE_INFINITY);
          continue;
        }
        const held = [0, 1, 2, 3, 4, 5].filter(
          (value) => group.filter((id) => (values.get(id) ?? 0) >= value).length * 2 > group.length,
        );
        expect(reached).toBe(Math.max(...held));
      }
    }
  });

  it('a joint decision needs a majority of both groups (dissertation §4.3), against brute force', () => {
    const random = seededRandom(11);
    for (const voters of groups) {
      if (voters.length === 0) continue;
      for (const outgoing of groups) {
        const yes = new Set([1, 2, 3, 4, 5].filter(() => random() < 0.6));
        const half = (group: number[]) =>
          group.length === 0 || group.filter((id) => yes.has(id)).length * 2 > group.length;
        expect(isQuorum(voters, outgoing, (id) => yes.has(id))).toBe(half(voters) && half(outgoing));

        const values = new Map([1, 2, 3, 4, 5].map((id) => [id, Math.floor(random() * 6)]));
        const least = (id: number) => values.get(id) ?? 0;
        const expected = Math.max(
          ...[0, 1, 2, 3, 4, 5].filter((value) => isQuorum(voters, outgoing, (id) => least(id) >= value)),
        );
        expect(reachedByQuorum(voters, outgoing, least)).toBe(expected);
      }
    }
  });

  it('an election is won or lost exactly when the missing votes cannot change it any more', () => {
    const random = seededRandom(13);
    for (const voters of groups) {
      if (voters.length === 0) continue;
      for (const outgoing of groups) {
        const votes = new Map<number, boolean>();
        for (const id of [1, 2, 3, 4, 5]) if (random() < 0.7) votes.set(id, random() < 0.5);
        const ends = (missing: boolean) => isQuorum(voters, outgoing, (id) => votes.get(id) ?? missing);
        const expected = ends(false) ? 'won' : ends(true) ? 'pending' : 'lost';
        expect(tally(voters, outgoing, votes)).toBe(expected);
      }
    }
  });

  it('a single member is its own majority', () => {
    expect(tally([1], [], new Map([[1, true]]))).toBe('won');
    expect(tally([1], [], new Map())).toBe('pending');
    expect(reachedByMajority([1], () => 9)).toBe(9);
  });
});
