/** Newest values in memory within a byte budget. What is not here is read by revision from where the machine's writes went. */

import { Fifo } from './fifo.js';
import type { KeyEntry } from './key-index.js';
import type { KeyVersion } from './types.js';

/** What a cached version costs besides the bytes of its value: the objects and the allocator's share. */
const OVERHEAD_BYTES = 300;
/** In the queue; a key is there at most once. */
const QUEUED = 1;
/** Read since it was queued: it gets a second round. */
const TOUCHED = 2;

export const EMPTY_VALUE = new Uint8Array(0);

/** A value that may be kept for long: copied if it would otherwise pin a much larger buffer (a batch that came in as one message). */
export function owned(value: Uint8Array): Uint8Array {
  if (value.byteLength === 0) return EMPTY_VALUE;
  if (value.buffer.byteLength <= 2 * value.byteLength) return value;
  const copy = new Uint8Array(value.byteLength);
  copy.set(value);
  return copy;
}

/** Second-chance queue (CLOCK): nearly as good as least-recently-used, and a hit costs one bit. */
export class ValueCache {
  private readonly queue = new Fifo<KeyEntry>();
  private used = 0;

  constructor(private readonly budgetBytes: number) {}

  get usedBytes(): number {
    return this.used;
  }

  /** `newest` is the newest version of the entry's key. */
  put(entry: KeyEntry, newest: KeyVersion): void {
    if (entry.cached !== undefined) this.used -= entry.cached.value.byteLength + OVERHEAD_BYTES;
    entry.cached = newest;
    this.used += newest.value.byteLength + OVERHEAD_BYTES;
    if ((entry.cacheBits & QUEUED) === 0) {
      entry.cacheBits |= QUEUED;
      this.queue.push(entry);
    }
    while (this.used > this.budgetBytes && this.evictOne());
  }

  /** The cached version was read. */
  touch(entry: KeyEntry): void {
    entry.cacheBits |= TOUCHED;
  }

  /** The entry's key was deleted. */
  drop(entry: KeyEntry): void {
    if (entry.cached === undefined) return;
    this.used -= entry.cached.value.byteLength + OVERHEAD_BYTES;
    entry.cached = undefined;
  }

  private evictOne(): boolean {
    const entry = this.queue.shift();
    if (entry === undefined) return false;
    if (entry.cached !== undefined && (entry.cacheBits & TOUCHED) !== 0) {
      entry.cacheBits = QUEUED;
      this.queue.push(entry);
      return true;
    }
    entry.cacheBits = 0;
    this.drop(entry);
    return true;
  }
}
