/** Answers DNS queries about the services of the cluster, over UDP and TCP on one port. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Address } from '../base/address.js';
import { formatAddress } from '../base/address.js';
import { ExitCode, FatalError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { Random } from '../base/random.js';
import type { Replica } from '../replica/types.js';
import { RegistryFollower } from './follower.js';
import { answerTo, type Way } from './message.js';
import { TcpConversation } from './tcp.js';

export interface DnsServerOptions {
  /** Port 0 lets the system choose. */
  readonly address: Address;
  readonly replica: Replica;
  /** Of services in names that have none. */
  readonly namespace: string;
  /** How long resolvers may keep an answer. */
  readonly ttlSeconds: number;
  readonly random: Random;
  readonly log: Log;
}

export class DnsServer {
  private readonly follower: RegistryFollower;
  private readonly tcp: Server;
  private udp: Socket | undefined;
  private readonly conversations = new Set<TcpConversation>();

  constructor(private readonly options: DnsServerOptions) {
    this.follower = new RegistryFollower(options.replica, options.namespace, options.log);
    this.tcp = createServer((socket) => {
      const conversation = new TcpConversation(socket, (query) => this.answer(query, 'tcp'));
      this.conversations.add(conversation);
      socket.on('close', () => this.conversations.delete(conversation));
    });
    this.tcp.maxConnections = limits.dnsConnections;
  }

  /** The port that is bound. */
  get port(): number {
    return (this.tcp.address() as AddressInfo).port;
  }

  /** Binds the address and answers, with SERVFAIL until this member is up to date. @throws FatalError PORT */
  async start(): Promise<void> {
    const { address } = this.options;
    try {
      const { address: host, family } = await lookup(address.host);
      await listen(this.tcp, host, address.port);
      const udp = createSocket(family === 6 ? 'udp6' : 'udp4');
      this.udp = udp;
      await bind(udp, host, this.port);
      udp.on('message', (query, from) => {
        const answer = this.answer(query, 'udp');
        // Whoever does not get it asks again.
        if (answer) udp.send(answer, from.port, from.address, () => {});
      });
      for (const server of [this.tcp, udp]) server.on('error', (error) => this.onError(error));
    } catch (error) {
      this.close();
      throw portError(address, error as NodeJS.ErrnoException);
    }
    this.follower.start();
  }

  /** Resolvers turn to another member. */
  stop(): void {
    this.follower.stop();
    this.close();
  }

  private close(): void {
    if (this.tcp.listening) this.tcp.close();
    for (const conversation of this.conversations) conversation.close();
    this.udp?.close();
    this.udp = undefined;
  }

  private answer(query: Buffer, way: Way): Buffer | undefined {
    const { ttlSeconds, random, replica } = this.options;
    const { directory } = this.follower;
    return answerTo(query, way, { directory, ttlSeconds, random, serial: replica.machine.revision % 2 ** 32 });
  }

  /** Such as too many open files: the one query is lost, the port stays. */
  private onError(error: Error): void {
    this.options.log.warn({ err: error }, 'the DNS port lost a query');
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function bind(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function portError(address: Address, cause: NodeJS.ErrnoException): FatalError {
  const why =
    cause.code === 'EADDRINUSE'
      ? 'another process listens there: stop it or change the dns address in the settings'
      : `${cause.message}: change the dns address in the settings`;
  return new FatalError(`cannot listen on the dns address ${formatAddress(address)}: ${why}`, ExitCode.PORT, { cause });
}
