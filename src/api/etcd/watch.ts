import { watchService } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import { LeaderMonitor, leaderLookMs } from './watch-leader.js';
import { WatchStream } from './watch-stream.js';

export interface WatchTiming {
  /** How long a watch with progress_notify is silent before it hears of progress, milliseconds. */
  readonly progressMs: number;
  /** How often it is looked whether there is a leader, milliseconds. */
  readonly leaderLookMs: number;
}

/** etcd's own. */
const defaultTiming: WatchTiming = { progressMs: 600_000, leaderLookMs };

/** `etcdserverpb.Watch`. Only tests set the timing. */
export function serveWatch(table: Handlers, replica: Replica, timing: WatchTiming = defaultTiming): void {
  const leaders = new LeaderMonitor(replica, timing.leaderLookMs);
  table.bidi(watchService.watch, (stream, input, call, fail) => {
    const leader = leaders.watch(call.metadata, fail);
    return new WatchStream(replica, stream, input, { progressMs: timing.progressMs, leader, fail });
  });
}
