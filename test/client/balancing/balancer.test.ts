/** Every policy against its definition, over 100,000 picks. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import { type Backend, Balancer, type BalancerOptions } from '../../../src/client/balancing/balancer.js';

const picks = 100_000;

function backend(name: string, more: Partial<Backend<string>> = {}): Backend<string> {
  return { name, target: name, weight: 100, zone: '', available: true, sinceMs: Number.NEGATIVE_INFINITY, ...more };
}

function balancer(options: BalancerOptions, backends: readonly Backend<string>[], seed = 1): Balancer<string> {
  const made = new Balancer<string>({ random: seededRandom(seed), now: () => 0, ...options });
  made.update(backends);
  return made;
}

/** Part of the picks by name; every call ends before the next begins. */
function shares(from: Balancer<string>, keyOf: (i: number) => string | undefined = () => undefined) {
  const counts = new Map<string, number>();
  for (let i = 0; i < picks; i++) {
    const name = from.pick(keyOf(i))?.name ?? 'none';
    counts.set(name, (counts.get(name) ?? 0) + 1 / picks);
  }
  return counts;
}

function expectShares(counts: Map<string, number>, expected: Record<string, number>, tolerance: number) {
  expect([...counts.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, share] of Object.entries(expected))
    expect(Math.abs((counts.get(name) ?? 0) / share - 1), `${name}: ${counts.get(name)} of ${share}`).toBeLessThan(
      tolerance,
    );
}

const weighted = [backend('a', { weight: 50 }), backend('b', { weight: 100 }), backend('c', { weight: 350 })];
const five = ['a', 'b', 'c', 'd', 'e'].map((name) => backend(name));
const fifth = { a: 0.2, b: 0.2, c: 0.2, d: 0.2, e: 0.2 };

describe('pick_first', () => {
  test('stays with one while it is there, and another consumer takes another', () => {
    const first = balancer({ policy: 'pick_first' }, five);
    const chosen = first.pick()?.name;
    expect([...shares(first).keys()]).toEqual([chosen]);
    expect(first.pick(undefined, 1, (slot) => slot.name === chosen)?.name).not.toBe(chosen);
    expect(first.pick()?.name).toBe(chosen);
    first.update(five.filter(({ name }) => name !== chosen));
    const next = first.pick()?.name;
    expect(next).not.toBe(chosen);
    first.update(five);
    expect(first.pick()?.name).toBe(next);
    const others = Array.from({ length: 200 }, (_, seed) => balancer({ policy: 'pick_first' }, five, seed).pick());
    expect(new Set(others.map((slot) => slot?.name)).size).toBe(5);
  });
});

describe('round_robin', () => {
  test('takes strict turns, whatever the weights', () => {
    const turns = balancer({ policy: 'round_robin' }, weighted);
    const order = [turns.pick()?.name, turns.pick()?.name, turns.pick()?.name];
    expect([...order].sort()).toEqual(['a', 'b', 'c']);
    for (let i = 0; i < 3000; i++) expect(turns.pick()?.name).toBe(order[i % 3]);
  });

  test('goes on where it was when the list changes, and owes nothing to one that comes back', () => {
    const turns = balancer({ policy: 'round_robin' }, five);
    for (let i = 0; i < 1000; i++) {
      turns.pick();
      turns.update(five);
    }
    expectShares(shares(turns), fifth, 0.001);
    turns.update(five.map((one) => ({ ...one, available: one.name !== 'a' })));
    for (let i = 0; i < 1000; i++) expect(turns.pick()?.name).not.toBe('a');
    turns.update(five);
    const names = Array.from({ length: 10 }, () => turns.pick()?.name);
    expect(names.filter((name) => name === 'a').length).toBeLessThanOrEqual(2);
  });

  test('a list that changes all the time does not spoil the shares', () => {
    const turns = balancer({ policy: 'round_robin' }, five);
    const counts = new Map<string, number>();
    for (let i = 0; i < picks; i++) {
      if (i % 3 === 0) turns.update(i % 6 === 0 ? five : [...five].reverse());
      const name = turns.pick()?.name ?? 'none';
      counts.set(name, (counts.get(name) ?? 0) + 1 / picks);
    }
    expectShares(counts, fifth, 0.02);
  });
});

describe('weighted_round_robin', () => {
  test('is what is done unless told, and keeps the weights', () => {
    expectShares(shares(balancer({}, weighted)), { a: 0.1, b: 0.2, c: 0.7 }, 0.02);
  });

  test('is smooth: a heavy one is spread between the others', () => {
    const turns = balancer({}, [backend('heavy', { weight: 200 }), backend('x'), backend('y')]);
    const names = Array.from({ length: 400 }, () => turns.pick()?.name);
    for (let i = 2; i < names.length; i++)
      expect(names.slice(i - 2, i + 1).filter((name) => name === 'heavy').length).toBeLessThanOrEqual(2);
  });
});

