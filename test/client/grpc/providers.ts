/** Providers of a service and calls to them, for tests of channels that find them. */
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { type InstanceIn, registryService, type WatchRegistryResponseIn } from '../../../src/proto/quorate.js';
import { FakeCluster, type FakeStream } from '../fake-server.js';

const path = '/test.Echo/Say';
const asIs = (bytes: Buffer): Buffer => bytes;

/** A gRPC server that answers every call with its own name. */
export class Provider {
  calls = 0;
  /** What it does with a call instead of answering. */
  instead: ((done: sendUnaryData<Buffer>) => void) | undefined;
  private server = new Server();
  port = 0;

  private constructor(readonly name: string) {}

  static async start(name: string): Promise<Provider> {
    const provider = new Provider(name);
    await provider.listen();
    return provider;
  }

  /** (Re)starts on the port it had. */
  async listen(): Promise<void> {
    this.server = new Server();
    this.server.register<Buffer, Buffer>(
      path,
      (_call: unknown, done: sendUnaryData<Buffer>) => {
        this.calls++;
        if (this.instead) this.instead(done);
        else done(null, Buffer.from(this.name));
      },
      asIs,
      asIs,
      'unary',
    );
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(port);
      });
    });
  }

  kill(): void {
    this.server.forceShutdown();
  }

  /** Lets running calls finish. */
  stop(): Promise<void> {
    return new Promise((resolve) => this.server.tryShutdown(() => resolve()));
  }
}

/** One service in a fake registry, with real providers. */
export class FakeService {
  readonly providers: Provider[] = [];
  readonly streams: FakeStream<WatchRegistryResponseIn>[] = [];
  readonly instances = new Map<string, InstanceIn>();
  private revision = 10;
  private readonly channels: Client[] = [];

  private constructor(readonly cluster: FakeCluster) {}

  static async start(): Promise<FakeService> {
    const service = new FakeService(await FakeCluster.start(1));
    service.serve();
    return service;
  }

  serve(): void {
    this.cluster.member(0).onStream(registryService.watch, (_request, stream: FakeStream<WatchRegistryResponseIn>) => {
      this.streams.push(stream);
      stream.send({ header: { revision: this.revision }, snapshot: { instances: [...this.instances.values()] } });
    });
  }

  /** Starts providers and lists them. */
  async provide(names: readonly string[], more: InstanceIn = {}): Promise<Provider[]> {
    const started = await Promise.all(names.map((name) => Provider.start(name)));
    this.providers.push(...started);
    for (const provider of started) this.list(provider, more);
    return started;
  }

  /** Lists a provider, or changes what is listed. */
  list(provider: Provider, more: InstanceIn = {}): void {
    this.revision++;
    const instance: InstanceIn = {
      namespace: 'prod',
      service: 'echo',
      id: provider.name,
      address: '127.0.0.1',
      port: provider.port,
      weight: 100,
      status: 1,
      health: 1,
      createRevision: this.revision,
      revision: this.revision,
      ...more,
    };
    this.instances.set(provider.name, instance);
    this.send({ updated: [instance] });
  }

  unlist(provider: Provider): void {
    this.revision++;
    this.instances.delete(provider.name);
    this.send({ removed: [{ namespace: 'prod', service: 'echo', id: provider.name }] });
  }

  private send(changes: WatchRegistryResponseIn['changes']): void {
    for (const stream of this.streams) stream.send({ header: { revision: this.revision }, changes });
  }

  /** A channel to the service. */
  channel(query = '', options: Record<string, unknown> = {}): Client {
    const target = `quorate://${this.cluster.member(0).address}/echo?namespace=prod${query}`;
    const client = new Client(target, credentials.createInsecure(), {
      'grpc.enable_channelz': 0,
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 50,
      ...options,
    });
    this.channels.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const channel of this.channels) channel.close();
    for (const provider of this.providers) provider.kill();
    await this.cluster.stop();
  }
}

/** One call; gives the name of the provider that answered. */
export function call(
  client: Client,
  headers: Record<string, string> = {},
  timeoutMs = 10_000,
  metadata = new Metadata(),
): Promise<string> {
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    const done = (error: ServiceError | null, answer?: Buffer) => {
      if (error) reject(error);
      else resolve(answer?.toString() ?? '');
    };
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from('x'), metadata, options, done);
  });
}

/** Many calls, one after the other: how many each provider answered. */
export async function callMany(client: Client, count: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const name = await call(client);
    answers[name] = (answers[name] ?? 0) + 1;
  }
  return answers;
}
