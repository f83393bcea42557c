import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mendAuthority } from '../../src/api/authority.js';
import { until } from '../support/until.js';

let server: Server;
let client: Socket;
let served: Socket;
/** What the client was sent, and what HTTP/2 would have read. */
let sent: string;
let read: string;
let isReady: boolean;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {}).setNoDelay();
  [served] = await accepted;
  served.on('error', () => {});
  sent = '';
  read = '';
  isReady = false;
  client.on('data', (bytes) => {
    sent += bytes.toString('latin1');
  });
});
afterEach(() => {
  client.destroy();
  served.destroy();
  server.close();
});

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const noSettings = '\0\0\0\x04\0\0\0\0\0';
const ack = '\0\0\0\x04\x01\0\0\0\0';
const ping = `\0\0\x08\x06\0\0\0\0\0${'p'.repeat(8)}`;
/** `:method: POST`, `:scheme: http`, `:path` as a literal, then the authority; as Go's gRPC library sends them. */
const before = '\x83\x86\x44\x04/a/b';
/** `http://1` in HPACK's Huffman code (RFC 7541 appendix B), and `http:--1`. */
const slashes = '\x41\x86\x9d\x29\xae\xe3\x0c\x0f';
const dashes = '\x41\x86\x9d\x29\xae\xe2\xcb\x0f';

function headers(block: string, flags = 0x04): string {
  return `\0\0${String.fromCharCode(block.length)}\x01${String.fromCharCode(flags)}\0\0\0\x01${block}`;
}

function mend(waitMs?: number): void {
  const ready = () => {
    isReady = true;
    served.on('data', (bytes) => {
      read += bytes.toString('latin1');
    });
  };
  mendAuthority(served, ready, waitMs);
}

function write(text: string): void {
  client.write(Buffer.from(text, 'latin1'));
}

const after = `${headers(before + dashes)}the rest`;

describe('a connection of a Go client', () => {
  test.each([[1_000], [7], [1]])('gets its authority mended, in pieces of %i bytes', async (size) => {
    mend();
    const text = `${preface}${noSettings}${ack}${headers(before + slashes)}the rest`;
    for (let at = 0; at < text.length; at += size) {
      write(text.slice(at, at + size));
      await until('the piece has come', () => served.bytesRead >= Math.min(at + size, text.length));
    }
    await until('all is read', () => read.length === text.length - ack.length);
    expect(read).toBe(preface + noSettings + after);
    await until('the client has its settings', () => sent === noSettings);
  });

  test('may send its call before it acknowledges the settings', async () => {
    mend();
    write(`${preface}${noSettings}${headers(before + slashes)}${ack}the rest`);
    await until('all is read', () => read.endsWith('the rest'));
    expect(read).toBe(preface + noSettings + after);
  });

  test('is handed on when it sends something else first, or nothing for long', async () => {
    mend(100);
    write(preface + noSettings + ack);
    await until('it is handed on', () => isReady);
    write(ping);
    await until('all is read', () => read === preface + noSettings + ping);
  });

  test('keeps an authority without a scheme, and headers of another shape', async () => {
    mend();
    const block = `${before}\x41\x86\x9d\x29\xae\xe2\xcb\x0f`;
    const text = `${preface}${noSettings}${headers(block)}`;
    write(text + ack);
    await until('all is read', () => read === text);
  });

  test('keeps headers with padding, which are nothing of Go', async () => {
    mend();
    const text = `${preface}${noSettings}${headers(`\0${before}${slashes}`, 0x0c)}`;
    write(text + ack);
    await until('all is read', () => read === text);
  });

  test('is dropped when it does not take the settings', async () => {
    mend(100);
    write(preface + noSettings);
    await once(client, 'close');
    expect(isReady).toBe(false);
  });
});

describe('a connection of another client', () => {
  test('is handed on at once and untouched', async () => {
    mend();
    const text = `${preface}\0\0\x06\x04\0\0\0\0\0\0\x02\0\0\0\0${headers(before + slashes)}`;
    write(text);
    await until('all is read', () => read === text);
    expect(sent).toBe('');
  });
});
