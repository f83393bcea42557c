/** A watch as an async iterable with a bounded queue. */
import type { QuorateError } from '../base/errors.js';
import type { Closable } from './connection.js';
import type { WatchOptions } from './events.js';
import type { WatchSink, WatchSource } from './follower.js';

/** Events that wait for the consumer before the stream is paused, and when it is resumed. */
const queueHigh = 16;
const queueLow = 4;

interface Waiter<Event> {
  resolve(result: IteratorResult<Event, undefined>): void;
  reject(error: QuorateError): void;
}

/**
 * Yields events; begins with the first next(). A slow consumer stops the stream, so that the member joins changes instead of this process
 * gathering them. Ends by `break`, close(), the signal or the client's close; throws only what no other member would answer differently, such as
 * INVALID_NAME.
 */
export class Watch<Event extends { readonly kind: string; readonly revision: number }>
  implements AsyncIterableIterator<Event, undefined>, Closable
{
  private readonly queue: Event[] = [];
  private readonly waiters: Waiter<Event>[] = [];
  private state: 'new' | 'running' | 'paused' | 'ended' = 'new';
  private error: QuorateError | undefined;
  /** Of the event that the consumer has: it acts by it when it asks for the next one. */
  private taken: number | undefined;

  /** Made by watch() of the config and the registry client. */
  constructor(
    private readonly source: WatchSource<Event>,
    private readonly options: WatchOptions = {},
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    if (this.state === 'new') this.start();
    if (this.taken !== undefined && this.state !== 'ended') this.source.acknowledge(this.taken);
    this.taken = undefined;
    const event = this.queue.shift();
    if (event) {
      if (this.state === 'paused' && this.queue.length <= queueLow) {
        this.state = 'running';
        this.source.resume();
      }
      this.taken = event.revision;
      return Promise.resolve({ done: false, value: event });
    }
    if (this.error) {
      const { error } = this;
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.state === 'ended') return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the iteration; events that were not taken are dropped. */
  close(): void {
    this.queue.length = 0;
    this.end(undefined);
  }

  private start(): void {
    const { signal } = this.options;
    if (signal?.aborted) {
      this.state = 'ended';
      return;
    }
    signal?.addEventListener('abort', this.onAbort);
    this.state = 'running';
    const sink: WatchSink<Event> = {
      onEvent: (event) => this.onEvent(event),
      onEnd: (error) => this.end(error),
    };
    this.source.start(sink, this.options.afterRevision);
  }

  private onEvent(event: Event): void {
    if (event.kind === 'progress' && !this.options.progress) return;
    const waiter = this.waiters.shift();
    if (waiter) {
      this.taken = event.revision;
      waiter.resolve({ done: false, value: event });
      return;
    }
    this.queue.push(event);
    if (this.queue.length < queueHigh || this.state !== 'running') return;
    this.state = 'paused';
    this.source.pause();
  }

  private readonly onAbort = (): void => this.close();

  private end(error: QuorateError | undefined): void {
    if (this.state === 'ended') return;
    const started = this.state !== 'new';
    this.state = 'ended';
    this.options.signal?.removeEventListener('abort', this.onAbort);
    if (started) this.source.close();
    const first = error && this.waiters.shift();
    if (first) first.reject(error);
    else this.error = error;
    for (const waiter of this.waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }
}
