/** Every test that docs/guarantees.md names is there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('every promise of docs/guarantees.md names test files that exist', () => {
  const text = readFileSync(path.join(root, 'docs/guarantees.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| (?!promise)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const files = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
    expect(files, row).not.toEqual([]);
    for (const file of files) expect(existsSync(path.join(root, file)), file).toBe(true);
  }
});
