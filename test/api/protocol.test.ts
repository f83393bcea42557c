import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Protocol, tellProtocol } from '../../src/api/protocol.js';
import { until } from '../support/until.js';

let server: Server;
let client: Socket;
let served: Socket;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {}).setNoDelay();
  [served] = await accepted;
  served.on('error', () => {});
});
afterEach(() => {
  client.destroy();
  served.destroy();
  server.close();
});

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe.each([
  ['http2', preface],
  ['http1', 'GET / HTTP/1.1\r\n\r\n'],
  ['http1', 'POST /v3/kv/put HTTP/1.1\r\n\r\n'],
  ['http1', 'PRI * HTTP/1.1\r\n\r\n'],
  ['http1', 'P\r\n\r\n'],
  ['http1', '\x16\x03\x01\x02\x00\x01\x00'],
] as const)('a connection that speaks %s with %j', (protocol, text) => {
  test.each([[text.length], [5], [1]])('is told in pieces of %i bytes, and none is lost', async (size) => {
    const told: Protocol[] = [];
    let read = '';
    tellProtocol(served, (what) => {
      told.push(what);
      served.on('data', (bytes) => {
        read += bytes.toString('latin1');
      });
    });
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length; at += size) {
      client.write(bytes.subarray(at, at + size));
      await until('the piece has come', () => served.bytesRead >= Math.min(at + size, bytes.length));
    }
    await until('all of it is read', () => read === text);
    expect(told).toEqual([protocol]);
    expect(served.listenerCount('readable') + served.listenerCount('end')).toBeLessThanOrEqual(1);
  });
});

describe('a connection', () => {
  const never = (): void => {
    throw new Error('it said nothing that tells');
  };

  test.each(['', 'PRI * HTTP/'])('that goes no further than %j is dropped in time', async (text) => {
    tellProtocol(served, never, 50);
    client.write(text);
    await once(client.resume(), 'close');
    expect(served.destroyed).toBe(true);
  });

  test('that ends before it has begun is dropped at once', async () => {
    tellProtocol(served, never, 60_000);
    client.end('PR');
    await once(client.resume(), 'close');
    expect(served.destroyed).toBe(true);
  });

  test('that has begun in time may be quiet', async () => {
    const told = new Promise<Protocol>((resolve) => tellProtocol(served, resolve, 50));
    client.write('GET');
    await told;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const other = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
    const [quiet] = await accepted;
    // Its time is over after that of the first would have been.
    tellProtocol(quiet, never, 100);
    await once(other, 'close');
    expect(served.destroyed).toBe(false);
  });
});
