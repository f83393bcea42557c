import type { Log } from '../base/log.js';

const PERIOD_MS = 60_000;

/** Warnings about things that come again at every retry: each cause is told at most once a minute. */
export class Complaints {
  private readonly lastTold = new Map<string, number>();

  constructor(private readonly log: Log) {}

  /** `cause` comes from a small fixed set, never from what a stranger sent. */
  tell(cause: string, fields: Record<string, unknown>, message: string): void {
    const now = performance.now();
    const last = this.lastTold.get(cause);
    if (last !== undefined && now - last < PERIOD_MS) return;
    this.lastTold.set(cause, now);
    this.log.warn(fields, message);
  }

  /** The trouble is over: if it comes again, tell at once. */
  settle(cause: string): void {
    this.lastTold.delete(cause);
  }
}
