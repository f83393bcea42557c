/** Time that passes when a test says so. */
import type { Clock } from '../../src/health/clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  private time = 0;
  private readonly timers = new Set<Timer>();
  /** What random() says. */
  chance = 0;

  now(): number {
    return this.time;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.time;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  random(): number {
    return this.chance;
  }

  /** Timers that are set. */
  get waiting(): number {
    return this.timers.size;
  }

  /** Lets time pass; every timer that falls due is called at its time, in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.time = Math.max(this.time, next.at);
      this.timers.delete(next);
      next.callback();
    }
    this.time = end;
  }

  /** As when the process was stopped for a while: time has passed, and whatever was due is called late. */
  stall(milliseconds: number): void {
    this.time += milliseconds;
    this.advance(0);
  }

  private next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    return next;
  }
}
