import type { ServerResponse } from 'node:http';
import type { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Message } from '../../proto/schema.js';
import type { Dialect } from '../dialect.js';
import type { ClosableStream } from '../open-stream.js';
import { failureMessage, sendFailure } from './failures.js';
import { writeMessage } from './json-write.js';

/**
 * The answering half of a stream as HTTP chunks. Each message is one line and one chunk: clients are known that take a chunk for a message, and others
 * that take a line for one.
 */
export class JsonStream implements ClosableStream {
  private full = false;
  private ended = false;
  private drained: () => void = () => {};

  constructor(
    private readonly response: ServerResponse,
    private readonly dialect: Dialect,
    private readonly message: Message<never, object>,
  ) {
    response.on('drain', () => {
      if (!this.full || this.ended) return;
      this.full = false;
      this.drained();
    });
  }

  write(bytes: Buffer): boolean {
    if (this.ended) return false;
    this.begin();
    this.response.write(`{"result":${writeMessage(this.message, bytes)}}\n`);
    this.full = this.response.writableLength >= limits.watchQueueBytes;
    return !this.full;
  }

  onDrain(callback: () => void): void {
    this.drained = callback;
  }

  end(error?: QuorateError): void {
    if (this.ended) return;
    this.ended = true;
    if (error) this.fail(error);
    else {
      this.begin();
      this.response.end();
    }
  }

  close(): void {
    this.ended = true;
  }

  private begin(): void {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'application/json' });
  }

  private fail(error: QuorateError): void {
    const status = this.dialect.statusOf(error);
    if (this.response.headersSent) this.response.end(failureMessage(status));
    else sendFailure(this.response, status);
  }
}
