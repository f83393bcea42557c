import { assert, present } from '../../base/assert.js';
import { type Revision, revision as revisionOf } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import type { Change } from '../../machine/types.js';
import type { Replica } from '../../replica/types.js';
import type { Watcher, WatchSink } from '../../watch/types.js';
import { type EncodedEvents, EventEncoder, encodeEvents } from './watch-events.js';
import type { WatchOrder } from './watch-request.js';

/** What a watch needs of its stream. */
export interface WatchHost {
  readonly replica: Replica;
  /** Nothing may be sent now. */
  readonly full: boolean;
  sendEvents(watch: WatchedRange, revision: Revision, events: readonly EncodedEvents[]): void;
  sendCompacted(watch: WatchedRange, compactedRevision: Revision): void;
  /** The watch holds events: flush() is to be called before long. */
  holds(): void;
  /** The watch has arrived at the present. */
  arrived(): void;
  /** Runs a step; what it throws ends the stream. */
  guarded(step: () => void): void;
}

/** Larger revisions are encoded in turns of the event loop. */
const changesAtOnce = 500;
/** Longest that one such turn may take. */
const turnMs = 4;

/**
 * One watch of a stream. While it catches up it gathers several revisions for a message, as etcd does; each revision is whole. At the present every
 * revision is a message of its own.
 */
export class WatchedRange implements WatchSink {
  /** Something was sent since this was last set to false. */
  spoke = false;
  private watcher: Watcher | undefined;
  private ended = false;
  private held: EncodedEvents[] = [];
  private heldBytes = 0;
  private heldUpTo = revisionOf(0);
  /** A large revision is being encoded. */
  private encoding = false;

  constructor(
    private readonly host: WatchHost,
    /** An int64 in decimal. */
    readonly id: string,
    readonly order: WatchOrder,
  ) {}

  /** @param after deliver what is newer */
  start(after: Revision): void {
    this.watcher = this.host.replica.hub.watch([this.order.range], after, this);
    if (this.host.full) this.watcher.pause();
  }

  /** It is over: cancelled, or overtaken by a compaction. */
  get over(): boolean {
    return this.ended;
  }

  /** It begins at a revision that is not there yet, so there is nothing to say about its progress. */
  get inFuture(): boolean {
    return this.order.startRevision > this.host.replica.machine.revision;
  }

  /** Everything up to here was sent; undefined: it is catching up. */
  get sentRevision(): Revision | undefined {
    const { watcher } = this;
    if (!watcher?.live || this.encoding || this.held.length > 0) return undefined;
    return watcher.deliveredRevision;
  }

  // ---- from the hub ----

  onChanges(revision: Revision, changes: readonly Change[]): boolean {
    if (this.ended) return true;
    this.host.guarded(() => {
      const { form } = this.order;
      if (changes.length > changesAtOnce) this.encodeInTurns(revision, new EventEncoder(revision, changes, form));
      else this.take(revision, encodeEvents(this.host.replica.machine, revision, changes, form));
    });
    return !this.host.full && !this.encoding;
  }

  onLive(): void {
    this.host.guarded(() => {
      this.flush();
      this.host.arrived();
    });
  }

  onCompacted(compactedRevision: Revision): void {
    this.host.guarded(() => {
      this.flush();
      this.end();
      this.host.sendCompacted(this, compactedRevision);
    });
  }

  // ---- from the stream ----

  pause(): void {
    this.watcher?.pause();
  }

  /** The stream has room. */
  resume(): void {
    if (this.ended || this.encoding) return;
    this.watcher?.resume();
    this.flush();
  }

  /** Sends what is held, if there is room. */
  flush(): void {
    if (this.held.length === 0 || this.host.full) return;
    const { held } = this;
    this.held = [];
    this.heldBytes = 0;
    this.spoke = true;
    const watcher = present(this.watcher, 'who holds events has been started');
    // At the present the message says how far the watch has come, as in etcd; before that no more than it holds.
    const live = watcher.live && !this.encoding;
    this.host.sendEvents(this, live ? watcher.deliveredRevision : this.heldUpTo, held);
  }

  end(): void {
    this.ended = true;
    this.held = [];
    this.watcher?.cancel();
  }

  // ---- events ----

  private take(revision: Revision, events: EncodedEvents): void {
    if (events.count === 0) return;
    if (this.heldBytes + events.bytes.length > limits.watchHeldBytes) this.flush();
    this.held.push(events);
    this.heldBytes += events.bytes.length;
    this.heldUpTo = revision;
    if (this.watcher?.live) this.sendNow(revision);
    else if (this.held.length >= limits.watchHeldRevisions || this.heldBytes >= limits.watchHeldBytes) this.flush();
    else this.host.holds();
  }

  /** While a batch is handed out the hub has not delivered all of it, but to this watch everything up to this revision. */
  private sendNow(revision: Revision): void {
    assert(!this.host.full, 'a full stream has no live watches');
    const { held } = this;
    this.held = [];
    this.heldBytes = 0;
    this.spoke = true;
    this.host.sendEvents(this, revision, held);
  }

  private encodeInTurns(revision: Revision, encoder: EventEncoder): void {
    this.encoding = true;
    const turn = (): void => {
      if (this.ended) return;
      this.host.guarded(() => {
        const events = encoder.encode(this.host.replica.machine, performance.now() + turnMs);
        if (!events) {
          setImmediate(turn);
          return;
        }
        this.encoding = false;
        this.take(revision, events);
        if (this.host.full) return;
        this.resume();
        if (this.watcher?.live) this.host.arrived();
      });
    };
    turn();
  }
}
