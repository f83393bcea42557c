import { describe, expect, it } from 'vitest';
import type { MemberId } from '../../src/base/ids.js';
import { hashOf, ownerOf } from '../../src/health/ownership.js';
import { memberIdOf } from '../../src/settings/identity.js';

const members = ['n1', 'n2', 'n3', 'n4', 'n5'].map((name) => memberIdOf('test', name));
const keys = Array.from({ length: 10_000 }, (_, i) => hashOf(`/quorate/registry/prod/compute/i-${i}`));

function shares(among: readonly MemberId[]): Map<MemberId, number> {
  const count = new Map<MemberId, number>();
  for (const key of keys) {
    const owner = ownerOf(key, among);
    if (owner !== undefined) count.set(owner, (count.get(owner) ?? 0) + 1);
  }
  return count;
}

describe('ownership of checks', () => {
  it('is of one member, the same in whatever order the members are listed', () => {
    for (const key of keys.slice(0, 500)) {
      const owner = ownerOf(key, members);
      expect(members).toContain(owner);
      expect(ownerOf(key, [...members].reverse())).toBe(owner);
    }
  });

  it.each([2, 3, 5])('is spread evenly over %i members', (n) => {
    const fair = keys.length / n;
    for (const share of shares(members.slice(0, n)).values()) {
      expect(Math.abs(share - fair)).toBeLessThan(0.08 * fair);
    }
  });

  it('moves only the share of the member that goes, and spreads that over the others', () => {
    const [gone, ...left] = members;
    const moved = new Map<MemberId | undefined, number>();
    for (const key of keys) {
      const before = ownerOf(key, members);
      const after = ownerOf(key, left);
      if (before === gone) moved.set(after, (moved.get(after) ?? 0) + 1);
      else if (after !== before) throw new Error(`${key} moved from ${before} to ${after}`);
    }
    expect(moved.size).toBe(4);
    for (const share of moved.values()) expect(share).toBeGreaterThan(keys.length / 5 / 4 / 2);
  });

  it("is nobody's without members", () => {
    expect(ownerOf(1, [])).toBeUndefined();
  });
});
