/** The client as a whole. */
import { ClusterClient } from './cluster.js';
import { ConfigClient } from './config.js';
import { Connection } from './connection.js';
import type { ConnectOptions, Tuning } from './options.js';
import { RegistryClient } from './registry.js';

export class QuorateClient {
  readonly config: ConfigClient;
  readonly registry: RegistryClient;
  readonly cluster: ClusterClient;
  private closing: Promise<void> | undefined;

  /** Made by connect(). */
  constructor(private readonly connection: Connection) {
    this.config = new ConfigClient(connection);
    this.registry = new RegistryClient(connection);
    this.cluster = new ClusterClient(connection);
  }

  /**
   * Closes registrations (which removes their instances, for two seconds at most), then ends every call, watch, timer and connection, so
   * that the process can exit. Never fails.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    // Without registrations and views everything has ended when close() returns.
    const registrations = this.registry.closeRegistrations(this.connection.ring.tuning.closeMs);
    if (registrations !== undefined) await registrations;
    const partings = this.connection.close();
    if (partings !== undefined) await partings;
  }
}

/**
 * Makes a client of a cluster. Nothing is sent before the first call.
 * @throws QuorateError INVALID_FIELD when an endpoint is not host:port
 */
export function connect(options: ConnectOptions): QuorateClient {
  return connectWith(options, {});
}

/** connect() at another pace. @internal */
export function connectWith(options: ConnectOptions, tuning: Partial<Tuning>): QuorateClient {
  return new QuorateClient(new Connection(options, tuning));
}
