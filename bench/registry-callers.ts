/** Owners of instances and watchers of services, as bare calls: what they cost is the members' cost and little else. */
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import {
  type InstanceIn,
  type KeepAliveRequestIn,
  type KeepAliveResponse,
  registryService,
  type WatchRegistryResponse,
} from '../src/proto/quorate.js';
import type { Method } from '../src/proto/schema.js';

/** Connections to the members, taken in turn. */
export class Connections {
  private readonly clients: Client[];
  private next = 0;

  constructor(endpoints: readonly string[], each: number) {
    this.clients = Array.from({ length: each }, () => endpoints)
      .flat()
      .map((endpoint) => new Client(endpoint, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }));
  }

  take(): Client {
    const client = this.clients[this.next++ % this.clients.length];
    if (!client) throw new Error('there are no members');
    return client;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

/** Calls that ended without an answer, as on a machine that does too much else, and were made again. */
export let repeated = 0;

/** Registering the same instance and setting the same status twice does no harm. */
export async function call<Req extends object, Res extends object>(
  client: Client,
  method: Method<Req, object, object, Res>,
  request: Req,
): Promise<Res> {
  for (let tries = 1; ; tries++) {
    try {
      return await callOnce(client, method, request);
    } catch (error) {
      if (tries === 10) throw error;
      repeated++;
    }
  }
}

function callOnce<Req extends object, Res extends object>(
  client: Client,
  method: Method<Req, object, object, Res>,
  request: Req,
): Promise<Res> {
  const encode = (value: Req): Buffer => method.request.encode(value);
  const decode = (bytes: Buffer): Res => method.response.decode(bytes);
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + 60_000 };
    client.makeUnaryRequest(method.path, encode, decode, request, new Metadata(), options, (error, response) => {
      if (response) resolve(response);
      else reject(error ?? new Error('no answer'));
    });
  });
}

export interface HeartbeatCounts {
  sent: number;
  answered: number;
  lost: number;
}

/** One instance and its owner, which keeps it alive over a stream of its own as a process of its own would: three times in a TTL, from a moment of chance on. */
export class Owner {
  private timer: NodeJS.Timeout | undefined;
  private stream: ClientDuplexStream<KeepAliveRequestIn, KeepAliveResponse> | undefined;

  constructor(
    private readonly client: Client,
    private readonly ttlMs: number,
    private readonly counts: HeartbeatCounts,
  ) {}

  async register(instance: InstanceIn): Promise<void> {
    const { lease } = await call(this.client, registryService.register, { instance, ttlMs: this.ttlMs });
    const { path, request, response } = registryService.keepAlive;
    const stream = this.client.makeBidiStreamRequest(
      path,
      (value: KeepAliveRequestIn) => request.encode(value),
      (bytes: Buffer) => response.decode(bytes),
    );
    stream.on('data', ({ ttlMs }: KeepAliveResponse) => {
      this.counts.answered++;
      if (ttlMs === 0) this.counts.lost++;
    });
    stream.on('error', () => {});
    this.stream = stream;
    const everyMs = this.ttlMs / 3;
    const beat = (): void => {
      this.counts.sent++;
      stream.write({ lease });
    };
    this.timer = setTimeout(() => {
      beat();
      this.timer = setInterval(beat, everyMs);
    }, Math.random() * everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.stream?.cancel();
  }
}

/** A watch of one service; calls `onChange` with the id of every instance that it is told of after the beginning. */
export function watchService(
  client: Client,
  name: { namespace: string; service: string },
  onChange: (instance: string) => void,
): Promise<() => void> {
  const { path, request, response } = registryService.watch;
  const stream = client.makeServerStreamRequest(
    path,
    (value: object) => request.encode(value),
    (bytes: Buffer) => response.decode(bytes),
    { namespace: name.namespace, services: [name.service] },
  );
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', ({ event, snapshot, changes }: WatchRegistryResponse) => {
      if (event === 'snapshot' && snapshot?.more === false) resolve(() => stream.cancel());
      for (const { id } of changes?.updated ?? []) onChange(id);
      for (const { id } of changes?.removed ?? []) onChange(id);
    });
  });
}
