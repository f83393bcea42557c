/** Every story in testdata, with the output that it tells. REWRITE=1 writes the output that it has now: read the difference. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario } from './scenario.js';

const folder = new URL('./testdata/', import.meta.url);
const rewrite = process.env.REWRITE === '1';

describe('scenario', () => {
  for (const name of readdirSync(folder).sort()) {
    it(name.replace(/\.txt$/, ''), () => {
      const file = new URL(name, folder);
      const script = readFileSync(file, 'utf8');
      const result = runScenario(script);
      if (rewrite && result !== script) writeFileSync(file, result);
      else expect(result).toBe(script);
    });
  }
});
