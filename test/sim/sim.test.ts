import { expect, test } from 'vitest';
import { Simulation } from './simulation.js';

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

test.each(seeds)('seed %i', async (seed) => {
  const { violation } = await new Simulation(seed).run();
  expect(violation).toBeUndefined();
});

test('a seed decides everything', async () => {
  const [first, second, other] = [new Simulation(3), new Simulation(3), new Simulation(4)];
  const report = await first.run();
  const again = await second.run();
  expect(again.traceHash).toBe(report.traceHash);
  expect(again.stateHash).toBe(report.stateHash);
  expect(again.events).toBe(report.events);
  expect((await other.run()).traceHash).not.toBe(report.traceHash);
});
