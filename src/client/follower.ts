/**
 * Follows a watch stream from member to member: asks for what came after the last revision it has passed on, so that nothing is skipped or
 * repeated however often a stream breaks.
 */
import type { ClientReadableStream } from '@grpc/grpc-js';
import { QuorateError } from '../base/errors.js';
import type { Progress, ResponseHeader } from '../proto/quorate.js';
import type { Method } from '../proto/schema.js';
import { Acknowledger } from './acknowledger.js';
import type { Backoff } from './backoff.js';
import type { Closable, Connection } from './connection.js';
import type { Endpoint } from './endpoint.js';
import { type Failure, failureOf } from './errors.js';
import type { ProgressEvent, SnapshotEvent } from './events.js';

export interface ChangesEvent {
  readonly kind: 'changes';
  readonly revision: number;
}

export type WatchEvent<Item, Changes extends ChangesEvent> = SnapshotEvent<Item> | Changes | ProgressEvent;

/** Takes what a source passes on. */
export interface WatchSink<Event> {
  onEvent(event: Event): void;
  /** Comes last, and not after close(). No error: the client was closed. */
  onEnd(error: QuorateError | undefined): void;
}

/** Where events come from; does nothing until started. */
export interface WatchSource<Event> {
  start(sink: WatchSink<Event>, afterRevision: number | undefined): void;
  /** Stops reading: the member then conflates what it cannot send. */
  pause(): void;
  resume(): void;
  close(): void;
  /** The consumer acts by everything up to this revision. */
  acknowledge(revision: number): void;
  /** How often what this source had told differed from what the store has; each time it began anew with a snapshot. */
  readonly drifts: number;
}

/** What the responses of the two watches have in common. */
export interface WatchResponse {
  readonly header: ResponseHeader | null;
  readonly snapshot?: { readonly resync: boolean; readonly more: boolean } | null;
  readonly changes?: object | null;
  readonly progress?: Progress | null;
  readonly checksum?: number;
}

/** Proves that what was told is what the store has. */
export interface ContentSum<Item, Changes extends ChangesEvent> {
  /** Undefined: it is not known what there is. */
  readonly value: number | undefined;
  onSnapshot(items: readonly Item[]): void;
  onChanges(changes: Changes): void;
  forget(): void;
}

/** What differs between the watches. */
export interface WatchProtocol<Req extends object, Res extends WatchResponse, Item, Changes extends ChangesEvent> {
  readonly method: Method<Req, object, object, Res>;
  request(afterRevision: number | undefined): Req;
  items(snapshot: NonNullable<Res['snapshot']>): Item[];
  changes(revision: number, changes: NonNullable<Res['changes']>): Changes;
  readonly sum?: ContentSum<Item, Changes>;
  /** Named in the requests: says how far it acts. */
  readonly subscriber?: string | undefined;
  /** Somebody may be waiting until the consumer acts by it. */
  isAwaited?(event: SnapshotEvent<Item> | Changes): boolean;
}

