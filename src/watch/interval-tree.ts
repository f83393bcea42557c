/** Ranges of keys that can be asked "which of you contain this key": a treap ordered by start that knows the latest end below each node. */
import type { Key } from '../base/ids.js';
import { type Random, seededRandom } from '../base/random.js';

interface Node<T> {
  readonly start: Key;
  /** Exclusive; undefined: to the end of the key space. */
  readonly end: Key | undefined;
  readonly items: T[];
  /** Latest end among this node and all below it. */
  latest: Key | undefined;
  /** Not less than that of any node below: random, so the depth stays about logarithmic in whatever order ranges come. */
  readonly priority: number;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

export class IntervalTree<T> {
  private root: Node<T> | undefined;
  private readonly random: Random = seededRandom(1);

  /** Several items may have the same range. `end` undefined: to the end of the key space. */
  insert(start: Key, end: Key | undefined, item: T): void {
    this.root = this.inserted(this.root, start, end, item);
  }

  /** Takes one item out; does nothing if it is not there. */
  remove(start: Key, end: Key | undefined, item: T): void {
    this.root = removed(this.root, start, end, item);
  }

  /** Pushes every item whose range contains the key onto `found`. */
  collect(key: Key, found: T[]): void {
    collect(this.root, key, found);
  }

  private inserted(node: Node<T> | undefined, start: Key, end: Key | undefined, item: T): Node<T> {
    if (!node)
      return { start, end, items: [item], latest: end, priority: this.random(), left: undefined, right: undefined };
    const order = compare(start, end, node);
    if (order === 0) {
      node.items.push(item);
      return node;
    }
    if (order < 0) {
      node.left = this.inserted(node.left, start, end, item);
      if (node.left.priority > node.priority) return rotatedRight(node, node.left);
    } else {
      node.right = this.inserted(node.right, start, end, item);
      if (node.right.priority > node.priority) return rotatedLeft(node, node.right);
    }
    refresh(node);
    return node;
  }
}

function collect<T>(node: Node<T> | undefined, key: Key, found: T[]): void {
  if (!node || (node.latest !== undefined && node.latest <= key)) return;
  collect(node.left, key, found);
  if (node.start > key) return;
  if (node.end === undefined || key < node.end) for (const item of node.items) found.push(item);
  collect(node.right, key, found);
}

function removed<T>(node: Node<T> | undefined, start: Key, end: Key | undefined, item: T): Node<T> | undefined {
  if (!node) return undefined;
  const order = compare(start, end, node);
  if (order < 0) node.left = removed(node.left, start, end, item);
  else if (order > 0) node.right = removed(node.right, start, end, item);
  else {
    const at = node.items.indexOf(item);
    if (at >= 0) node.items.splice(at, 1);
    if (node.items.length === 0) return merged(node.left, node.right);
  }
  refresh(node);
  return node;
}

/** One tree of two, where every range of `left` comes before those of `right`. */
function merged<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (!left) return right;
  if (!right) return left;
  if (left.priority > right.priority) {
    left.right = merged(left.right, right);
    refresh(left);
    return left;
  }
  right.left = merged(left, right.left);
  refresh(right);
  return right;
}

function rotatedRight<T>(node: Node<T>, left: Node<T>): Node<T> {
  node.left = left.right;
  left.right = node;
  refresh(node);
  refresh(left);
  return left;
}

function rotatedLeft<T>(node: Node<T>, right: Node<T>): Node<T> {
  node.right = right.left;
  right.left = node;
  refresh(node);
  refresh(right);
  return right;
}

function refresh<T>(node: Node<T>): void {
  let latest = node.end;
  if (node.left) latest = later(latest, node.left.latest);
  if (node.right) latest = later(latest, node.right.latest);
  node.latest = latest;
}

function later(a: Key | undefined, b: Key | undefined): Key | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}

function compare<T>(start: Key, end: Key | undefined, node: Node<T>): number {
  if (start !== node.start) return start < node.start ? -1 : 1;
  if (end === node.end) return 0;
  if (end === undefined) return 1;
  return node.end === undefined || end < node.end ? -1 : 1;
}
