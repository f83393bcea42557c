import type { Random } from '../base/random.js';

/** So many of the items, or all, in an order of chance: whoever takes the first one always does not always take the same. */
export function draw<T>(items: readonly T[], most: number, random: Random): T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (drawn.length < most) {
    const last = left.length - 1;
    const at = Math.floor(random() * left.length);
    const item = left[at];
    const other = left.pop();
    if (item === undefined || other === undefined) break;
    if (at < last) left[at] = other;
    drawn.push(item);
  }
  return drawn;
}
