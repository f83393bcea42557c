/** A stream of `etcdserverpb.Watch`: many watches, each with an id. */
import { type Revision, revision as revisionOf } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { type WatchCreateRequest, type WatchRequest, WatchResponse, type WatchResponseIn } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Conversation, Input, MessageStream, Running } from '../message-stream.js';
import { etcdHeader } from './header.js';
import { type EncodedEvents, fragmentsOf, messageOf } from './watch-events.js';
import { orderOf } from './watch-request.js';
import { WatchedRange, type WatchHost } from './watched-range.js';

/** Stands for no watch, or for all of the stream. */
const NO_WATCH = '-1';
const duplicateId = 'mvcc: duplicate watch ID provided on the WatchStream';
const emptyRange = 'mvcc: watcher range is empty';

export interface WatchStreamOptions {
  /** How long a watch with progress_notify is silent before it hears of progress, milliseconds. */
  readonly progressMs: number;
  /** Runs as long as the stream. */
  readonly leader: Running;
  /** Ends the stream with something that was thrown outside of a request. */
  readonly fail: (thrown: unknown) => void;
}

export class WatchStream implements Conversation<WatchRequest>, WatchHost {
  /** By id. A watch that a compaction has ended keeps its id until it is cancelled (etcd). */
  private readonly watches = new Map<string, WatchedRange>();
  private nextId = 0;
  /** Nothing may be written until the stream has drained. */
  full = false;
  private ended = false;
  /** What has to be said and found no room: the rest of a revision in fragments. */
  private readonly queue: Buffer[] = [];
  private progressTimer: NodeJS.Timeout | undefined;
  private holdTimer: NodeJS.Timeout | undefined;
  /** A progress request waits for watches that are catching up. */
  private progressWanted = false;
  private looking = false;

  constructor(
    readonly replica: Replica,
    private readonly stream: MessageStream,
    private readonly input: Input,
    private readonly options: WatchStreamOptions,
  ) {
    stream.onDrain(() => this.guarded(() => this.onDrain()));
  }

  // ---- from the caller ----

  onMessage(request: WatchRequest): void {
    if (this.ended) return;
    if (request.create_request) this.onCreateRequest(request.create_request);
    else if (request.cancel_request) this.onCancelRequest(request.cancel_request.watch_id);
    else if (request.progress_request) this.onProgressRequest();
  }

  /** The watches go on. */
  onHalfClose(): void {}

  cancel(): void {
    this.ended = true;
    this.options.leader.cancel();
    clearInterval(this.progressTimer);
    clearTimeout(this.holdTimer);
    for (const watch of this.watches.values()) watch.end();
    this.watches.clear();
    this.queue.length = 0;
  }

  private onCreateRequest(request: WatchCreateRequest): void {
    const order = orderOf(request);
    const chosen = request.watch_id !== '0';
    const taken = chosen && this.watches.has(request.watch_id);
    if (!order || taken) {
      this.refuse(order ? duplicateId : emptyRange);
      return;
    }
    const watch = new WatchedRange(this, chosen ? request.watch_id : this.freeId(), order);
    this.watches.set(watch.id, watch);
    const { machine } = this.replica;
    this.send({ watch_id: watch.id, created: true }, machine.revision);
    if (order.startRevision < 0 && (machine.compactedRevision > 0 || order.startRevision < -1)) {
      watch.end();
      this.sendCompacted(watch, machine.compactedRevision);
      return;
    }
    watch.start(order.startRevision === 0 ? machine.revision : revisionOf(Math.max(0, order.startRevision - 1)));
    if (order.progressNotify)
      this.progressTimer ??= setInterval(() => this.onInterval(), this.options.progressMs).unref();
  }

  /** Ids count up and are not used again, but callers may take some of them first. */
  private freeId(): string {
    while (this.watches.has(String(this.nextId))) this.nextId++;
    return String(this.nextId++);
  }

  private refuse(reason: string): void {
    const { revision } = this.replica.machine;
    this.send({ watch_id: NO_WATCH, created: true, canceled: true, cancel_reason: reason }, revision);
  }

