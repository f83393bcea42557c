import { expect, it } from 'vitest';
import { inOrder } from './pool.js';

it('gives results in the order of the pieces, and does no more at once than it may', async () => {
  const ends: (() => void)[] = [];
  let most = 0;
  let under = 0;
  const results: number[] = [];
  const all = (async () => {
    for await (const result of inOrder([0, 1, 2, 3, 4], 2, async (piece) => {
      most = Math.max(most, ++under);
      await new Promise<void>((resolve) => {
        ends[piece] = resolve;
      });
      under--;
      return piece * 10;
    }))
      results.push(result);
  })();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  for (const piece of [1, 2, 3, 0, 4]) {
    await settle();
    ends[piece]?.();
  }
  await all;
  expect(results).toEqual([0, 10, 20, 30, 40]);
  expect(most).toBe(2);
});

it('fails when a piece fails', async () => {
  const take = async (): Promise<void> => {
    for await (const _ of inOrder([1], 1, () => Promise.reject(new Error('it broke')))) expect.unreachable();
  };
  await expect(take()).rejects.toThrow('it broke');
});
