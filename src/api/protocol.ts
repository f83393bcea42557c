/** Tells by its first bytes what a connection to the client port speaks. */
import type { Socket } from 'node:net';
import { limits } from '../base/limits.js';

export type Protocol = 'http2' | 'http1';

/** What every HTTP/2 connection without TLS begins with (RFC 9113 §3.4), as far as no HTTP/1.1 request can. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n');

/**
 * Waits for as many bytes as it takes, puts them back, and calls `told` in the same turn: whoever reads the socket next reads it from its first byte.
 * A connection that has not begun after waitMs, or ends before, is dropped.
 */
export function tellProtocol(
  socket: Socket,
  told: (protocol: Protocol) => void,
  waitMs: number = limits.firstBytesMs,
): void {
  let seen: Buffer = Buffer.alloc(0);

  const onReadable = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (!bytes) return;
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
    const protocol = protocolOf(seen);
    if (!protocol) return;
    leave();
    socket.unshift(seen);
    told(protocol);
  };
  const drop = (): void => void socket.destroy();
  const leave = (): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', drop).off('close', leave);
  };

  const timer = setTimeout(drop, waitMs);
  socket.on('readable', onReadable).on('end', drop).on('close', leave);
}

/** Undefined: more bytes are needed. */
function protocolOf(bytes: Buffer): Protocol | undefined {
  const length = Math.min(bytes.length, preface.length);
  if (preface.compare(bytes, 0, length, 0, length) !== 0) return 'http1';
  return length < preface.length ? undefined : 'http2';
}
