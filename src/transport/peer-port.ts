import { createServer, type Socket } from 'node:net';
import type { Address } from '../base/address.js';
import { formatAddress } from '../base/address.js';
import { ExitCode, FatalError } from '../base/errors.js';

/** Listens and keeps track of its connections, so that all of them can be cut at once. */
export class PeerPort {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ noDelay: true }, (socket) => {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    // A connection that fails concerns nobody but the streams on it, which are told by the layer above.
    socket.on('error', () => undefined);
    this.onConnection(socket);
  });

  constructor(private readonly onConnection: (socket: Socket) => void) {}

  /** @throws FatalError PORT */
  async listen(address: Address): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => reject(portError(address, error)));
      this.server.listen({ host: address.host, port: address.port }, resolve);
    });
    // Later failures (too many open files) refuse single connections; those who wanted them try again.
    this.server.on('error', () => undefined);
  }

  /** Closes the port and every connection without waiting for the other sides. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function portError(address: Address, error: NodeJS.ErrnoException): FatalError {
  const text = formatAddress(address);
  const sentence =
    error.code === 'EADDRINUSE'
      ? `the peer address ${text} is taken by another process; stop that process or change "peer" in the settings`
      : `cannot listen on the peer address ${text} (${error.code ?? error.message}); change "peer" in the settings`;
  return new FatalError(sentence, ExitCode.PORT, { cause: error });
}
