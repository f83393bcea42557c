import { limits } from '../../base/limits.js';

/** A stream that is told when it has been silent for long. */
export interface Quiet {
  onQuiet(): void;
}

const looksPerPeriod = 8;
/** Longest that one look may hold the event loop. */
const lookMs = 5;

/** Finds the streams that were silent for limits.watchProgressMs: one timer for all, and none while there are no streams. */
export class ProgressClock {
  /** Since when each is silent, longest first. */
  private readonly silentSince = new Map<Quiet, number>();
  private timer: NodeJS.Timeout | undefined;

  /** The stream has just said something, or begins. */
  heard(stream: Quiet): void {
    this.silentSince.delete(stream);
    this.silentSince.set(stream, performance.now());
    this.timer ??= setInterval(() => this.look(), limits.watchProgressMs / looksPerPeriod).unref();
  }

  remove(stream: Quiet): void {
    this.silentSince.delete(stream);
    if (this.silentSince.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const now = performance.now();
    for (const [stream, since] of this.silentSince) {
      if (now - since < limits.watchProgressMs) return;
      this.heard(stream);
      stream.onQuiet();
      if (performance.now() - now > lookMs) {
        setImmediate(() => this.look());
        return;
      }
    }
  }
}

/** Of this process. */
export const progressClock = new ProgressClock();
