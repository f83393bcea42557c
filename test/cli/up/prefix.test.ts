import { describe, expect, it } from 'vitest';
import { Lines, prefixOf } from '../../../src/cli/up/prefix.js';

describe('prefixOf', () => {
  it('aligns the names', () => {
    expect(prefixOf(['n1', 'backup'], 0, false)).toBe('n1     | ');
    expect(prefixOf(['n1', 'backup'], 1, false)).toBe('backup | ');
  });

  it('gives members different colours on a terminal', () => {
    const first = prefixOf(['n1', 'n2'], 0, true);
    expect(first).toContain('\u001b[');
    expect(first.slice(0, 5)).not.toBe(prefixOf(['n1', 'n2'], 1, true).slice(0, 5));
  });
});

describe('Lines', () => {
  function cut(...chunks: Buffer[]): string[] {
    const seen: string[] = [];
    const lines = new Lines((line) => seen.push(line), 10);
    for (const chunk of chunks) lines.push(chunk);
    lines.end();
    return seen;
  }

  it('joins lines over chunks, also inside a character', () => {
    const bytes = Buffer.from('aü\r\nb');
    expect(cut(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['aü', 'b']);
  });

  it('keeps empty lines and ends with the last line only if there is one', () => {
    expect(cut(Buffer.from('a\n\nb\n'))).toEqual(['a', '', 'b']);
  });

  it('does not gather an endless line', () => {
    expect(cut(Buffer.from('x'.repeat(11)), Buffer.from('y\n'))).toEqual(['x'.repeat(11), 'y']);
  });
});
