/** The less busy one of two that are drawn by weight. While nobody is busy the calls are spread by weight. */
import type { Random } from '../../base/random.js';
import type { Avoid, Picker, Slot } from './slot.js';

export class LeastRequest<T> implements Picker<T> {
  private slots: readonly Slot<T>[] = [];

  constructor(private readonly random: Random) {}

  update(slots: readonly Slot<T>[]): void {
    this.slots = slots;
  }

  pick(_key: number, _attempt: number, avoid: Avoid<T> | undefined): Slot<T> | undefined {
    const first = this.draw(undefined, avoid);
    const second = first && this.draw(first, avoid);
    if (!second) return first;
    return second.inFlight / second.weight < first.inFlight / first.weight ? second : first;
  }

  private draw(other: Slot<T> | undefined, avoid: Avoid<T> | undefined): Slot<T> | undefined {
    let total = 0;
    for (const slot of this.slots) if (slot !== other && !avoid?.(slot)) total += slot.weight;
    let rest = this.random() * total;
    let last: Slot<T> | undefined;
    for (const slot of this.slots) {
      if (slot === other || avoid?.(slot)) continue;
      last = slot;
      rest -= slot.weight;
      if (rest < 0) break;
    }
    return last;
  }
}
