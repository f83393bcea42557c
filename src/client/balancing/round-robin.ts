/**
 * Each in turn, by weight: earliest deadline first, where a slot's next deadline is its last one plus 1/weight. Slots of equal weight take strict
 * turns; heavier ones are spread evenly between the others.
 */
import type { Random } from '../../base/random.js';
import type { Avoid, Picker, Slot } from './slot.js';

export class RoundRobin<T> implements Picker<T> {
  private slots: readonly Slot<T>[] = [];
  private now = 0;
  private updates = 0;

  /** @param random where in its first round a slot begins, so that many consumers do not begin with the same one */
  constructor(private readonly random: Random) {}

  update(slots: readonly Slot<T>[]): void {
    for (const slot of slots) {
      const period = 1 / slot.weight;
      // One that was away begins anew: it must not make up for the turns that it missed.
      const stays = slot.update === this.updates && this.updates > 0;
      const left = stays ? (slot.due - this.now) / slot.period : this.random();
      slot.due = Math.min(1, Math.max(0, left)) * period;
      slot.period = period;
      slot.update = this.updates + 1;
    }
    this.updates++;
    this.now = 0;
    this.slots = slots;
  }

  pick(_key: number, _attempt: number, avoid: Avoid<T> | undefined): Slot<T> | undefined {
    let next: Slot<T> | undefined;
    for (const slot of this.slots) {
      if ((next === undefined || slot.due < next.due) && !avoid?.(slot)) next = slot;
    }
    if (next) {
      if (next.due > this.now) this.now = next.due;
      next.due += next.period;
    }
    return next;
  }
}
