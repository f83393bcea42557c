/** A hub over a history that the test holds, with a clock and turns of the event loop that the test moves. */
import { QuorateError } from '../../src/base/errors.js';
import { type Key, NO_LEASE, type Revision } from '../../src/base/ids.js';
import { type Log, silentLog } from '../../src/base/log.js';
import type { Change, KeyVersion, RevisionChanges } from '../../src/machine/types.js';
import { isCompacted } from '../../src/watch/history.js';
import { Hub } from '../../src/watch/hub.js';
import type { HistoryReader, WatchSink } from '../../src/watch/types.js';

export const at = (revision: number): Revision => revision as Revision;
export const keyNamed = (key: string): Key => key as Key;

export function version(key: string, revision: number, sub = 0, deleted = false): KeyVersion {
  return {
    key: keyNamed(key),
    value: Buffer.from(deleted ? '' : `${key}@${revision}`),
    createRevision: at(revision),
    modRevision: at(revision),
    sub,
    version: 1,
    lease: NO_LEASE,
    deleted,
  };
}

export function change(revision: number, ...keys: string[]): RevisionChanges {
  const changes = keys.map((key, sub): Change => ({ current: version(key, revision, sub), previous: undefined }));
  return { revision: at(revision), changes };
}

/** What is on disk. Reads end when the test says so. */
export class FakeHistory implements HistoryReader {
  readonly all: RevisionChanges[] = [];
  compacted = at(0);
  persisted = at(1);
  reads = 0;
  failing: Error | undefined;
  /** What reads answer instead of what is in `all`. */
  instead: readonly RevisionChanges[] | undefined;
  private waiting: (() => void)[] = [];

  async read(after: Revision, upTo: Revision, maxBytes: number): Promise<readonly RevisionChanges[]> {
    this.reads++;
    if (upTo > this.persisted) throw new Error(`asked for ${upTo}, which is not on disk yet`);
    this.check(after);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failing) throw this.failing;
    if (this.instead) return this.instead;
    this.check(after);
    // A few revisions stand for maxBytes, so that a catch-up takes several reads.
    return this.all.filter(({ revision }) => revision > after && revision <= upTo).slice(0, maxBytes > 0 ? 5 : 0);
  }

  /** Lets the reads that are under way end. */
  answer(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private check(after: Revision): void {
    if (isCompacted(after, this.compacted)) throw new QuorateError('REVISION_COMPACTED', 'compacted');
  }
}

export class Harness {
  readonly history = new FakeHistory();
  readonly hub: Hub;
  readonly errors: string[] = [];
  revision = 1;
  /** Each look at the clock takes so long. */
  msPerLook = 0;
  private clock = 0;
  private turns: (() => void)[] = [];
  private timers: (() => void)[] = [];

  constructor({ recentBytes = 1_000_000, sliceMs = 5 } = {}) {
    const log: Log = { ...silentLog, error: (_fields, message) => void this.errors.push(message) };
    this.hub = new Hub({
      history: this.history,
      revision: at(1),
      compactedRevision: at(0),
      recentBytes,
      persistedRevision: () => this.history.persisted,
      log,
      sliceMs,
      now: () => {
        this.clock += this.msPerLook;
        return this.clock;
      },
      defer: (callback) => void this.turns.push(callback),
      after: (_milliseconds, callback) => {
        this.timers.push(callback);
        return () => {
          this.timers = this.timers.filter((timer) => timer !== callback);
        };
      },
    });
  }

  /** Lets all timers run out. */
  runOut(): void {
    for (const timer of this.timers.splice(0)) timer();
  }

  /** Applies one revision; it reaches the disk at once unless `persist` is false. */
  put(...keys: string[]): void {
    this.publish([keys]);
  }

  /** Applies one batch of several revisions. */
  publish(revisions: readonly string[][], persist = true): void {
    const changes = revisions.map((keys) => change(++this.revision, ...keys));
    this.history.all.push(...changes);
    if (persist) this.history.persisted = at(this.revision);
    this.hub.publish(changes, at(this.revision));
  }

  compact(revision: number): void {
    this.history.compacted = at(revision);
    this.hub.compacted(at(revision));
  }

  /** One turn of the event loop: what was deferred so far, then the promises. */
  async turn(): Promise<void> {
    const { turns } = this;
    this.turns = [];
    for (const run of turns) run();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  /** Turns, with reads of history answered, until nothing more happens. */
  async settle(): Promise<void> {
    let idle = 0;
    for (let i = 0; idle < 3; i++) {
      if (i > 100_000) throw new Error('the hub does not come to rest');
      const { reads } = this.history;
      const busy = this.turns.length > 0;
      await this.turn();
      this.history.answer();
      await this.turn();
      idle = busy || this.turns.length > 0 || reads !== this.history.reads ? 0 : idle + 1;
    }
  }
}

/** Notes what it is given. `room` false: says that its queue is full after each call. */
export class RecordingSink implements WatchSink {
  readonly got: string[] = [];
  readonly revisions: number[] = [];
  readonly arrays: (readonly Change[])[] = [];
  compactedAt: number | undefined;
  lives = 0;
  room = true;
  onEach: (() => void) | undefined;

  onChanges(revision: Revision, changes: readonly Change[]): boolean {
    this.revisions.push(revision);
    this.arrays.push(changes);
    this.got.push(`${revision}:${changes.map(({ current }) => current.key).join(',')}`);
    this.onEach?.();
    return this.room;
  }

  onCompacted(compactedRevision: Revision): void {
    this.compactedAt = compactedRevision;
  }

  onLive(): void {
    this.lives++;
  }
}
