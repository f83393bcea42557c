import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ExitCode, FatalError } from '../base/errors.js';

/** The client port. Hands every connection on as soon as it is accepted. */
export class Listener {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /** @param address host:port, an IPv6 host in brackets; port 0 lets the system choose */
  constructor(
    private readonly address: string,
    onConnection: (socket: Socket) => void,
  ) {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      // A connection that breaks also tells its reader; unheard, the event would end the process.
      socket.on('error', () => {});
      onConnection(socket);
    });
  }

  /** The port that is bound. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** @throws FatalError PORT when the address cannot be bound */
  open(): Promise<void> {
    const { host, port } = splitAddress(this.address);
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(portError(this.address, error));
      this.server.once('error', onError);
      this.server.listen({ host, port }, () => {
        this.server.off('error', onError);
        // Such as too many open files: the one connection is lost, the port stays.
        this.server.on('error', () => {});
        resolve();
      });
    });
  }

  /** Accepts nothing more; connections that are open stay open. */
  close(): void {
    if (this.server.listening) this.server.close();
  }

  /** Cuts all connections. */
  destroy(): void {
    this.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

function portError(address: string, cause: NodeJS.ErrnoException): FatalError {
  const why =
    cause.code === 'EADDRINUSE'
      ? 'another process listens there: stop it or change the client address in the settings'
      : `${cause.message}: change the client address in the settings`;
  return new FatalError(`cannot listen on the client address ${address}: ${why}`, ExitCode.PORT, { cause });
}
