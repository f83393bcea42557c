/**
 * Calls of one key go to the slot with the best score for it (rendezvous hashing, Thaler and Ravishankar 1998; by weight as in Schindelhauer and
 * Schomaker 2005): when a slot leaves, only its keys move, and they spread over all others; when one comes, it takes its share from all alike.
 * A slot with more than its part of the calls under way is passed over: a popular key cannot overload one instance.
 */
import { mix } from './hash.js';
import type { Avoid, Picker, Slot } from './slot.js';

export class ConsistentHash<T> implements Picker<T> {
  private slots: readonly Slot<T>[] = [];
  private totalWeight = 0;
  private equalWeights = true;

  /** @param loadFactor how far the calls under way on a slot may exceed its part of all, at least 1 */
  constructor(private readonly loadFactor: number) {}

  update(slots: readonly Slot<T>[]): void {
    this.slots = slots;
    this.totalWeight = 0;
    this.equalWeights = true;
    for (const slot of slots) {
      this.totalWeight += slot.weight;
      if (slot.weight !== slots[0]?.weight) this.equalWeights = false;
    }
  }

  pick(key: number, attempt: number, avoid: Avoid<T> | undefined): Slot<T> | undefined {
    let calls = 1;
    for (const slot of this.slots) calls += slot.inFlight;
    const room = (this.loadFactor * calls) / this.totalWeight;
    let best = this.best(key, room, undefined, avoid);
    // A retry takes the next in the order of this key.
    for (let i = 0; i < attempt && best; i++) best = this.best(key, room, best, avoid) ?? best;
    return best ?? this.best(key, Number.POSITIVE_INFINITY, undefined, avoid);
  }

  /** The best slot with room, below the score of `after`. */
  private best(
    key: number,
    room: number,
    after: Slot<T> | undefined,
    avoid: Avoid<T> | undefined,
  ): Slot<T> | undefined {
    const limit = after ? this.score(after, key) : Number.POSITIVE_INFINITY;
    let best: Slot<T> | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const slot of this.slots) {
      const score = this.score(slot, key);
      if (score <= bestScore || score >= limit) continue;
      // Rounded up, but not for what the division has added.
      if (slot.inFlight >= Math.ceil(room * slot.weight - 1e-9) || avoid?.(slot)) continue;
      best = slot;
      bestScore = score;
    }
    return best;
  }

  private score(slot: Slot<T>, key: number): number {
    const hash = mix(Math.imul(key, 0x9e3779b1) ^ slot.hash);
    return this.equalWeights ? hash : slot.weight / -Math.log((hash + 0.5) / 4_294_967_296);
  }
}
