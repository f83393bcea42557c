import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { Link } from './link.js';

describe('a link', () => {
  let server: Server;
  let link: Link;
  let port: number;
  const sockets: Socket[] = [];
  const accepted: Socket[] = [];
  beforeEach(async () => {
    server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    link = new Link(address.port);
    port = await link.open();
  });
  afterEach(() => {
    for (const socket of [...sockets.splice(0), ...accepted.splice(0)]) socket.destroy();
    link.close();
    server.close();
  });

  /** Both ends of a connection, and what has arrived at each. */
  async function open() {
    const caller = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(caller);
    const listener = await until('the connection is there', () => accepted.shift());
    sockets.push(listener.on('error', () => undefined));
    const heard = { caller: '', listener: '' };
    caller.on('data', (chunk: Buffer) => {
      heard.caller += chunk.toString();
    });
    listener.on('data', (chunk: Buffer) => {
      heard.listener += chunk.toString();
    });
    return { caller, listener, heard };
  }

  it('carries bytes both ways, also slowly, in order', async () => {
    const { caller, listener, heard } = await open();
    caller.write('a');
    listener.write('b');
    await until('both have heard', () => heard.listener === 'a' && heard.caller === 'b');
    link.slow(1, 20);
    for (const letter of 'cdefgh') caller.write(letter);
    link.slow(0, 0);
    caller.write('i');
    await until('all has come', () => heard.listener.length === 8);
    expect(heard.listener).toBe('acdefghi');
  });

  it('that is shut in one direction carries the other, and what waited when it opens', async () => {
    const { caller, listener, heard } = await open();
    link.block('caller');
    caller.write('a');
    listener.write('b');
    await until('the open direction carries', () => heard.caller === 'b');
    expect(heard.listener).toBe('');
    expect(link.isBlocked).toBe(true);
    link.unblock();
    await until('the other does again', () => heard.listener === 'a');
  });

  it('that is cut ends its connections and takes new ones; closed, it refuses them until it is opened', async () => {
    const { caller, listener } = await open();
    const ends = Promise.all([once(caller, 'close'), once(listener, 'close')]);
    link.cut();
    await ends;
    await open();
    link.close();
    const refused = connect(port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await link.open()).toBe(port);
    const { caller: again, heard } = await open();
    again.write('a');
    await until('it carries again', () => heard.listener === 'a');
  });
});
