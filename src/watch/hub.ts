/** The watch hub of a member: hands every applied change to the watchers that it concerns, and to no other. */
import { assert } from '../base/assert.js';
import type { Revision } from '../base/ids.js';
import type { Log } from '../base/log.js';
import type { Change, RevisionChanges } from '../machine/types.js';
import { CatchUp, type CatchUpHost } from './catch-up.js';
import { GroupIndex } from './group-index.js';
import { isCompacted } from './history.js';
import { RecentChanges } from './recent.js';
import type { HistoryReader, KeyRange, Watcher, WatchHub, WatchSink } from './types.js';
import { HubWatcher, type WatcherHost } from './watcher.js';

export interface HubOptions {
  readonly history: HistoryReader;
  /** Of the machine as it stands now. */
  readonly revision: Revision;
  readonly compactedRevision: Revision;
  /** Recent changes kept in memory, bytes. */
  readonly recentBytes: number;
  /** Changes up to here can be read through `history`; later ones stay in memory whatever recentBytes says. */
  readonly persistedRevision: () => Revision;
  readonly log: Log;
  /** Longest that handing out changes may hold the event loop, milliseconds. */
  readonly sliceMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** Runs the callback in a later turn of the event loop. */
  readonly defer?: (callback: () => void) => void;
  /** Runs the callback after so many milliseconds. Returns what takes that back. */
  readonly after?: (milliseconds: number, callback: () => void) => () => void;
}

/** Half of what design §8 allows, because what the callbacks cause (encoding, writing) comes in lumps. */
const defaultSliceMs = 5;

export class Hub implements WatchHub, WatcherHost, CatchUpHost {
  /** Of the machine. While a batch is handed out this is already its last revision. */
  revision: Revision;
  /** Up to here every live watcher was given what concerns it. */
  delivered: Revision;
  readonly history: HistoryReader;
  readonly log: Log;
  readonly sliceMs: number;
  readonly now: () => number;
  readonly defer: (callback: () => void) => void;
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  private compactedRevision: Revision;
  private readonly index = new GroupIndex();
  private readonly recent: RecentChanges;
  private readonly catchUp: CatchUp;
  private readonly recentBytes: number;
  private readonly persistedRevision: () => Revision;
  private busy = false;
  /** Watches of the member itself. */
  private own = 0;

  constructor(options: HubOptions) {
    this.revision = options.revision;
    this.delivered = options.revision;
    this.compactedRevision = options.compactedRevision;
    this.history = options.history;
    this.log = options.log;
    this.recentBytes = options.recentBytes;
    this.persistedRevision = options.persistedRevision;
    this.sliceMs = options.sliceMs ?? defaultSliceMs;
    this.now = options.now ?? (() => performance.now());
    this.defer = options.defer ?? ((callback) => void setImmediate(callback));
    this.after = options.after ?? afterTimeout;
    this.recent = new RecentChanges(options.revision);
    this.catchUp = new CatchUp(this, this.recent);
  }

  /** Watches of callers. */
  get size(): number {
    return this.index.size - this.own;
  }

  watch(ranges: readonly KeyRange[], after: Revision, sink: WatchSink): Watcher {
    const watcher = new HubWatcher(this, sink, after);
    watcher.group = this.index.join(ranges, watcher);
    if (sink.isOwn) this.own++;
    if (after < this.revision) {
      watcher.state = 'lagging';
      watcher.refused = this.lost(after);
      this.catchUp.add(watcher);
    }
    return watcher;
  }

  publish(changes: readonly RevisionChanges[], revision: Revision): void {
    assert(!this.busy, 'no sink publishes');
    assert(revision >= this.revision, 'revisions only rise');
    let previous = this.revision;
    for (const each of changes) {
      assert(each.revision > previous && each.revision <= revision, 'changes come in revision order');
      previous = each.revision;
      this.recent.push(each);
    }
    this.revision = revision;
    this.recent.trim(this.recentBytes, this.persistedRevision());
    this.busy = true;
    const started = this.now();
    for (const each of changes) {
      this.handOut(each, started);
      this.delivered = each.revision;
    }
    this.delivered = revision;
    this.busy = false;
  }