describe('least_request', () => {
  test('spreads by weight while nobody is busy', () => {
    expectShares(shares(balancer({ policy: 'least_request' }, weighted)), { a: 0.1, b: 0.2, c: 0.7 }, 0.02);
  });

  test('of two takes the one with fewer calls under way for its weight', () => {
    const two = balancer({ policy: 'least_request' }, [backend('a'), backend('b', { weight: 300 })]);
    const [a, b] = ['b', 'a'].map((not) => two.pick(undefined, 0, (slot) => slot.name === not));
    if (!a || !b) throw new Error('not there');
    a.inFlight = 1;
    for (let i = 0; i < 100; i++) expect(two.pick()?.name).toBe('b');
    b.inFlight = 4;
    for (let i = 0; i < 100; i++) expect(two.pick()?.name).toBe('a');
  });

  test("beats round robin's p99 when one instance is slow", () => {
    expect(p99('least_request')).toBeLessThan(0.7 * p99('round_robin'));
  });

  /** 1,000 calls a second for 100 s, each 5 ms long, but 200 ms on one of five. */
  function p99(policy: 'least_request' | 'round_robin'): number {
    const calls = balancer({ policy }, five);
    const random = seededRandom(3);
    const took: number[] = [];
    const ends: { at: number; end(): void }[] = [];
    for (let now = 0; now < picks; now++) {
      for (let i = ends.length - 1; i >= 0; i--) if ((ends[i]?.at ?? 0) <= now) ends.splice(i, 1)[0]?.end();
      const slot = calls.pick();
      if (!slot) throw new Error('no slot');
      const ms = (slot.name === 'c' ? 200 : 5) * (0.5 + random());
      slot.inFlight++;
      ends.push({ at: now + ms, end: () => slot.inFlight-- });
      took.push(ms);
    }
    took.sort((a, b) => a - b);
    return took[Math.floor(took.length * 0.99)] ?? 0;
  }
});

describe('consistent_hash', () => {
  const policy = 'consistent_hash';
  const keyOf = (i: number) => `user-${i}`;
  const place = (from: Balancer<string>) => Array.from({ length: picks }, (_, i) => from.pick(keyOf(i))?.name);
  const moved = (before: (string | undefined)[], after: (string | undefined)[]) =>
    before.filter((name, i) => name !== after[i]).length / picks;

  test('spreads keys evenly or by weight, equally on every machine', () => {
    expectShares(shares(balancer({ policy }, five), keyOf), fifth, 0.02);
    expectShares(shares(balancer({ policy }, weighted), keyOf), { a: 0.1, b: 0.2, c: 0.7 }, 0.02);
    expect(place(balancer({ policy }, five))).toEqual(place(balancer({ policy }, [...five].reverse(), 9)));
  });

  test('spreads numbers and long common prefixes as evenly', () => {
    expectShares(
      shares(balancer({ policy }, five), (i) => `${i}`),
      fifth,
      0.02,
    );
    expectShares(
      shares(balancer({ policy }, five), (i) => `a/very/long/prefix/${'x'.repeat(50)}${i}`),
      fifth,
      0.02,
    );
  });

  test('without a key it is chance', () => {
    expectShares(shares(balancer({ policy }, five)), fifth, 0.03);
  });

  test('when an instance leaves only its keys move, at most 1/n, and to all others alike', () => {
    const before = place(balancer({ policy }, five));
    const after = place(balancer({ policy }, five.slice(1)));
    expect(moved(before, after)).toBe(before.filter((name) => name === 'a').length / picks);
    expect(moved(before, after)).toBeLessThan(0.2 * 1.02);
    const heirs = new Map<string, number>();
    before.forEach((name, i) => {
      const heir = after[i];
      if (name === 'a' && heir) heirs.set(heir, (heirs.get(heir) ?? 0) + 1);
    });
    expect(heirs.size).toBe(4);
    for (const count of heirs.values()) expect(Math.abs(count / (picks / 20) - 1)).toBeLessThan(0.05);
  });

  test('when a weight grows keys move to that instance alone', () => {
    const before = place(balancer({ policy }, weighted));
    const after = place(balancer({ policy }, [backend('a', { weight: 150 }), ...weighted.slice(1)]));
    after.forEach((name, i) => {
      if (name !== before[i]) expect(name).toBe('a');
    });
    expect(moved(before, after)).toBeGreaterThan(0.1);
  });

  test('bounds the load: one key alone cannot put more on an instance than 1.25 times its part', () => {
    const calls = balancer({ policy }, five);
    const first = calls.pick('hot')?.name;
    const counts = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      const slot = calls.pick('hot');
      if (!slot) throw new Error('no slot');
      slot.inFlight++;
      counts.set(slot.name, slot.inFlight);
      expect(slot.inFlight).toBeLessThanOrEqual(Math.ceil((1.25 * (i + 1)) / 5));
    }
    expect(counts.get(first ?? '')).toBe(250);
  });

  test('under load an instance that leaves moves no more than its keys and what the bound moves', () => {
    /** 100 calls under way at any time; where did each key go? */
    const busy = (backends: readonly Backend<string>[]) => {
      const calls = balancer({ policy }, backends);
      const running: (() => void)[] = [];
      return Array.from({ length: picks }, (_, i) => {
        const slot = calls.pick(keyOf(i % 1000));
        if (!slot) throw new Error('no slot');
        slot.inFlight++;
        running.push(() => slot.inFlight--);
        if (running.length > 100) running.shift()?.();
        return slot.name;
      });
    };
    const idle = place(balancer({ policy }, five));
    const before = busy(five);
    const after = busy(five.slice(1));
    const bound = before.filter((name, i) => name !== idle[i % 1000]).length / picks;
    expect(bound).toBeLessThan(0.15);
    expect(moved(before, after)).toBeLessThan(0.2 * 1.1 + 2 * bound);
  });

  test('a retry goes to the next of its key, and so does who avoids the first', () => {
    const calls = balancer({ policy }, five);
    for (let i = 0; i < 100; i++) {
      const order = [0, 1, 2, 3, 4].map((attempt) => calls.pick(keyOf(i), attempt)?.name);
      expect(new Set(order).size).toBe(5);
      expect(calls.pick(keyOf(i), 0, (slot) => slot.name === order[0])?.name).toBe(order[1]);
      expect(calls.pick(keyOf(i), 9)?.name).toBe(order[4]);
    }
  });
});

