/** Watches of raw keys through the etcd door: two on each stream, with progress requests, resumed at the last revision + 1 after every break. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Event, type WatchResponse, watchService } from '../../../src/proto/etcd.js';
import { Wire } from '../../etcd/wire.js';
import type { RawEvent, RawWatched } from '../etcd-history.js';
import type { TrafficOptions } from './caller.js';
import { rangeOf, rawPrefix } from './raw-calls.js';

const prefixes = [rawPrefix, `${rawPrefix}a/`];
/** How often a stream is looked at, and how likely it is then asked for its progress. */
const lookMs = 50;
const progressChance = 0.15;
const pauseMs = 200;
/** Stands for all watches of a stream. */
const allWatches = '-1';

/** One watch over all its streams. */
interface Part {
  readonly name: string;
  readonly prefix: string;
  /** The revision that it asks for when it is resumed. */
  next: number;
  /** On the stream that runs. */
  id: string | undefined;
}

export class RawWatcher {
  private readonly parts: readonly Part[];

  constructor(
    name: string,
    /** Addresses of all members. */
    private readonly addresses: () => readonly string[],
    private readonly options: TrafficOptions,
    /** Breaks its stream after so long, about; infinite: stays where it is until the stream ends. */
    private readonly stayMs: number,
  ) {
    this.parts = prefixes.map((prefix) => ({ name: `${name}:${prefix}`, prefix, next: 1, id: undefined }));
  }

  /** Everything up to here was told. */
  get revision(): number {
    return Math.min(...this.parts.map(({ next }) => next - 1));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { random } = this.options;
    while (!signal.aborted) {
      const addresses = this.addresses();
      const address = addresses[Math.floor(random() * addresses.length)];
      if (address !== undefined) await this.follow(address, signal);
      await delay(random() * pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One stream, until it ends or is broken. */
  private async follow(address: string, signal: AbortSignal): Promise<void> {
    const { random } = this.options;
    const wire = new Wire(address);
    let broken = false;
    const stream = wire.stream(watchService.watch, (response) => {
      if (!broken) broken = !this.onResponse(response);
    });
    for (const part of this.parts) {
      part.id = undefined;
      this.record(part, 'begin', part.next);
      stream.send({ create_request: { ...rangeOf(part.prefix), start_revision: part.next, prev_kv: true } });
    }
    const until = performance.now() + this.stayMs * (0.5 + random());
    while (!broken && !stream.ended && !signal.aborted && performance.now() < until) {
      if (random() < progressChance) stream.send({ progress_request: {} });
      await delay(lookMs, undefined, { signal }).catch(() => undefined);
    }
    // What arrives from now on was not seen.
    broken = true;
    stream.cancel();
    wire.close();
  }

  /** Whether the stream can go on. */
  private onResponse({ header, watch_id, created, canceled, compact_revision, events }: WatchResponse): boolean {
    const revision = Number(header?.revision ?? 0);
    // Answered in the order of requests.
    const part = this.parts.find(({ id }) => id === (created ? undefined : watch_id));
    if (created && part) {
      part.id = watch_id;
      this.record(part, 'created', revision);
      return !canceled;
    }
    if (watch_id === allWatches) {
      for (const one of this.parts) if (one.id !== undefined) this.advance(one, 'progress', revision);
      return true;
    }
    if (!part) return false;
    const compacted = Number(compact_revision);
    if (compacted > 0) {
      this.record(part, 'compacted', compacted);
      part.next = Math.max(part.next, compacted);
    }
    if (canceled) return false;
    this.advance(part, events.length === 0 ? 'progress' : 'events', revision, events.map(eventOf));
    return true;
  }

  private advance(part: Part, kind: RawWatched['kind'], revision: number, events?: readonly RawEvent[]): void {
    this.record(part, kind, revision, events);
    part.next = Math.max(part.next, revision + 1, ...(events ?? []).map((event) => event.revision + 1));
  }

  private record(part: Part, kind: RawWatched['kind'], revision: number, events?: readonly RawEvent[]): void {
    const prefix = kind === 'begin' ? part.prefix : undefined;
    const told = kind === 'events' ? events : undefined;
    const at = performance.now();
    this.options.recorder.add('etcdWatched', { watcher: part.name, at, kind, revision, prefix, events: told });
  }
}

function eventOf({ type, kv, prev_kv }: Event): RawEvent {
  return {
    key: kv?.key.toString() ?? '',
    value: type === 0 ? kv?.value.toString() : undefined,
    revision: Number(kv?.mod_revision),
    version: Number(kv?.version),
    created: Number(kv?.create_revision),
    previous: prev_kv ? Number(prev_kv.mod_revision) : undefined,
  };
}
