/** One slot for as long as it is there. Which one is chance, so that many consumers do not all take the same. */
import type { Random } from '../../base/random.js';
import type { Avoid, Picker, Slot } from './slot.js';

export class PickFirst<T> implements Picker<T> {
  private slots: readonly Slot<T>[] = [];
  private current: Slot<T> | undefined;

  constructor(private readonly random: Random) {}

  update(slots: readonly Slot<T>[]): void {
    this.slots = slots;
    if (this.current && !slots.includes(this.current)) this.current = undefined;
  }

  pick(_key: number, _attempt: number, avoid: Avoid<T> | undefined): Slot<T> | undefined {
    if (this.current && !avoid?.(this.current)) return this.current;
    const choice = avoid ? this.slots.filter((slot) => !avoid(slot)) : this.slots;
    const chosen = choice[Math.floor(this.random() * choice.length)];
    // One that is avoided once, by a retry, may be the first again.
    if (!this.current) this.current = chosen;
    return chosen;
  }
}
