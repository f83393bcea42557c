/** What the transport tests share: small clusters of one transport each, and recorders that keep what arrives. */
import { createServer } from 'node:net';
import { index, type MemberId, term } from '../../src/base/ids.js';
import type { Log } from '../../src/base/log.js';
import type { Heartbeat, SnapshotMeta } from '../../src/raft/types.js';
import type { IncomingSnapshot, PeerMessage, TransportHandlers } from '../../src/transport/transport.js';

export const A = 0xa00000000001 as MemberId;
export const B = 0xb as MemberId;
export const C = 0xc as MemberId;

export const meta: SnapshotMeta = {
  index: index(10),
  term: term(3),
  membership: { voters: [A, B, C], outgoing: [], learners: [] },
};

/** A message that can be told from others by `readRound`. */
export function heartbeat(from: MemberId, to: MemberId, readRound: number): Heartbeat {
  return { kind: 'heartbeat', from, to, term: term(1), commit: index(1), readRound };
}

/** Keeps everything that a transport reports, in order. */
export class Recorder implements TransportHandlers {
  readonly messages: PeerMessage[] = [];
  readonly events: string[] = [];
  removals = 0;
  /** What to do with an image; by default it is read and taken. */
  take: (snapshot: IncomingSnapshot) => Promise<boolean> = async ({ chunks }) => {
    for await (const _chunk of chunks);
    return true;
  };

  onMessage(message: PeerMessage): void {
    this.messages.push(message);
  }
  onConnected(peer: MemberId, founded: boolean): void {
    this.events.push(`connected ${peer.toString(16)}${founded ? ' founded' : ''}`);
  }
  onDisconnected(peer: MemberId, refused: boolean): void {
    this.events.push(`disconnected ${peer.toString(16)}${refused ? ' refused' : ''}`);
  }
  onRemoved(): void {
    this.removals++;
  }
  onSnapshot(snapshot: IncomingSnapshot): Promise<boolean> {
    return this.take(snapshot);
  }

  /** The numbers of the heartbeats that came. */
  get rounds(): number[] {
    return this.messages.flatMap((message) => (message.kind === 'heartbeat' ? [message.readRound] : []));
  }
}

/** Keeps lines of level warn and error. */
export class Warnings implements Log {
  readonly lines: string[] = [];
  debug(): void {}
  info(): void {}
  warn(_fields: Record<string, unknown>, message: string): void {
    this.lines.push(message);
  }
  error(_fields: Record<string, unknown>, message: string): void {
    this.lines.push(message);
  }
}

/** A free port of the loopback address, outside the range from which the system takes ports for outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export async function* chunksOf(total: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < total; at += size) yield Buffer.alloc(Math.min(size, total - at), at / size);
}
