/** A watch stream of the native API: snapshot or resume, then changes, resync, progress and conflation (design §7, "Watch contract"). */
import { QuorateError } from '../../base/errors.js';
import type { Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import type { Change } from '../../machine/types.js';
import type { Replica, Waiting } from '../../replica/types.js';
import type { WatchPosition } from '../../watch/subscribers.js';
import type { Watcher, WatchSink } from '../../watch/types.js';
import { headerOf } from '../header.js';
import type { MessageStream, Running } from '../message-stream.js';
import { Backlog, newsOf } from './watch-backlog.js';
import { progressClock, type Quiet } from './watch-progress.js';
import type { StateReader, WatchView } from './watch-view.js';

/** Encoded messages by the array of changes that the hub shares between watchers of equal ranges, then by selection. */
const encoded = new WeakMap<readonly Change[], Map<string, Buffer | undefined>>();

export class WatchStream<Item, Content> implements Running, WatchSink, Quiet, WatchPosition {
  news = 0;
  private ended = false;
  /** The stream's queue is full: nothing is written until it has drained. */
  private full = false;
  private hasRoom: () => void = () => {};
  private waiting: Waiting | undefined;
  private watcher: Watcher | undefined;
  /** It has been live since it began or last had to start over: only then it may be conflated, for who resumes is owed every change. */
  private arrived = false;
  /** When the consumer fell behind, in performance.now() milliseconds; undefined: it keeps up. */
  private behindSince: number | undefined;
  /** Collects what a slow consumer is to get instead of every change; undefined: it gets every change. */
  private backlog: Backlog | undefined;

  /** @param fail ends the stream with something unexpected that was thrown */
  constructor(
    private readonly replica: Replica,
    private readonly view: WatchView<Item, Content>,
    private readonly stream: MessageStream,
    private readonly fail: (thrown: unknown) => void,
  ) {
    stream.onDrain(() => this.guarded(() => this.onDrain()));
  }

  /** @param after resume after this revision; undefined: begin with a snapshot */
  start(after: Revision | undefined): this {
    if (after !== undefined && after <= this.replica.machine.revision) {
      this.run(() => this.resume(after));
      return this;
    }
    const deadline = performance.now() + limits.watchBarrierMs;
    this.waiting = this.replica.readBarrier(deadline, (error) => {
      this.waiting = undefined;
      if (error) this.end(error);
      else this.run(() => this.onUpToDate(after));
    });
    return this;
  }

  /** While changes are collected they count as not sent. */
  get told(): number {
    return this.backlog && this.backlog.size > 0 ? 0 : (this.watcher?.deliveredRevision ?? 0);
  }

  cancel(): void {
    this.ended = true;
    this.waiting?.cancel();
    this.watcher?.cancel();
    progressClock.remove(this);
    this.hasRoom();
  }

  // ---- from the hub ----

  onChanges(revision: Revision, changes: readonly Change[]): boolean {
    if (this.ended) return true;
    this.guarded(() => {
      if (this.backlog) this.collect(this.backlog, revision, changes);
      else if (this.view.pass(changes)) {
        const message = this.messageOf(revision, changes);
        if (message) this.tell(revision, message);
      } else this.startOver();
    });
    return !this.full;
  }

  onLive(): void {
    this.guarded(() => this.keepUp());
  }

  onCompacted(): void {
    this.startOver();
  }

  private startOver(): void {
    this.watcher?.cancel();
    this.run(() => this.sendState(true));
  }

  // ---- from the clock ----

  onQuiet(): void {
    const { watcher } = this;
    // What is collected or not yet taken by the consumer was not told, so there is nothing to say about progress.
    if (this.full || !watcher || (this.backlog && this.backlog.size > 0)) return;
    const age = Math.max(0, Math.round(this.replica.status().leaderContactAgeMs));
    const header = headerOf(this.replica, watcher.deliveredRevision);
    this.guarded(() => this.write(this.view.encodeProgress(header, { leaderContactAgeMs: age })));
  }

  // ---- beginnings ----

  /** This member has applied everything that was acknowledged before the watch began. */
  private async onUpToDate(after: Revision | undefined): Promise<void> {
    if (after === undefined) return this.sendState(false);
    const { revision } = this.replica.machine;
    if (after <= revision) return this.resume(after);
    this.end(
      new QuorateError(
        'REVISION_IN_FUTURE',
        `after_revision ${after} is in the future, the current one is ${revision}`,
        {
          revision: String(after),
          current: String(revision),
        },
      ),
    );
  }

  private async resume(after: Revision): Promise<void> {
    const reader = this.view.heldAt(after);
    if (reader) {
      while (!reader.done) {
        const items = this.read(reader);
        if (!items) return this.sendState(true);
        this.view.remember(items);
        await nextTurn();
        if (this.ended) return;
      }
    }
    this.news = after;
    this.follow(after);
  }

  /** Sends the full state as a snapshot, then follows. If a compaction overtakes it, the client gets another one from the start. */
  private async sendState(resync: boolean): Promise<void> {
    this.watcher = undefined;
    this.backlog = undefined;
    this.behindSince = undefined;
    await this.room();
    for (;;) {
      if (this.ended) return;
      const { revision } = this.replica.machine;
      this.view.forget();
      const sent = await this.sendParts(this.view.stateAt(revision), revision, resync);
      if (!sent) continue;
      if (!this.ended) this.follow(revision);
      return;
    }
  }

  /** False: a compaction overtook it. */
  private async sendParts(reader: StateReader<Item>, revision: Revision, resync: boolean): Promise<boolean> {
    let part: Item[] = [];
    let bytes = 0;
    do {
      const items = this.read(reader);
      if (!items) return false;
      for (const item of items) bytes += this.view.sizeOf(item);
      part = part.length === 0 ? [...items] : part.concat(items);
      if (bytes >= limits.watchPartBytes || reader.done) {
        this.view.remember(part);
        this.tell(revision, this.view.encodeSnapshot(headerOf(this.replica, revision), part, resync, !reader.done));
        part = [];
        bytes = 0;
        await this.room();
      }
      if (!reader.done) await nextTurn();
    } while (!this.ended && !reader.done);
    return true;
  }

  /** Undefined: the revision is compacted. */
  private read(reader: StateReader<Item>): readonly Item[] | undefined {
    try {
      return reader.read(this.replica.machine);
    } catch (error) {
      if (error instanceof QuorateError && error.reason === 'REVISION_COMPACTED') return undefined;
      throw error;
    }
  }

  private follow(after: Revision): void {
    this.watcher = this.replica.hub.watch(this.view.ranges, after, this);
    this.arrived = this.watcher.live;
    this.behindSince = undefined;
    progressClock.heard(this);
  }

  // ---- changes ----

  private messageOf(revision: Revision, changes: readonly Change[]): Buffer | undefined {
    const { view } = this;
    let messages = encoded.get(changes);
    const known = messages?.get(view.selection);
    if (known && !view.remembers) return known;
    const content = view.contentOf(newsOf(changes));
    if (!content) return undefined;
    if (known) return known;
    const message = view.encodeChanges(headerOf(this.replica, revision), content, false);
    if (!messages) {
      messages = new Map();
      encoded.set(changes, messages);
    }
    messages.set(view.selection, message);
    return message;
  }

  /** Adds to the backlog. It is sent before it grows too large: the revision before this one is where it ends then. */
  private collect(backlog: Backlog, revision: Revision, changes: readonly Change[]): void {
    if (!backlog.fits(changes, limits.watchMessageBytes)) this.sendBacklog(backlog, (revision - 1) as Revision);
    if (this.view.pass(changes)) backlog.add(revision, changes);
    else this.startOver();
  }

  /** @param upTo everything up to here is in it, or was told before */
  private sendBacklog(backlog: Backlog, upTo: Revision): void {
    const { conflated, lastRevision } = backlog;
    // Who selects is not woken for what is not selected; the others are told of what came and went.
    const nothing = conflated && !this.view.remembers ? this.view.nothing : undefined;
    const content = this.view.contentOf(backlog.take()) ?? nothing;
    const revision = conflated ? upTo : (lastRevision ?? upTo);
    if (content) this.tell(revision, this.view.encodeChanges(headerOf(this.replica, revision), content, conflated));
  }

  /** The watcher is live: what was collected goes out, and from now on every change does. */
  private keepUp(): void {
    const { backlog, watcher } = this;
    if (this.ended || !watcher) return;
    this.arrived = true;
    this.backlog = undefined;
    if (backlog && backlog.size > 0) this.sendBacklog(backlog, watcher.deliveredRevision);
    if (!this.full) this.behindSince = undefined;
  }

  private onDrain(): void {
    this.full = false;
    this.hasRoom();
    const { watcher } = this;
    if (this.ended || !watcher) return;
    watcher.resume();
    if (watcher.live) this.keepUp();
    else if (this.arrived && performance.now() - (this.behindSince ?? 0) >= limits.watchSlowMs)
      this.backlog ??= new Backlog((version) => this.view.nameOf(version));
  }

  // ---- writing ----

  private tell(revision: Revision, message: Buffer): void {
    this.news = revision;
    this.write(message);
  }

  private write(message: Buffer): void {
    if (this.ended) return;
    progressClock.heard(this);
    if (this.stream.write(message)) return;
    this.full = true;
    this.watcher?.pause();
    this.behindSince ??= performance.now();
  }

  /** Resolves when something may be written, or the stream has ended. */
  private async room(): Promise<void> {
    if (!this.full || this.ended) return;
    await new Promise<void>((resolve) => {
      this.hasRoom = resolve;
    });
  }

  private end(error: QuorateError): void {
    if (this.ended) return;
    this.cancel();
    this.stream.end(error);
  }

  private run(step: () => Promise<void>): void {
    if (!this.ended) void step().catch((thrown: unknown) => this.failed(thrown));
  }

  /** The hub would only end the watch of a sink that throws; the client is owed a status. */
  private guarded(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private failed(thrown: unknown): void {
    if (this.ended) return;
    this.cancel();
    this.fail(thrown);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
