import type { Revision } from '../base/ids.js';
import type { Group } from './group-index.js';
import type { Watcher, WatchSink } from './types.js';

/** What a watcher needs of its hub. */
export interface WatcherHost {
  /** Every change up to here has been handed to the live watchers. */
  readonly delivered: Revision;
  readonly revision: Revision;
  paused(watcher: HubWatcher): void;
  resumed(watcher: HubWatcher): void;
  cancelled(watcher: HubWatcher): void;
}

/**
 * live: whatever it has not been given did not concern it, and the next change is handed to it when applied.
 * lagging: `position` says how far it got; the rest comes from memory or history.
 */
type State = 'live' | 'lagging' | 'ended';

export class HubWatcher implements Watcher {
  state: State = 'live';
  /** Its stream's queue is full: it is given nothing until resume(). A live one stays live until a change concerns it. */
  full = false;
  /** Live: deliver nothing up to here. Lagging: everything up to here was delivered. */
  position: Revision;
  /** It asked for a revision that is compacted: it is to hear so, even if the changes are still in memory. */
  refused = false;
  /** The catch-up round that it takes part in; 0: none. */
  round = 0;
  group: Group | undefined;

  constructor(
    private readonly host: WatcherHost,
    readonly sink: WatchSink,
    after: Revision,
  ) {
    this.position = after;
  }

  get live(): boolean {
    return this.state === 'live' && !this.full;
  }

  get deliveredRevision(): Revision {
    if (this.state !== 'live') return this.position;
    const { delivered, revision } = this.host;
    // A position in the future is no statement about what was delivered.
    return this.position > delivered && this.position <= revision ? this.position : delivered;
  }

  pause(): void {
    this.full = true;
    this.round = 0;
    this.host.paused(this);
  }

  resume(): void {
    if (!this.full) return;
    this.full = false;
    if (this.state === 'lagging') this.host.resumed(this);
  }

  cancel(): void {
    if (this.state === 'ended') return;
    this.position = this.deliveredRevision;
    this.state = 'ended';
    this.round = 0;
    this.host.cancelled(this);
  }

  /** Falls behind: it has everything before `missed`, the revision that it is not given now. */
  lag(missed: Revision): void {
    this.position = (missed - 1) as Revision;
    this.state = 'lagging';
  }
}
