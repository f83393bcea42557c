import { expect, it } from 'vitest';
import { planted } from '../../sim/mutants/plant.js';
import { bugs } from './bugs.js';

it.each(bugs.map((bug) => [bug.name, bug] as const))('the planted bug %s fits the code', (_, bug) => {
  expect(() => planted(bug)).not.toThrow();
});
