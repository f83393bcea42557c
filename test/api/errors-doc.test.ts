import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Code, ExitCode, reasons } from '../../src/base/errors.js';

const text = readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8');

/** Cells of the table rows below a heading, without header and rule. */
function rows(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/errors.md', () => {
  const reasonRows = rows('Reasons');

  test('has every reason with its code, and no other', () => {
    const documented = Object.fromEntries(reasonRows.map(([reason, code]) => [reason, code]));
    const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));
    const defined = Object.entries(reasons).map(([reason, code]) => [`\`${reason}\``, names.get(code)]);
    expect(documented).toEqual(Object.fromEntries(defined));
    expect(reasonRows).toHaveLength(defined.length);
  });

  test('says of every reason what it means', () => {
    for (const [reason, , meaning] of reasonRows) expect(meaning, reason).toMatch(/\.$|\*\*$/);
  });

  test('has every exit code, and no other', () => {
    const documented = rows('Exit codes').map(([code, name]) => [name, Number(code)]);
    const defined = Object.entries(ExitCode).map(([name, code]) => [`\`${name}\``, code]);
    expect(new Map(documented as [string, number][])).toEqual(new Map(defined as [string, number][]));
  });
});
