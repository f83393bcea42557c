import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import type { QuorateError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import { type Dialect, nativeDialect } from './dialect.js';

/** The answering half of a stream, for messages that are already encoded. Bounded: who writes to it minds what write returns. */
export interface MessageStream {
  /**
   * Queues one encoded message. False: the message is queued, but the queue is full (limits.watchQueueBytes), so write nothing more until onDrain's
   * callback; or the stream has ended and the message is dropped.
   */
  write(message: Buffer): boolean;
  /** Sets what is called each time that a full queue has room again. */
  onDrain(callback: () => void): void;
  /** Ends the stream after what is queued: without an error with status OK. Later calls do nothing. */
  end(error?: QuorateError): void;
}

/** Something that runs for a stream. cancel() may be called at any time, also after the stream has ended. */
export interface Running {
  cancel(): void;
}

/** The server's side of a bidirectional stream. */
export interface Conversation<Req> extends Running {
  onMessage(request: Req): void;
  /** The caller sends nothing more. */
  onHalfClose(): void;
}

/** Reading from the caller can be held up. */
export interface Input {
  pause(): void;
  resume(): void;
}

/** A MessageStream over a call of grpc-js whose serializer passes buffers through. */
export class GrpcMessageStream implements MessageStream {
  private queued = 0;
  private full = false;
  private ended = false;
  private drained: () => void = () => {};
  /** Sizes of the messages that grpc-js has not written yet, oldest first; callbacks come in that order. */
  private readonly sizes: number[] = [];
  private readonly onWritten = (): void => {
    this.queued -= this.sizes.shift() ?? 0;
    if (!this.full || this.ended || this.queued > limits.watchQueueBytes / 2) return;
    this.full = false;
    this.drained();
  };

  constructor(
    private readonly call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
    private readonly dialect: Dialect = nativeDialect,
  ) {}

  write(message: Buffer): boolean {
    if (this.ended) return false;
    this.queued += message.length;
    this.sizes.push(message.length);
    this.call.write(message, this.onWritten);
    this.full = this.queued >= limits.watchQueueBytes;
    return !this.full;
  }

  onDrain(callback: () => void): void {
    this.drained = callback;
  }

  end(error?: QuorateError): void {
    if (this.ended) return;
    this.ended = true;
    // grpc-js takes the status of a stream from an 'error' event and then ends it by itself.
    if (error) this.call.emit('error', this.dialect.statusOf(error));
    else this.call.end();
  }

  /** The call is over (cancelled, or its status is sent): nothing more is written. */
  close(): void {
    this.ended = true;
  }
}
