import type { Random } from '../base/random.js';

/** Exponential back-off with full jitter: each wait is random between 0 and a ceiling that doubles up to the cap. */
export class Backoff {
  private ceilingMs: number;

  constructor(
    private readonly startMs: number,
    private readonly capMs: number,
    private readonly random: Random,
  ) {
    this.ceilingMs = startMs;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const delay = this.random() * this.ceilingMs;
    this.ceilingMs = Math.min(this.ceilingMs * 2, this.capMs);
    return delay;
  }

  reset(): void {
    this.ceilingMs = this.startMs;
  }
}
