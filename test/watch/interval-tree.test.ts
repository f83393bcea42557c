import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { IntervalTree } from '../../src/watch/interval-tree.js';

interface Range {
  readonly start: Key;
  readonly end: Key | undefined;
  readonly id: number;
}

const key = (text: string) => text as Key;

describe('interval tree', () => {
  it('finds what a list finds, over random insertions and removals', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const tree = new IntervalTree<number>();
      const list: Range[] = [];
      const someKey = () =>
        key(String.fromCharCode(97 + random() * 6) + (random() < 0.5 ? '' : Math.floor(random() * 9)));
      for (let step = 0; step < 400; step++) {
        if (list.length > 0 && random() < 0.4) {
          const [gone] = list.splice(Math.floor(random() * list.length), 1);
          if (gone) tree.remove(gone.start, gone.end, gone.id);
        } else {
          const a = someKey();
          const b = someKey();
          if (a === b) continue;
          const end = random() < 0.1 ? undefined : a < b ? b : a;
          const range = { start: a < b ? a : b, end, id: step };
          list.push(range);
          tree.insert(range.start, range.end, range.id);
        }
        const asked = someKey();
        const found: number[] = [];
        tree.collect(asked, found);
        const expected = list
          .filter((r) => r.start <= asked && (r.end === undefined || asked < r.end))
          .map((r) => r.id);
        expect(found.sort(), `seed ${seed} step ${step}`).toEqual(expected.sort());
      }
    }
  });

  it('stays shallow when ranges come in order', () => {
    const tree = new IntervalTree<number>();
    const count = 20_000;
    const name = (i: number) => key(String(i).padStart(6, '0'));
    for (let i = 0; i < count; i++) tree.insert(name(i), name(i + 1), i);
    // A list-shaped tree would overflow the stack or take minutes here.
    for (let i = 0; i < count; i++) {
      const found: number[] = [];
      tree.collect(name(i), found);
      expect(found).toEqual([i]);
    }
  });

  it('keeps the other items of a range when one leaves', () => {
    const tree = new IntervalTree<string>();
    tree.insert(key('a'), key('c'), 'x');
    tree.insert(key('a'), key('c'), 'y');
    tree.remove(key('a'), key('c'), 'x');
    tree.remove(key('a'), key('c'), 'unknown');
    const found: string[] = [];
    tree.collect(key('b'), found);
    expect(found).toEqual(['y']);
  });
});
