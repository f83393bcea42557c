/**
 * The leader's stamps of cluster time (design §5). Time passes only while there is a leader, and at most by `maxStepMs` beyond the last stamp
 * that was committed and applied: a leader that was paused, or stuck on its disk, cannot expire leases whose keep-alives wait in its queues.
 */
import { type ClusterTime, clusterTime } from '../base/ids.js';

export class ClusterClock {
  private last = 0;
  private lastAt = 0;

  constructor(private readonly maxStepMs: number) {}

  /** This member leads from now on; `newest` is the newest stamp in its log. */
  begin(newest: ClusterTime, now: number): void {
    this.last = newest;
    this.lastAt = now;
  }

  /** What the next stamp would be. */
  peek(now: number, applied: ClusterTime): ClusterTime {
    const elapsed = Math.max(0, Math.floor(now - this.lastAt));
    return clusterTime(Math.max(this.last, Math.min(this.last + elapsed, applied + this.maxStepMs)));
  }

  /** The stamp of a batch made now. Time beyond the step is lost on purpose. */
  stamp(now: number, applied: ClusterTime): ClusterTime {
    const stamp = this.peek(now, applied);
    const elapsed = Math.floor(now - this.lastAt);
    // Keep the fraction of a millisecond, or a busy leader's clock would run slow.
    this.lastAt = stamp === this.last + elapsed ? this.lastAt + elapsed : now;
    this.last = stamp;
    return stamp;
  }
}
