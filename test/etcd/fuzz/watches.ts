/** One store's watch streams during a session, and what came out of them. */
import { type WatchRequestIn, type WatchResponse, watchService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import type { Wire, WireStream } from '../wire.js';
import { type Canonical, canonical } from './canonical.js';
import type { References } from './references.js';

type CreateRequest = NonNullable<WatchRequestIn['create_request']>;

export interface TestEvent {
  /** Since the session began. */
  readonly revision: number;
  readonly key: string;
  readonly isDelete: boolean;
  /** All of it, as told. */
  readonly text: Canonical;
}

/** One watch, from its created message on. */
export interface WatchRecord {
  readonly stream: number;
  readonly id: string;
  readonly request: CreateRequest;
  readonly created: Canonical;
  /** First revision that it must tell. */
  readonly start: number;
  /** Compacted revision when it was created. */
  readonly compacted: number;
  readonly refused: boolean;
  readonly fromPast: boolean;
  /** performance.now() milliseconds. */
  readonly createdAt: number;
  readonly events: TestEvent[];
  canceled: Canonical | undefined;
}

/** It is cancelled instead of told anything. */
export function startsCompacted({ start, compacted }: WatchRecord): boolean {
  return start < compacted;
}

const answerMs = 10_000;

export class WatchStream {
  private readonly stream: WireStream<WatchRequestIn>;
  readonly records: WatchRecord[] = [];
  /** The watch that has an id now. */
  private readonly recordOfId = new Map<string, WatchRecord>();
  private readonly canceledIds = new Set<string>();
  private readonly asked: { readonly request: CreateRequest; readonly compacted: number }[] = [];
  private readonly progress: Canonical[] = [];
  private lastFragment: WatchResponse | undefined;
  /** What no etcd may do, whatever the other store did. */
  readonly violations: string[] = [];

  constructor(
    wire: Wire,
    private readonly number: number,
    private readonly references: References,
  ) {
    this.stream = wire.stream(watchService.watch, (message) => this.onMessage(message));
  }

  get liveIds(): string[] {
    return [...this.recordOfId.keys()];
  }

  /** @param compacted the compacted revision now, since the session began */
  async create(request: CreateRequest, compacted: number): Promise<Canonical> {
    const wanted = this.records.length + 1;
    this.asked.push({ request, compacted });
    this.send({ create_request: request });
    await this.wait('a watch is created', () => this.records.length >= wanted);
    const record = this.records[wanted - 1];
    return record ? { created: record.created, ...(record.refused ? { refused: record.canceled ?? '' } : {}) } : '';
  }

  /** All events must have been told before. */
  async cancel(id: string): Promise<Canonical> {
    const record = this.recordOfId.get(id);
    this.send({ cancel_request: { watch_id: id } });
    if (!record) return 'nothing';
    await this.wait('a watch is cancelled', () => record.canceled !== undefined);
    return record.canceled ?? '';
  }

  /** All events must have been told before. */
  async askProgress(): Promise<Canonical> {
    const wanted = this.progress.length + 1;
    this.send({ progress_request: {} });
    await this.wait('progress is told', () => this.progress.length >= wanted);
    return this.progress[wanted - 1] ?? '';
  }

  close(): void {
    this.stream.cancel();
  }

  private send(request: WatchRequestIn): void {
    this.stream.send(this.references.resolve(request));
  }

  private async wait(what: string, probe: () => boolean): Promise<void> {
    await until(what, () => probe() || this.stream.ended !== undefined, answerMs).catch(() => {
      this.violations.push(`waited ${answerMs} ms in vain until ${what}`);
    });
    const { ended } = this.stream;
    if (ended) this.violations.push(`the stream ended with ${ended.code} ${ended.text}`);
  }

  private onMessage(message: WatchResponse): void {
    if (message.created) this.onCreated(message);
    else if (message.watch_id === '-1' && message.events.length === 0 && !message.canceled)
      this.progress.push(canonical(message, this.references));
    else if (message.canceled) this.onCanceled(message);
    else this.onEvents(message);
  }

  private onCreated(message: WatchResponse): void {
    const asked = this.asked.shift();
    if (!asked) {
      this.violations.push('created without being asked');
      return;
    }
    const now = this.references.relative(message.header?.revision ?? 0);
    const record: WatchRecord = {
      stream: this.number,
      id: message.watch_id,
      request: asked.request,
      created: canonical(message, this.references),
      start: startOf(asked.request) ?? now + 1,
      compacted: asked.compacted,
      refused: message.canceled,
      fromPast: (startOf(asked.request) ?? now + 1) <= now,
      createdAt: performance.now(),
      events: [],
      canceled: message.canceled ? canonical(message, this.references) : undefined,
    };
    this.records.push(record);
    if (record.refused) return;
    if (this.recordOfId.has(message.watch_id)) this.violations.push(`watch id ${message.watch_id} was given twice`);
    this.recordOfId.set(message.watch_id, record);
    this.canceledIds.delete(message.watch_id);
  }

  private onCanceled(message: WatchResponse): void {
    const record = this.recordOfId.get(message.watch_id);
    if (record) {
      record.canceled = canonical(message, this.references);
      this.canceledIds.add(message.watch_id);
      // One that etcd ends by itself while its caller cancels it may be told to be cancelled twice.
    } else if (!this.canceledIds.has(message.watch_id))
      this.violations.push(`an unknown watch ${message.watch_id} was cancelled`);
    this.recordOfId.delete(message.watch_id);
  }

  private onEvents(message: WatchResponse): void {
    const record = this.recordOfId.get(message.watch_id);
    if (!record) {
      this.violations.push(`events for an unknown watch ${message.watch_id}`);
      return;
    }
    const header = this.references.relative(message.header?.revision ?? 0);
    let last = record.events.at(-1)?.revision ?? Number.NEGATIVE_INFINITY;
    const continued = this.lastFragment?.watch_id === message.watch_id;
    for (const [i, event] of message.events.entries()) {
      const revision = this.references.relative(event.kv?.mod_revision ?? 0);
      const mayBeEqual = i > 0 || continued;
      if (revision < last || (revision === last && !mayBeEqual))
        this.violations.push(`watch ${message.watch_id} got revision ${revision} after ${last}`);
      if (revision > header) this.violations.push(`an event of revision ${revision} under a header of ${header}`);
      last = revision;
      record.events.push({
        revision,
        key: event.kv?.key.toString('latin1') ?? '',
        isDelete: Number(event.type) !== 0,
        text: canonical(event, this.references),
      });
    }
    this.lastFragment = message.fragment ? message : undefined;
  }
}

/** Since the session began; undefined: from now on. */
function startOf({ start_revision: start }: CreateRequest): number | undefined {
  if (typeof start !== 'string') return undefined;
  if (start.startsWith('@')) return Number(start.slice(1));
  return Number(start) < 0 ? Number.NEGATIVE_INFINITY : undefined;
}