describe('zones', () => {
  const zones = (own: number, other: number) => [
    ...Array.from({ length: own }, (_, i) => backend(`a${i}`, { zone: 'a' })),
    ...Array.from({ length: other }, (_, i) => backend(`b${i}`, { zone: 'b' })),
  ];
  const own = (counts: Map<string, number>) =>
    [...counts].filter(([name]) => name.startsWith('a')).reduce((sum, [, share]) => sum + share, 0);

  for (const policy of ['round_robin', 'weighted_round_robin', 'least_request', 'consistent_hash'] as const) {
    const keyOf = (i: number) => `key-${i}`;
    test(`${policy} stays in the own zone while that can carry the load, and spills over in proportion`, () => {
      expect(own(shares(balancer({ policy, zone: 'a' }, zones(3, 3)), keyOf))).toBeCloseTo(1);
      // 5 of 14: exactly 1/1.4 of an equal part.
      expect(own(shares(balancer({ policy, zone: 'a' }, zones(5, 9)), keyOf))).toBeCloseTo(1);
      // 1 of 6 of the capacity, 1/2 would be equal: 1.4 * 2/6.
      expect(own(shares(balancer({ policy, zone: 'a' }, zones(1, 5)), keyOf))).toBeCloseTo(0.4667, 2);
      expect(own(shares(balancer({ policy, zone: 'a' }, zones(0, 5)), keyOf))).toBe(0);
      expect(own(shares(balancer({ policy, zone: 'a' }, zones(2, 0)), keyOf))).toBeCloseTo(1);
      expectShares(
        shares(balancer({ policy }, zones(1, 4)), keyOf),
        { a0: 0.2, b0: 0.2, b1: 0.2, b2: 0.2, b3: 0.2 },
        0.03,
      );
    });
  }

  test('what spills over is shared by the others', () => {
    const counts = shares(balancer({ zone: 'a' }, zones(1, 5)));
    const spilled = (1 - 1.4 / 3) / 5;
    expectShares(counts, { a0: 1.4 / 3, b0: spilled, b1: spilled, b2: spilled, b3: spilled, b4: spilled }, 0.02);
  });

  test('one that avoids all of its zone gets another', () => {
    expect(balancer({ zone: 'a' }, zones(2, 2)).pick(undefined, 1, ({ zone }) => zone === 'a')?.zone).toBe('b');
  });
});

describe('slow start', () => {
  test('a new instance begins with a tenth and has its full share at the end of the window', () => {
    let now = 1000;
    const turns = balancer({ now: () => now, slowStartMs: 10_000 }, five.slice(1));
    turns.update([backend('a', { sinceMs: now }), ...five.slice(1)]);
    expectShares(shares(turns), { a: 0.1 / 4.1, b: 1 / 4.1, c: 1 / 4.1, d: 1 / 4.1, e: 1 / 4.1 }, 0.02);
    now += 5000;
    expectShares(shares(turns), { a: 0.5 / 4.5, b: 1 / 4.5, c: 1 / 4.5, d: 1 / 4.5, e: 1 / 4.5 }, 0.02);
    now += 5000;
    expectShares(shares(turns), fifth, 0.02);
  });

  test('0 turns it off', () => {
    const turns = balancer({ slowStartMs: 0 }, [backend('a', { sinceMs: 0 }), ...five.slice(1)]);
    expectShares(shares(turns), fifth, 0.02);
  });
});

test('nothing to pick from gives nothing', () => {
  for (const policy of ['pick_first', 'round_robin', 'least_request', 'consistent_hash'] as const) {
    expect(balancer({ policy }, []).pick('key')).toBeUndefined();
    expect(balancer({ policy }, [backend('a', { available: false })]).pick()).toBeUndefined();
    expect(balancer({ policy }, five).pick('key', 0, () => true)).toBeUndefined();
  }
});
