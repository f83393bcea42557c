import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { type DiffLine, lineDiff, lines, unified } from '../../src/cli/line-diff.js';

const oldSide = (diff: readonly DiffLine[]) => diff.filter(({ kind }) => kind !== 'added').map(({ line }) => line);
const newSide = (diff: readonly DiffLine[]) => diff.filter(({ kind }) => kind !== 'removed').map(({ line }) => line);
const edits = (diff: readonly DiffLine[]) => diff.filter(({ kind }) => kind !== 'same').length;

/** Length of the longest common subsequence, the slow and plain way. */
function lcs(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    b.forEach((y, j) => {
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('lineDiff', () => {
  it('finds nothing in equal texts', () => {
    expect(edits(lineDiff(['a', 'b'], ['a', 'b']))).toBe(0);
    expect(lineDiff([], [])).toEqual([]);
  });

  it('finds the shortest edit script of the worked example of Myers 1986: ABCABBA to CBABAC takes 5 edits', () => {
    const diff = lineDiff([...'ABCABBA'], [...'CBABAC']);
    expect(edits(diff)).toBe(5);
    expect(oldSide(diff).join('')).toBe('ABCABBA');
    expect(newSide(diff).join('')).toBe('CBABAC');
  });

  it('rebuilds both texts, with the fewest edits, for any two texts', () => {
    const random = seededRandom(7);
    const text = () => Array.from({ length: Math.floor(random() * 12) }, () => 'abc'[Math.floor(random() * 3)] ?? '');
    for (let round = 0; round < 2_000; round++) {
      const [a, b] = [text(), text()];
      const diff = lineDiff(a, b);
      expect(oldSide(diff)).toEqual(a);
      expect(newSide(diff)).toEqual(b);
      expect(edits(diff)).toBe(a.length + b.length - 2 * lcs(a, b));
    }
  });

  it('gives up on very different large texts but stays correct and fast', () => {
    const a = Array.from({ length: 30_000 }, (_, i) => `a${i}`);
    const b = Array.from({ length: 30_000 }, (_, i) => `b${i}`);
    const diff = lineDiff(['same', ...a], ['same', ...b]);
    expect(diff[0]).toEqual({ kind: 'same', line: 'same' });
    expect(oldSide(diff)).toEqual(['same', ...a]);
    expect(newSide(diff)).toEqual(['same', ...b]);
  });
});

describe('lines', () => {
  it('does not count a newline at the end as another line', () => {
    expect(lines('')).toEqual([]);
    expect(lines('a')).toEqual(['a']);
    expect(lines('a\n')).toEqual(['a']);
    expect(lines('a\n\n')).toEqual(['a', '']);
  });
});

describe('unified', () => {
  const numbers = Array.from({ length: 20 }, (_, i) => String(i + 1));

  it('shows three lines around a change', () => {
    const changed = numbers.with(9, 'ten');
    expect(unified(lineDiff(numbers, changed))).toEqual([
      '@@ -7,7 +7,7 @@',
      ' 7',
      ' 8',
      ' 9',
      '-10',
      '+ten',
      ' 11',
      ' 12',
      ' 13',
    ]);
  });

  it('joins changes that are close and keeps far ones apart', () => {
    const near = unified(lineDiff(numbers, numbers.with(4, 'x').with(11, 'y')));
    expect(near.filter((line) => line.startsWith('@@'))).toEqual(['@@ -2,14 +2,14 @@']);
    const far = unified(lineDiff(numbers, numbers.with(3, 'x').with(11, 'y')));
    expect(far.filter((line) => line.startsWith('@@'))).toEqual(['@@ -1,7 +1,7 @@', '@@ -9,7 +9,7 @@']);
  });

  it('names the line before an empty range', () => {
    expect(unified(lineDiff([], ['a', 'b']))).toEqual(['@@ -0,0 +1,2 @@', '+a', '+b']);
    expect(unified(lineDiff(['a'], []))).toEqual(['@@ -1 +0,0 @@', '-a']);
  });

  it('is empty when nothing differs', () => {
    expect(unified(lineDiff(numbers, numbers))).toEqual([]);
  });
});