  compacted(revision: Revision): void {
    if (revision > this.compactedRevision) this.compactedRevision = revision;
  }

  replacing(): void {
    this.catchUp.suspend();
  }

  reset(revision: Revision, compactedRevision: Revision): void {
    assert(!this.busy, 'no sink resets the hub');
    assert(revision >= this.revision, 'an image never takes the key space back');
    const { delivered } = this;
    this.revision = revision;
    this.delivered = revision;
    this.compactedRevision = compactedRevision;
    this.recent.reset(revision);
    this.catchUp.reset();
    for (const watcher of this.index.watchers()) {
      if (watcher.state === 'live') {
        if (watcher.position < delivered) watcher.position = delivered;
        if (watcher.position >= revision) continue;
        watcher.state = 'lagging';
      }
      if (!watcher.full) this.catchUp.add(watcher);
    }
  }

  /** Stops catching up; the store may be closed after this. */
  close(): void {
    this.catchUp.close();
  }

  lost(after: Revision): boolean {
    return isCompacted(after, this.compactedRevision);
  }

  paused(watcher: HubWatcher): void {
    this.catchUp.remove(watcher);
  }

  resumed(watcher: HubWatcher): void {
    if (watcher.position >= this.revision) watcher.state = 'live';
    else this.catchUp.add(watcher);
  }

  cancelled(watcher: HubWatcher): void {
    this.catchUp.remove(watcher);
    if (watcher.group) {
      this.index.leave(watcher.group, watcher);
      if (watcher.sink.isOwn) this.own--;
    }
    watcher.group = undefined;
  }

  caughtUp(watcher: HubWatcher): void {
    watcher.state = 'live';
    try {
      watcher.sink.onLive?.();
    } catch (error) {
      this.sinkFailed(watcher, error);
    }
  }

  compactedAway(watcher: HubWatcher): void {
    watcher.cancel();
    try {
      watcher.sink.onCompacted(this.compactedRevision);
    } catch (error) {
      this.sinkFailed(watcher, error);
    }
  }

  spread(revisionChanges: RevisionChanges, round: number, started: number): boolean {
    const { revision } = revisionChanges;
    let inTime = true;
    let complete = true;
    for (const group of this.index.match(revisionChanges)) {
      const changes = group.take();
      for (const watcher of group.watchers) {
        if (watcher.round !== round || watcher.position >= revision) continue;
        if (!inTime) {
          complete = false;
          break;
        }
        watcher.position = revision;
        this.deliver(watcher, revision, changes);
        inTime = this.inTime(started);
      }
    }
    return complete;
  }

  inTime(started: number): boolean {
    return this.now() - started < this.sliceMs;
  }

  /** Gives one new revision to the live watchers; when the time is up the rest of them get it by catching up. */
  private handOut(revisionChanges: RevisionChanges, started: number): void {
    const { revision } = revisionChanges;
    for (const group of this.index.match(revisionChanges)) {
      const changes = group.take();
      for (const watcher of group.watchers) {
        if (watcher.state !== 'live' || revision <= watcher.position) continue;
        if (watcher.full) watcher.lag(revision);
        else if (this.inTime(started)) this.deliver(watcher, revision, changes);
        else {
          watcher.lag(revision);
          this.catchUp.add(watcher);
        }
      }
    }
  }

  private deliver(watcher: HubWatcher, revision: Revision, changes: readonly Change[]): void {
    try {
      if (watcher.sink.onChanges(revision, changes) || watcher.state === 'ended') return;
    } catch (error) {
      this.sinkFailed(watcher, error);
      return;
    }
    watcher.pause();
  }

  private sinkFailed(watcher: HubWatcher, error: unknown): void {
    this.log.error({ err: error }, 'a watch failed and was ended');
    watcher.cancel();
  }
}

function afterTimeout(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
