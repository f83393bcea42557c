import { describe, expect, it } from 'vitest';
import { escapeControls, size, table, time } from '../../src/cli/table.js';

describe('table', () => {
  it('pads columns to the widest cell and leaves no blanks at the ends', () => {
    const text = table(
      ['NAME', 'ROLE'],
      [
        ['n1', 'leader'],
        ['member-2', 'follower'],
      ],
    );
    expect(text).toBe('NAME      ROLE\nn1        leader\nmember-2  follower');
  });

  it('aligns columns of numbers to the right', () => {
    expect(
      table(
        ['N', 'KEYS'],
        [
          ['a', 5],
          ['b', 12_345],
          ['c', undefined],
        ],
      ),
    ).toBe('N   KEYS\na      5\nb  12345\nc      -');
  });

  it('shows absent and empty cells as a dash', () => {
    expect(table(['A', 'B'], [['', undefined]])).toBe('A  B\n-  -');
  });

  it('shows only the header without rows', () => {
    expect(table(['A', 'LONG'], [])).toBe('A  LONG');
  });

  it('keeps a cell on its line and takes the power out of terminal escapes', () => {
    expect(table(['A'], [['x\ny\t\u001b[31mz']])).toBe('A\nx\\ny\\t\\x1b[31mz');
  });
});

describe('escapeControls', () => {
  it('escapes C0 and C1 controls and leaves other text alone', () => {
    expect(escapeControls('ü→😀\u0000\u009b')).toBe('ü→😀\\x00\\x9b');
  });
});

describe('size', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [150 * 1024 * 1024, '150 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});

describe('time', () => {
  it('is UTC to the second, and empty for no time', () => {
    expect(time(Date.UTC(2026, 2, 1, 9, 30, 5, 999))).toBe('2026-03-01 09:30:05');
    expect(time(0)).toBe('');
  });
});
