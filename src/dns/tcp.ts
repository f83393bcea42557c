import type { Socket } from 'node:net';
import { limits } from '../base/limits.js';

const lengthBytes = 2;

/** One connection: messages with their length before them, as many as the caller likes (RFC 7766). */
export class TcpConversation {
  private unread: Buffer = Buffer.alloc(0);

  /** @param answer undefined: the caller is no resolver, and the connection ends */
  constructor(
    private readonly socket: Socket,
    private readonly answer: (query: Buffer) => Buffer | undefined,
  ) {
    socket.setTimeout(limits.dnsIdleMs, () => this.close());
    // A connection that breaks also closes; unheard, the event would end the process.
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.unread = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes]);
      this.work();
    });
    socket.on('drain', () => {
      socket.resume();
      this.work();
    });
  }

  close(): void {
    this.socket.destroy();
  }

  /** Answers what has come whole, for as long as the caller reads the answers. */
  private work(): void {
    while (this.unread.length >= lengthBytes && !this.socket.writableNeedDrain && !this.socket.destroyed) {
      const end = lengthBytes + this.unread.readUInt16BE(0);
      if (this.unread.length < end) return;
      const answer = this.answer(this.unread.subarray(lengthBytes, end));
      this.unread = this.unread.subarray(end);
      if (answer) this.write(answer);
      else this.close();
    }
  }

  private write(answer: Buffer): void {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt16BE(answer.length);
    // In one piece: some resolvers want length and message to come together (RFC 7766 §8).
    if (!this.socket.write(Buffer.concat([length, answer]))) this.socket.pause();
  }
}
