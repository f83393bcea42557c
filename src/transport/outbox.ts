import type { ClientWritableStream } from '@grpc/grpc-js';
import { limits } from '../base/limits.js';
import { encodedSize, encodeEnvelope } from './messages.js';
import type { PeerMessage } from './transport.js';

/** An envelope is closed when it has this many bytes; a single message may be larger. */
const ENVELOPE_BYTES = limits.appendBytes;
/** Handed to the stream and not yet written to the socket; what comes meanwhile gathers into larger envelopes. */
const IN_FLIGHT_BYTES = 4 * ENVELOPE_BYTES;

/** Messages on their way into one open stream. A new stream gets a new outbox. */
export class Outbox {
  private queue: PeerMessage[] = [];
  private sizes: number[] = [];
  private queuedBytes = 0;
  private inFlightBytes = 0;
  private flushScheduled = false;
  private closed = false;
  /** Sizes of the envelopes in flight; the stream reports them written in order. */
  private readonly inFlight: number[] = [];

  constructor(
    private readonly stream: ClientWritableStream<Buffer>,
    private readonly onDropped: (message: PeerMessage, why: string) => void,
  ) {}

  /** Queues; the envelope goes when the code that runs now has ended. */
  send(message: PeerMessage): void {
    const size = encodedSize(message);
    if (size > limits.peerMessageBytes) {
      this.onDropped(message, `has ${size} bytes, more than the ${limits.peerMessageBytes} that a peer accepts`);
      return;
    }
    if (this.queuedBytes + this.inFlightBytes + size > limits.peerQueueBytes) {
      this.onDropped(message, `does not fit into the queue, which has ${this.queuedBytes} bytes`);
      return;
    }
    this.queue.push(message);
    this.sizes.push(size);
    this.queuedBytes += size;
    if (this.flushScheduled || this.inFlightBytes >= IN_FLIGHT_BYTES) return;
    this.flushScheduled = true;
    queueMicrotask(this.flush);
  }

  close(): void {
    this.closed = true;
    this.queue = [];
    this.sizes = [];
    this.queuedBytes = 0;
  }

  private readonly flush = (): void => {
    this.flushScheduled = false;
    if (this.closed) return;
    let begin = 0;
    while (begin < this.queue.length && this.inFlightBytes < IN_FLIGHT_BYTES) {
      let bytes = this.sizes[begin] ?? 0;
      let end = begin + 1;
      for (; end < this.queue.length; end++) {
        const size = this.sizes[end] ?? 0;
        if (bytes + size > ENVELOPE_BYTES) break;
        bytes += size;
      }
      this.write(begin === 0 && end === this.queue.length ? this.queue : this.queue.slice(begin, end), bytes);
      begin = end;
    }
    if (begin === this.queue.length) {
      this.queue = [];
      this.sizes = [];
    } else if (begin > 0) {
      this.queue.splice(0, begin);
      this.sizes.splice(0, begin);
    }
  };

  private write(messages: readonly PeerMessage[], bytes: number): void {
    this.queuedBytes -= bytes;
    this.inFlightBytes += bytes;
    this.inFlight.push(bytes);
    this.stream.write(encodeEnvelope(messages), this.onWritten);
  }

  private readonly onWritten = (): void => {
    this.inFlightBytes -= this.inFlight.shift() ?? 0;
    if (this.queue.length > 0 && !this.flushScheduled) this.flush();
  };
}