export class Follower<Req extends object, Res extends WatchResponse, Item, Changes extends ChangesEvent>
  implements WatchSource<WatchEvent<Item, Changes>>
{
  private sink: WatchSink<WatchEvent<Item, Changes>> | undefined;
  private endpoint: Endpoint;
  private stream: ClientReadableStream<Res> | undefined;
  /** Everything up to here was passed on; undefined: a snapshot is needed. */
  private revision: number | undefined;
  /** A snapshot was passed on before. */
  private begun = false;
  /** Items of a snapshot whose last part has not come yet. */
  private parts: Item[] | undefined;
  private partsRevision = 0;
  private paused = false;
  private heardAt = 0;
  private openedAt = 0;
  /** Streams that broke since the last sign of health. */
  private failures = 0;
  /** Members left in a row because they had no contact to a leader. */
  private staleMoves = 0;
  /** Since when members say that the revision lies in the future. */
  private aheadSince: number | undefined;
  /** Something awaited was passed on, and not acknowledged yet. */
  private awaited = false;
  private driftCount = 0;
  private readonly acknowledger: Acknowledger | undefined;
  private readonly backoff: Backoff;
  private readonly ofClient: Closable = { close: () => this.end(undefined) };
  private reopening: NodeJS.Timeout | undefined;
  private watchdog: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly protocol: WatchProtocol<Req, Res, Item, Changes>,
  ) {
    this.endpoint = connection.ring.preferred;
    this.backoff = connection.ring.backoff();
    const { subscriber } = protocol;
    this.acknowledger = subscriber === undefined ? undefined : new Acknowledger(connection, subscriber);
  }

  get drifts(): number {
    return this.driftCount;
  }

  start(sink: WatchSink<WatchEvent<Item, Changes>>, afterRevision: number | undefined): void {
    if (!this.connection.adopt(this.ofClient)) {
      sink.onEnd(new QuorateError('CANCELLED', 'the client is closed'));
      return;
    }
    this.sink = sink;
    this.revision = afterRevision;
    this.endpoint = this.connection.ring.preferred;
    // Unreferenced: the stream keeps the process alive.
    this.watchdog = setInterval(() => this.onWatchdog(), this.connection.ring.tuning.watchQuietMs / 4).unref();
    this.open();
  }

  pause(): void {
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    this.paused = false;
    this.heardAt = performance.now();
    this.stream?.resume();
  }

  acknowledge(revision: number): void {
    const { awaited } = this;
    this.awaited = false;
    this.acknowledger?.onActed(revision, awaited);
  }

  close(): void {
    this.sink = undefined;
    clearInterval(this.watchdog);
    clearTimeout(this.reopening);
    this.acknowledger?.leave();
    this.drop();
    this.connection.release(this.ofClient);
  }

  private open(): void {
    const { protocol } = this;
    const stream = this.endpoint.serverStream(protocol.method, protocol.request(this.revision));
    this.stream = stream;
    this.openedAt = performance.now();
    this.heardAt = this.openedAt;
    // The listeners stay when the stream is dropped: a cancelled stream still emits an error.
    stream.on('data', (response: Res) => {
      if (this.stream === stream) this.onResponse(response);
    });
    stream.on('error', (error: Parameters<typeof failureOf>[0]) => {
      if (this.stream === stream) this.onFailure(failureOf(error, this.endpoint.address));
    });
    stream.on('end', () => {
      if (this.stream === stream) this.moveOn('the stream ended', false);
    });
    this.acknowledger?.onOpened(this.endpoint);
    if (this.paused) stream.pause();
  }

  private drop(): void {
    const { stream } = this;
    this.acknowledger?.onLost();
    this.stream = undefined;
    this.parts = undefined;
    stream?.cancel();
  }

  private onResponse(response: Res): void {
    this.heardAt = performance.now();
    this.connection.ring.hear(response);
    const revision = response.header?.revision ?? 0;
    const { changes, snapshot, progress, checksum } = response;
    if (changes) this.onChanges(revision, changes, checksum);
    else if (snapshot) this.onSnapshot(revision, snapshot, checksum);
    else if (progress) this.onProgress(revision, progress.leaderContactAgeMs, checksum);
  }

  private onSnapshot(revision: number, snapshot: NonNullable<Res['snapshot']>, checksum: number | undefined): void {
    const part = this.protocol.items(snapshot);
    // Parts of another revision: a compaction overtook the server, which has begun the snapshot anew.
    if (this.parts && this.partsRevision === revision) for (const item of part) this.parts.push(item);
    else this.parts = part;
    this.partsRevision = revision;
    if (snapshot.more) return;
    if (this.revision !== undefined && revision < this.revision) {
      this.onAhead(new QuorateError('REVISION_IN_FUTURE', `the member is at revision ${revision}`));
      return;
    }
    const items = this.parts;
    this.parts = undefined;
    // Also when the caller asked for changes: it gets a state instead.
    const resync = snapshot.resync || this.begun || this.revision !== undefined;
    this.begun = true;
    this.protocol.sum?.onSnapshot(items);
    if (this.differs(checksum)) {
      // Another snapshot would say the same: it is all there is.
      this.onDrift(revision, 'a snapshot of a watch is not what its checksum says');
      this.protocol.sum?.forget();
    }
    this.passOn(revision, { kind: 'snapshot', revision, resync, items });
  }

  private onChanges(revision: number, changes: NonNullable<Res['changes']>, checksum: number | undefined): void {
    if (this.revision !== undefined && revision <= this.revision) return;
    this.begun = true;
    const event = this.protocol.changes(revision, changes);
    this.protocol.sum?.onChanges(event);
    if (this.differs(checksum)) this.beginAnew(revision);
    else this.passOn(revision, event);
  }

  private differs(checksum: number | undefined): boolean {
    const own = this.protocol.sum?.value;
    return own !== undefined && checksum !== undefined && own !== checksum;
  }

  private beginAnew(revision: number): void {
    this.onDrift(revision, 'a watch differs from the store: it begins anew');
    this.revision = undefined;
    this.drop();
    this.open();
  }

  private onDrift(revision: number, text: string): void {
    this.driftCount++;
    const { address } = this.endpoint;
    this.connection.ring.log.error({ revision, member: address, drifts: this.driftCount }, text);
  }

  private onProgress(revision: number, leaderContactAgeMs: number, checksum: number | undefined): void {
    const { ring } = this.connection;
    const limit = ring.tuning.leaderContactLimitMs;
    if (leaderContactAgeMs > limit && ring.size > 1) {
      // Once all were found cut off, look at each for a while instead of running in circles.
      if (this.staleMoves < ring.size - 1 || performance.now() - this.openedAt > limit) {
        this.staleMoves++;
        this.moveOn(`it has not heard from the leader for ${leaderContactAgeMs} ms`, false);
        return;
      }
    } else {
      this.staleMoves = 0;
    }
    if (this.revision === undefined || this.parts) return;
    if (this.differs(checksum)) {
      this.beginAnew(revision);
      return;
    }
    this.passOn(Math.max(revision, this.revision), { kind: 'progress', revision, leaderContactAgeMs });
  }

  private passOn(revision: number, event: WatchEvent<Item, Changes>): void {
    this.revision = revision;
    this.failures = 0;
    this.backoff.reset();
    this.aheadSince = undefined;
    if (!isProgress(event) && this.protocol.isAwaited?.(event)) this.awaited = true;
    this.sink?.onEvent(event);
  }

  private onFailure({ error, retry }: Failure): void {
    if (error.reason === 'REVISION_IN_FUTURE') this.onAhead(error);
    else if (retry !== 'never' || error.reason === 'CANCELLED' || error.reason === 'DEADLINE_EXCEEDED')
      this.moveOn(error.message, retry === 'later');
    else this.end(error);
  }

  /**
   * The member has not reached the revision that this watch is at: most likely it lags, and another one does not. If all say so for long, either
   * the caller named a revision that does not exist, or the cluster has lost its data and only a new snapshot can help.
   */
  private onAhead(error: QuorateError): void {
    const now = performance.now();
    this.aheadSince ??= now;
    const { ring } = this.connection;
    if (now - this.aheadSince > ring.tuning.aheadLimitMs && this.failures >= ring.size) {
      if (!this.begun) {
        this.end(error);
        return;
      }
      ring.log.warn({ revision: this.revision }, 'no member knows the revision of a watch: it begins anew');
      this.revision = undefined;
    }
    this.moveOn(error.message, false);
  }

  private onWatchdog(): void {
    if (!this.stream || this.paused) return;
    if (performance.now() - this.heardAt > this.connection.ring.tuning.watchQuietMs)
      this.moveOn('it fell silent', false);
  }

  private moveOn(why: string, later: boolean): void {
    this.drop();
    const { ring } = this.connection;
    ring.log.debug({ from: this.endpoint.address, why }, 'a watch moves on');
    ring.leave(this.endpoint, why);
    this.endpoint = ring.after(this.endpoint);
    this.failures++;
    if (this.failures < ring.size && !later) this.open();
    // Referenced: somebody waits for events, though there is no stream just now.
    else this.reopening = setTimeout(() => this.open(), this.backoff.next());
  }

  private end(error: QuorateError | undefined): void {
    const { sink } = this;
    this.close();
    sink?.onEnd(error);
  }
}

function isProgress<Item, Changes extends ChangesEvent>(event: WatchEvent<Item, Changes>): event is ProgressEvent {
  return event.kind === 'progress';
}
