import type { QuorateError } from '../base/errors.js';
import type { Door, OpenCall } from './door.js';
import type { MessageStream, Running } from './message-stream.js';
import type { ServerCall } from './server-call.js';

/** A MessageStream that can be told that its call is over: then it writes nothing more. */
export interface ClosableStream extends MessageStream {
  close(): void;
}

/** A streaming call from its first message to its status. */
export class OpenStream implements OpenCall {
  readonly streaming = true;
  private running: Running | undefined;
  private closed = false;

  constructor(
    private readonly door: Door,
    private readonly call: ServerCall,
    private readonly stream: ClosableStream,
    private readonly path: string,
  ) {}

  /** Starts what serves the stream; what it throws is the stream's status. */
  run(start: (stream: MessageStream) => Running): void {
    this.door.open.add(this);
    // grpc-js emits this also after the stream has ended in order.
    this.call.on('cancelled', () => this.close());
    this.attempt(() => {
      this.door.checkServing();
      this.running = start(this.stream);
    });
  }

  /** Runs a step of the stream; what it throws ends the stream. */
  attempt(step: () => void): void {
    if (this.closed) return;
    try {
      step();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Ends the stream with what was thrown: see Door.errorOf. */
  readonly fail = (thrown: unknown): void => {
    const error = this.door.errorOf(thrown, this.path);
    if (!this.closed) this.stop(error);
  };

  stop(error: QuorateError): void {
    this.running?.cancel();
    this.stream.end(error);
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.door.open.delete(this);
    this.stream.close();
    this.running?.cancel();
  }
}
