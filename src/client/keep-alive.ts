/** Renews all leases of a client over one stream, on whichever member answers. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type KeepAliveRequestIn, type KeepAliveResponse, registryService } from '../proto/quorate.js';
import type { Backoff } from './backoff.js';
import type { Closable, Connection } from './connection.js';
import type { Endpoint } from './endpoint.js';
import { failureOf } from './errors.js';

interface KeptLease {
  ttlMs: number;
  /** performance.now() milliseconds of the next keep-alive, of the one that waits for its answer (0: none does). */
  dueAt: number;
  sentAt: number;
  readonly onLost: () => void;
}

type Stream = ClientDuplexStream<KeepAliveRequestIn, KeepAliveResponse>;

export class KeepAlives implements Closable {
  private readonly leases = new Map<string, KeptLease>();
  private endpoint: Endpoint;
  private stream: Stream | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Streams that broke since the last answer. */
  private failures = 0;
  private readonly backoff: Backoff;
  /** Not before this is a new stream opened; performance.now() milliseconds. */
  private reopenAt = 0;

  constructor(private readonly connection: Connection) {
    this.endpoint = connection.ring.preferred;
    this.backoff = connection.ring.backoff();
  }

  /** @param onLost called once, when a member says that the lease does not exist; it is no longer kept then */
  keep(lease: string, ttlMs: number, onLost: () => void): void {
    if (this.leases.size === 0) {
      if (!this.connection.adopt(this)) return;
      this.endpoint = this.connection.ring.preferred;
    }
    this.leases.set(lease, { ttlMs, dueAt: performance.now() + ttlMs / 3, sentAt: 0, onLost });
    this.schedule();
  }

  forget(lease: string): void {
    if (this.leases.delete(lease) && this.leases.size === 0) this.close();
  }

  close(): void {
    this.leases.clear();
    clearTimeout(this.timer);
    this.drop();
    this.connection.release(this);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    let next = Number.POSITIVE_INFINITY;
    for (const lease of this.leases.values())
      next = Math.min(next, lease.sentAt === 0 ? lease.dueAt : lease.sentAt + this.answerLimit(lease));
    if (!this.stream) next = Math.max(next, this.reopenAt);
    if (next === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(() => this.onTimer(), Math.max(0, next - performance.now()));
  }

  private onTimer(): void {
    const now = performance.now();
    for (const lease of this.leases.values()) {
      if (lease.sentAt !== 0 && now - lease.sentAt >= this.answerLimit(lease)) {
        this.moveOn('it does not answer keep-alives');
        return;
      }
    }
    const stream = this.stream ?? (now >= this.reopenAt ? this.open() : undefined);
    if (stream) {
      for (const [id, lease] of this.leases) {
        // A little early is fine: many leases then share a wake-up.
        if (lease.sentAt !== 0 || lease.dueAt > now + lease.ttlMs / 30) continue;
        lease.sentAt = now;
        stream.write({ lease: id });
      }
    }
    this.schedule();
  }

  private open(): Stream {
    const stream = this.endpoint.duplexStream(registryService.keepAlive);
    this.stream = stream;
    // The listeners stay when the stream is dropped: a cancelled stream still emits an error.
    stream.on('data', (response: KeepAliveResponse) => {
      if (this.stream === stream) this.onResponse(response);
    });
    stream.on('error', (error: Parameters<typeof failureOf>[0]) => {
      if (this.stream === stream) this.moveOn(failureOf(error, this.endpoint.address).error.message);
    });
    stream.on('end', () => {
      if (this.stream === stream) this.moveOn('the stream ended');
    });
    return stream;
  }

  private onResponse(response: KeepAliveResponse): void {
    this.failures = 0;
    this.backoff.reset();
    this.connection.ring.hear(response);
    const lease = this.leases.get(response.lease);
    if (!lease) return;
    if (response.ttlMs > 0) {
      lease.ttlMs = response.ttlMs;
      lease.dueAt = (lease.sentAt || performance.now()) + lease.ttlMs / 3;
      lease.sentAt = 0;
    } else {
      this.forget(response.lease);
      lease.onLost();
    }
    if (this.leases.size > 0) this.schedule();
  }

  /** Renews what is unanswered on the next member. */
  private moveOn(why: string): void {
    this.drop();
    const { ring } = this.connection;
    ring.log.debug({ from: this.endpoint.address, why }, 'keep-alives move on');
    ring.leave(this.endpoint, why);
    this.endpoint = ring.after(this.endpoint);
    this.failures++;
    const now = performance.now();
    this.reopenAt = this.failures < ring.size ? now : now + this.backoff.next();
    // What waits for an answer is overdue as soon as it no longer does.
    for (const lease of this.leases.values()) lease.sentAt = 0;
    this.schedule();
  }

  private drop(): void {
    const { stream } = this;
    this.stream = undefined;
    stream?.cancel();
  }

  private answerLimit(lease: KeptLease): number {
    return Math.min(lease.ttlMs / 3, this.connection.ring.tuning.keepAliveAnswerMs);
  }
}
