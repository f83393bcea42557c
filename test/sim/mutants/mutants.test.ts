import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutants } from './index.js';
import { planted } from './plant.js';

describe('planted bugs', () => {
  it('have names of their own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('are at least forty that the simulator must find', () => {
    expect(mutants.filter(({ unit }) => !unit).length).toBeGreaterThanOrEqual(40);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s fits the code', (_, mutant) => {
    expect(() => planted(mutant)).not.toThrow();
    if (mutant.unit) expect(existsSync(mutant.unit.test)).toBe(true);
    else expect(mutant.seeds).toBeGreaterThan(0);
  });
});
