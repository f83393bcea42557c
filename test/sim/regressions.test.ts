/** Seeds that once found a bug of the product. */
import { expect, test } from 'vitest';
import { Simulation } from './simulation.js';

test.each([
  [27, 'an image to a member whose end had not been noticed yet was never answered'],
  [136, 'damage found while a watch read history did not stop the member'],
])('seed %i: %s', async (seed) => {
  const { violation } = await new Simulation(seed).run();
  expect(violation).toBeUndefined();
});
