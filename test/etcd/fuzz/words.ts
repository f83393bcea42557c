/** The keys, values and numbers of random requests: few, so that requests meet, and among them all that lie on an edge. */

import type { Key } from '../../../src/base/ids.js';
import { prefixEnd } from '../../../src/base/ranges.js';
import type { Dice } from './dice.js';
import type { SessionView } from './session.js';

/**
 * At most twelve: up to there etcd's sort (Go's) keeps equal items in their order, beyond it does not, and which of them a limit lets through is chance.
 */
const keys = ['a', 'a/', 'a/1', 'a/2', 'ab', 'b', 'b/1', 'c\0', 'c', '\xff', '\xff\xff', '\0'].map(bytes);
const values = ['', '0', '1', '2', '10', 'x', 'xy', '\xff', 'longer than the others'].map(bytes);
const kib = 1024;
const lastInt64 = 2n ** 63n - 1n;

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Now and then none. */
export function anyKey(dice: Dice): Buffer {
  return dice.chance(0.01) ? bytes('') : dice.pick(keys);
}

/** Of a range: the one key, all from it on, a prefix, up to another key (also upside down). */
export function anyEnd(dice: Dice, key: Buffer): Buffer {
  return dice.weighted([
    [6, () => bytes('')],
    [2, () => bytes('\0')],
    [3, () => bytes(prefixEnd(key.toString('latin1') as Key))],
    [2, () => dice.pick(keys)],
    [0.5, () => key],
  ])();
}

/** Once in a while about as large as a request may be. */
export function anyValue(dice: Dice): Buffer {
  if (!dice.chance(0.001)) return dice.pick(values);
  const size = dice.pick([100 * kib, 1_000 * kib, 1_535 * kib, 1_537 * kib, 1_800 * kib, 2_200 * kib]);
  return Buffer.alloc(size, dice.pick(['v', 'w']));
}

/** Of a read: mostly now, sometimes what was, is compacted or is to come. */
export function anyRevision(dice: Dice, view: SessionView): string {
  return dice.weighted([
    [10, () => '0'],
    [4, () => nearRevision(dice, view)],
    [0.2, () => '-1'],
    [0.1, () => String(lastInt64)],
  ])();
}

/** Between a little before the compacted and a little after the current revision. */
export function nearRevision(dice: Dice, view: SessionView): string {
  const from = Math.max(-1, view.compacted - 2);
  return `@${from + dice.below(view.revision - from + 3)}`;
}

/** A small number, most of them sensible for versions and limits. */
export function smallNumber(dice: Dice): string {
  return dice.pick(['0', '0', '1', '1', '2', '3', '5', '100', '-1']);
}

export function oddNumber(dice: Dice): string {
  return dice.pick(['-1', String(lastInt64), String(-lastInt64 - 1n), '9007199254740993']);
}

/** A lease id that a client chose: any int64. */
export function chosenId(dice: Dice): string {
  if (dice.chance(0.1)) return oddNumber(dice);
  if (dice.chance(0.3)) return String(1 + dice.below(4));
  const id = (BigInt(dice.below(2 ** 32)) << 32n) | BigInt(dice.below(2 ** 32));
  return String(BigInt.asIntN(64, id));
}
