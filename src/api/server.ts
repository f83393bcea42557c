import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { FatalError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { Replica } from '../replica/types.js';
import { mendAuthority } from './authority.js';
import { Door, stoppingError } from './door.js';
import { serveAuth } from './etcd/auth.js';
import { serveEtcdCluster } from './etcd/cluster.js';
import { etcdDialect } from './etcd/dialect.js';
import { serveElection } from './etcd/election.js';
import { serveKv } from './etcd/kv.js';
import { LeaderRequired } from './etcd/leader-required.js';
import { serveLease } from './etcd/lease.js';
import { serveLock } from './etcd/lock.js';
import { serveMaintenance } from './etcd/maintenance.js';
import { serveWatch } from './etcd/watch.js';
import { type Handlers, HandlerTable } from './handlers.js';
import { Health } from './health.js';
import { JsonGateway } from './http/gateway.js';
import { HttpSide } from './http/http-side.js';
import { servePrometheus } from './http/prometheus.js';
import { serveStatusPaths } from './http/status-paths.js';
import { Listener } from './listener.js';
import { tellProtocol } from './protocol.js';
import { serveCluster } from './quorate/cluster.js';
import { serveConfig } from './quorate/config.js';
import { serveRegistry } from './quorate/registry.js';
import { addReflection } from './reflection.js';

export interface ApiServerOptions {
  /** host:port; port 0 lets the system choose. */
  readonly address: string;
  readonly replica: Replica;
  /** Of the product, for Status. */
  readonly version: string;
  readonly log: Log;
  /** The environment failed under a call, such as a damaged record that a read met. By default thrown as an uncaught exception. */
  readonly onFatal?: (error: FatalError) => void;
}

/** Detects clients that vanished without a word. */
const keepaliveTimeMs = 30_000;
const keepaliveTimeoutMs = 10_000;
/** After the last answer: for its bytes to leave, and for clients to close by themselves. */
const lingerMs = 200;
const pollMs = 10;

const services = ['quorate.v1.ConfigService', 'quorate.v1.RegistryService', 'quorate.v1.ClusterService'];

/** The client port of a member: over HTTP/2 the native and the etcd API, health and reflection; over HTTP/1.1 etcd's JSON gateway, health and targets for Prometheus. */
export class ApiServer {
  private readonly server: Server;
  private readonly injector: ConnectionInjector;
  private readonly http = new HttpSide();
  private readonly listener: Listener;
  private readonly door: Door;
  private readonly health: Health;
  private serving = true;
  private stopped: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    const { replica } = options;
    this.server = new Server({
      'grpc.enable_channelz': 0,
      'grpc.max_receive_message_length': limits.clientMessageBytes,
      'grpc.max_concurrent_streams': limits.streamsPerConnection,
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    });
    this.door = new Door(replica, options.version, options.log, options.onFatal ?? throwLater);
    const table = new HandlerTable(this.server, this.door);
    serveConfig(table, replica);
    serveRegistry(table, replica);
    serveCluster(table, replica);
    serveEtcd(new LeaderRequired(new HandlerTable(this.server, this.door, etcdDialect), replica), replica);
    serveEtcd(new LeaderRequired(new JsonGateway(this.http, this.door, etcdDialect), replica), replica);
    serveStatusPaths(this.http, this.door, () => this.isServing());
    servePrometheus(this.http, this.door);
    this.health = new Health(services, () => this.isServing());
    this.health.addTo(this.server);
    addReflection(this.server);
    // The port is our own, not grpc-js's: so every connection can be cut at the end of stop(), which grpc-js does not do without channelz.
    this.injector = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    this.listener = new Listener(options.address, (socket) =>
      tellProtocol(socket, (protocol) => {
        if (protocol === 'http2') mendAuthority(socket, () => this.injector.injectConnection(socket));
        else this.http.accept(socket);
      }),
    );
  }

  /** The port that is bound. */
  get port(): number {
    return this.listener.port;
  }

  /** Binds the address and serves. @throws FatalError PORT when the address is taken or is none of this machine's */
  async start(): Promise<void> {
    await this.listener.open();
    this.health.start();
  }

  /** False: health says NOT_SERVING whatever the state of the member. Calls are answered all the same. */
  setServing(serving: boolean): void {
    this.serving = serving;
    this.health.check();
  }

  /**
   * Stops within graceMs and a little: new calls and open streams get MEMBER_STOPPING at once, running unary calls at the end of the grace. Never
   * rejects; a second call waits for the first.
   */
  stop(graceMs: number): Promise<void> {
    this.stopped ??= this.shutDown(graceMs);
    return this.stopped;
  }

  private isServing(): boolean {
    if (!this.serving || this.door.stopping) return false;
    const { leader, recovering } = this.door.replica.status();
    return leader !== undefined && !recovering;
  }

  private async shutDown(graceMs: number): Promise<void> {
    const { door, listener } = this;
    door.stopping = true;
    listener.close();
    this.health.stop();
    door.stopStreams(stoppingError());
    // Tells every client to go elsewhere; calls under way may finish.
    this.injector.drain(graceMs + 2 * lingerMs);
    this.http.close();
    await until(() => door.open.size === 0, graceMs);
    for (const call of door.open) call.stop(stoppingError());
    await until(() => listener.connections === 0, lingerMs);
    listener.destroy();
    this.injector.destroy();
  }
}

/** Both ways to the etcd API have the same services. */
function serveEtcd(table: Handlers, replica: Replica): void {
  serveKv(table);
  serveWatch(table, replica);
  serveLease(table, replica);
  serveLock(table, replica);
  serveElection(table, replica);
  serveEtcdCluster(table);
  serveMaintenance(table, replica);
  serveAuth(table, replica);
}

/** Waits for a condition, at most so long. */
async function until(condition: () => boolean, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, pollMs));
}

function throwLater(error: FatalError): void {
  setImmediate(() => {
    throw error;
  });
}
