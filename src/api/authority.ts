/**
 * Go clients of etcd up to 3.4 send the endpoint as they got it, scheme and all, as HTTP/2 authority of the calls that are meant for one member
 * (`etcdctl --endpoints=http://… endpoint status`). That is no authority, and Node's HTTP/2 resets such streams before anybody sees them. So on
 * connections that begin as those of Go's gRPC library do, the two slashes are made dashes before HTTP/2 reads them: as many bytes, Huffman-coded too.
 */
import type { Socket } from 'node:net';
import { limits } from '../base/limits.js';

/** RFC 9113 §3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frameHead = 9;
const frames = { headers: 1, settings: 4, windowUpdate: 8 } as const;
const ackFlag = 1;
const paddedOrPriority = 0x08 | 0x20;
/** What Go's gRPC library says first, and hardly anybody else: settings without any value. */
const noSettings = Buffer.from([0, 0, 0, frames.settings, 0, 0, 0, 0, 0]);
const beginning = preface.length + noSettings.length;

/** `http://` and `http:--` as HPACK's Huffman code has them, as far as whole bytes go: the bit that follows is 0 in both. */
const withSlashes = Buffer.from([0x9d, 0x29, 0xae, 0xe3, 0x0c]);
const withDashes = Buffer.from([0x9d, 0x29, 0xae, 0xe2, 0xcb]);
/** A literal that is added to HPACK's table, with the name `:authority`. */
const authorityLiteral = 0x41;
const huffmanFlag = 0x80;

/**
 * Calls `ready` when HTTP/2 may read the socket, from its first byte on. The socket's first bytes must be those of HTTP/2, and not be read yet.
 *
 * Such a client sends its first call when it has the server's settings. HTTP/2 cannot send them while it must not read, so empty ones are sent here, and
 * their acknowledgement is taken out of what HTTP/2 reads; its own ones follow.
 */
export function mendAuthority(socket: Socket, ready: () => void, waitMs: number = limits.firstBytesMs): void {
  let bytes: Buffer = Buffer.alloc(0);
  let asked = false;
  let found: FirstFrames = {};

  const onReadable = (): void => {
    const more = socket.read() as Buffer | null;
    if (!more) return;
    bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    if (!mayBeGo(bytes)) {
      handOver(bytes);
      return;
    }
    if (bytes.length < beginning) return;
    if (!asked) socket.write(noSettings);
    asked = true;
    found = firstFrames(bytes);
    if (found.ack !== undefined && found.call !== undefined) goOn(found.ack);
  };
  const goOn = (ack: number): void => {
    if (found.call !== undefined) mend(bytes, found.call);
    handOver(Buffer.concat([bytes.subarray(0, ack), bytes.subarray(ack + frameHead)]));
  };
  const handOver = (all: Buffer): void => {
    leave();
    socket.unshift(all);
    ready();
  };
  // One that has nothing to ask yet is HTTP/2's to keep.
  const onTime = (): void => {
    if (found.ack === undefined) drop();
    else goOn(found.ack);
  };
  const drop = (): void => void socket.destroy();
  const leave = (): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', drop).off('close', leave);
  };

  const timer = setTimeout(onTime, waitMs);
  socket.on('readable', onReadable).on('end', drop).on('close', leave);
  onReadable();
}

function mayBeGo(bytes: Buffer): boolean {
  const settings = bytes.subarray(preface.length, beginning);
  return settings.equals(noSettings.subarray(0, settings.length));
}

interface FirstFrames {
  /** Offset of the first acknowledgement of settings. */
  readonly ack?: number;
  /** Offset of the first frame that is about more than the connection's set-up. */
  readonly call?: number;
}

/** Of the frames that are there in full. */
function firstFrames(bytes: Buffer): FirstFrames {
  let found: FirstFrames = {};
  for (let at = beginning; at + frameHead <= bytes.length; ) {
    const end = at + frameHead + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const type = bytes[at + 3];
    const isAck = type === frames.settings && ((bytes[at + 4] ?? 0) & ackFlag) !== 0;
    if (isAck) found = { ack: at, ...found };
    else if (type !== frames.settings && type !== frames.windowUpdate) found = { call: at, ...found };
    at = end;
  }
  return found;
}

/** Changes the authority in the headers of the first call, if they have one with a scheme. */
function mend(bytes: Buffer, at: number): void {
  if (bytes[at + 3] !== frames.headers || ((bytes[at + 4] ?? 0) & paddedOrPriority) !== 0) return;
  const end = at + frameHead + bytes.readUIntBE(at, 3);
  const value = authorityValue(bytes, at + frameHead, end);
  if (value !== undefined && bytes.subarray(value, value + withSlashes.length).equals(withSlashes))
    withDashes.copy(bytes, value);
}

/** Offset of the Huffman-coded value of `:authority`, if that is a literal among the first, pseudo, headers (RFC 7541 §6). */
function authorityValue(bytes: Buffer, start: number, end: number): number | undefined {
  let at = start;
  while (at < end) {
    const head = bytes[at] ?? 0;
    const length = bytes[at + 1] ?? 0;
    // An indexed header, such as `:method: POST`, is one byte.
    if ((head & 0x80) !== 0) at += 1;
    else if (head === authorityLiteral) return (length & huffmanFlag) !== 0 ? at + 2 : undefined;
    // Another literal with an indexed name and a value of less than 127 bytes, such as `:path`.
    else if ((head & 0x0f) !== 0 && (length & 0x7f) < 0x7f) at += 2 + (length & 0x7f);
    else return undefined;
  }
  return undefined;
}
