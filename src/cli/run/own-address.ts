/** The address by which others reach this machine: the one that it would use itself to talk to them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { parseAddress } from '../../base/address.js';
import { CommandError } from '../exit-codes.js';

/**
 * The local address of the route to the first of these that has one; nothing is sent.
 * @throws CommandError when there is no route to any of them
 */
export async function ownAddress(endpoints: readonly string[]): Promise<string> {
  let cause = 'none is given';
  for (const endpoint of endpoints) {
    const target = parseAddress(endpoint);
    if (!target) continue;
    const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4');
    try {
      const connected = once(socket, 'connect');
      socket.connect(target.port, target.host);
      await connected;
      return socket.address().address;
    } catch (error) {
      cause = error instanceof Error ? error.message : String(error);
    } finally {
      socket.close();
    }
  }
  throw new CommandError(
    `no address of this machine leads to ${endpoints.join(', ')} (${cause}): name it with --address`,
  );
}

/** A port of that address that nobody listens on just now. @throws CommandError when this machine has no such address */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen(0, host);
    await listening;
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  } catch (error) {
    throw new CommandError(`no port of ${host} can be had: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    server.close();
  }
}