  /** Of an id that is not there etcd says nothing. */
  private onCancelRequest(id: string): void {
    const watch = this.watches.get(id);
    if (!watch) return;
    watch.end();
    this.watches.delete(id);
    this.send({ watch_id: id, canceled: true }, this.replica.machine.revision);
    this.arrived();
  }

  // ---- progress ----

  private onProgressRequest(): void {
    this.progressWanted = true;
    this.tellProgress();
  }

  /**
   * Answers a progress request once every watch of the stream has everything up to the revision that the answer names (etcd's #15220). While a watch
   * begins in the future there is no such revision, and the request stays unanswered (etcd since its #20221).
   */
  private tellProgress(): void {
    if (!this.progressWanted || this.full || this.ended) return;
    let { revision } = this.replica.machine;
    for (const watch of this.watches.values()) {
      if (watch.over) continue;
      if (watch.inFuture) {
        this.progressWanted = false;
        return;
      }
      const sent = watch.sentRevision;
      if (sent === undefined) return;
      if (sent < revision) revision = sent;
    }
    this.progressWanted = false;
    this.send({ watch_id: NO_WATCH }, revision);
  }

  /** Tells each watch that wants to know, and had nothing to tell since the last time, how far it is. */
  private onInterval(): void {
    this.guarded(() => {
      for (const watch of this.watches.values()) {
        if (!watch.order.progressNotify || watch.over) continue;
        const sent = watch.spoke || this.full || watch.inFuture ? undefined : watch.sentRevision;
        watch.spoke = false;
        if (sent !== undefined) this.send({ watch_id: watch.id }, sent);
      }
    });
  }

  // ---- from the watches ----

  sendEvents(watch: WatchedRange, revision: Revision, events: readonly EncodedEvents[]): void {
    const head = this.answer({ watch_id: watch.id }, revision);
    if (watch.order.fragment) for (const message of fragmentsOf(head, events)) this.write(message);
    else this.write(messageOf(head, events));
  }

  sendCompacted(watch: WatchedRange, compactedRevision: Revision): void {
    // The header has no revision here, and -1 means that nothing was ever compacted (etcd).
    const compact_revision = compactedRevision === 0 ? -1 : compactedRevision;
    this.send({ watch_id: watch.id, canceled: true, compact_revision }, revisionOf(0));
    this.arrived();
  }

  holds(): void {
    this.holdTimer ??= setTimeout(() => {
      this.holdTimer = undefined;
      this.guarded(() => {
        for (const watch of this.watches.values()) watch.flush();
      });
    }, limits.watchHoldMs);
  }

  /** Also called for the last of many watches at once: one look serves them all. */
  arrived(): void {
    if (!this.progressWanted || this.looking) return;
    this.looking = true;
    setImmediate(() => {
      this.looking = false;
      this.guarded(() => this.tellProgress());
    });
  }

  guarded(step: () => void): void {
    if (this.ended) return;
    try {
      step();
    } catch (thrown) {
      this.options.fail(thrown);
    }
  }

  // ---- writing ----

  private onDrain(): void {
    this.full = false;
    while (!this.full) {
      const message = this.queue.shift();
      if (!message) break;
      this.write(message);
    }
    // One that was resumed holds nothing again before all have had their turn.
    for (const watch of this.watches.values()) {
      if (this.full) return;
      watch.resume();
    }
    if (this.full) return;
    this.input.resume();
    this.tellProgress();
  }

  private send(response: WatchResponseIn, revision: Revision): void {
    this.write(WatchResponse.encode(this.answer(response, revision)));
  }

  /** Zeros are left out, as everywhere in etcd's messages. */
  private answer({ watch_id, ...rest }: WatchResponseIn, revision: Revision): WatchResponseIn {
    const answer: WatchResponseIn = { header: etcdHeader(this.replica, revision), ...rest };
    if (watch_id !== undefined && watch_id !== '0') answer.watch_id = watch_id;
    return answer;
  }

  private write(message: Buffer): void {
    if (this.ended) return;
    if (this.full) {
      this.queue.push(message);
      return;
    }
    if (this.stream.write(message)) return;
    this.full = true;
    this.input.pause();
    for (const watch of this.watches.values()) watch.pause();
  }
}
