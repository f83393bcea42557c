/** A heap of what ends by the cluster clock: the next deadline in O(1), moving one in O(log n). */
import type { ClusterTime, LeaseId } from '../base/ids.js';

export interface Timed {
  readonly id: LeaseId;
  deadline: ClusterTime;
  /** Where the heap holds it; kept by the heap. */
  slot: number;
}

/** The order is total (ties go by id), so it does not depend on how the heap came to be: every member expires in the same order. */
function before(a: Timed, b: Timed): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.id < b.id);
}

export class DeadlineHeap<T extends Timed> {
  private readonly items: T[] = [];

  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    item.slot = this.items.length;
    this.items.push(item);
    this.rise(item);
  }

  /** The deadline of `item` was changed. */
  moved(item: T): void {
    this.rise(item);
    this.sink(item);
  }

  remove(item: T): void {
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.place(last, item.slot);
    this.moved(last);
  }

  private rise(item: T): void {
    while (item.slot > 0) {
      const parent = this.items[(item.slot - 1) >> 1];
      if (parent === undefined || !before(item, parent)) return;
      this.swap(item, parent);
    }
  }

  private sink(item: T): void {
    for (;;) {
      const left = this.items[2 * item.slot + 1];
      const right = this.items[2 * item.slot + 2];
      if (left === undefined) return;
      const child = right !== undefined && before(right, left) ? right : left;
      if (!before(child, item)) return;
      this.swap(item, child);
    }
  }

  private swap(a: T, b: T): void {
    const slot = a.slot;
    this.place(a, b.slot);
    this.place(b, slot);
  }

  private place(item: T, slot: number): void {
    this.items[slot] = item;
    item.slot = slot;
  }
}
