import { expect, test } from 'vitest';
import { clusterTime } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { DeadlineHeap, type Timed } from '../../src/machine/deadlines.js';
import { leaseId } from './words.js';

const timed = (id: string, deadline: number): Timed => ({ id: leaseId(id), deadline: clusterTime(deadline), slot: 0 });

function drained(heap: DeadlineHeap<Timed>): string[] {
  const order: string[] = [];
  for (let first = heap.first; first !== undefined; first = heap.first) {
    order.push(`${first.deadline} ${first.id}`);
    heap.remove(first);
  }
  return order;
}

test.each([
  ['a', 'b', 'c', 'd'],
  ['d', 'c', 'b', 'a'],
  ['c', 'a', 'd', 'b'],
])('ties go by id, in whatever order they came: %s %s %s %s', (...ids) => {
  const heap = new DeadlineHeap<Timed>();
  for (const id of ids) heap.add(timed(id, 5));
  expect(drained(heap)).toEqual(['5 a', '5 b', '5 c', '5 d']);
});

test('random adds, moves and removals leave the order of a sort', () => {
  const random = seededRandom(3);
  const heap = new DeadlineHeap<Timed>();
  const model = new Set<Timed>();
  for (let i = 0; i < 2_000; i++) {
    const all = [...model];
    const one = all[Math.floor(random() * all.length)];
    if (one === undefined || random() < 0.45) {
      const item = timed(i.toString(16), Math.floor(random() * 50));
      model.add(item);
      heap.add(item);
    } else if (random() < 0.5) {
      one.deadline = clusterTime(Math.floor(random() * 50));
      heap.moved(one);
    } else {
      model.delete(one);
      heap.remove(one);
    }
    const first = [...model].sort((a, b) => a.deadline - b.deadline || (a.id < b.id ? -1 : 1))[0];
    expect(heap.first).toBe(first);
  }
});
