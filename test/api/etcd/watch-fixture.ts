/** The etcd door on a fake member with timing of the test's choice, and a client that speaks to it as any etcd client would. */
import { type AddressInfo, createServer } from 'node:net';
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { Door, stoppingError } from '../../../src/api/door.js';
import { etcdDialect } from '../../../src/api/etcd/dialect.js';
import { serveElection } from '../../../src/api/etcd/election.js';
import { serveKv } from '../../../src/api/etcd/kv.js';
import { LeaderRequired } from '../../../src/api/etcd/leader-required.js';
import { serveLease } from '../../../src/api/etcd/lease.js';
import { serveLock } from '../../../src/api/etcd/lock.js';
import { serveWatch, type WatchTiming } from '../../../src/api/etcd/watch.js';
import { HandlerTable } from '../../../src/api/handlers.js';
import { revision as revisionOf } from '../../../src/base/ids.js';
import { silentLog } from '../../../src/base/log.js';
import {
  type EventIn,
  kVService,
  leaseService,
  type WatchCreateRequestIn,
  type WatchRequestIn,
  type WatchResponse,
  watchService,
} from '../../../src/proto/etcd.js';
import type { Method } from '../../../src/proto/schema.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { until } from '../../support/until.js';

const bytes = (buffer: Buffer): Buffer => buffer;

export class EtcdDoor {
  private readonly client: Client;
  private readonly open = new Set<{ cancel(): void }>();

  private constructor(
    readonly replica: FakeReplica,
    private readonly server: Server,
    private readonly listener: ReturnType<typeof createServer>,
    private readonly door: Door,
  ) {
    const { port } = listener.address() as AddressInfo;
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': 64 << 20,
    });
  }

  static async start(timing?: Partial<WatchTiming>, replica = new FakeReplica()): Promise<EtcdDoor> {
    const server = new Server();
    const door = new Door(replica, '9.9.9', silentLog, () => {});
    const table = new LeaderRequired(new HandlerTable(server, door, etcdDialect), replica);
    serveKv(table);
    serveLease(table, replica);
    serveWatch(table, replica, { progressMs: 600_000, leaderLookMs: 1_000, ...timing });
    serveLock(table, replica);
    serveElection(table, replica);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const listener = createServer((socket) => injector.injectConnection(socket));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new EtcdDoor(replica, server, listener, door);
  }

  /** Rejects with a ServiceError. */
  call<Req extends object, Res extends object>(
    method: Method<Req, object, object, Res>,
    request: Req,
    options: CallOptions & { onStarted?: (cancel: () => void) => void } = {},
  ): Promise<Res> {
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        method.path,
        bytes,
        bytes,
        method.request.encode(request),
        new Metadata(),
        options,
        (error: ServiceError | null, response?: Buffer) => {
          if (error) reject(error);
          else resolve(method.response.decode(response ?? Buffer.alloc(0)));
        },
      );
      options.onStarted?.(() => call.cancel());
    });
  }

  /** "code text" of the call's failure. */
  async failure<Req extends object>(
    method: Method<Req, object, object, object>,
    request: Req,
    options: CallOptions = {},
  ): Promise<string> {
    try {
      await this.call(method, request, options);
    } catch (error) {
      return statusText(error as ServiceError);
    }
    throw new Error('the call did not fail');
  }

  async put(key: string, value: string | Buffer = '', lease = '0'): Promise<number> {
    const { header } = await this.call(kVService.put, { key: Buffer.from(key), value: Buffer.from(value), lease });
    return Number(header?.revision);
  }

  async delete(key: string, end = ''): Promise<number> {
    const range_end = Buffer.from(end);
    const { header } = await this.call(kVService.deleteRange, { key: Buffer.from(key), range_end });
    return Number(header?.revision);
  }

  /** The keys from here to the end, with their values. */
  async keys(): Promise<string[]> {
    const { kvs } = await this.call(kVService.range, { key: Buffer.of(0), range_end: Buffer.of(0) });
    return kvs.map(({ key, value }) => `${key}=${value}`);
  }

  async grant(id: string, ttl = '100'): Promise<void> {
    await this.call(leaseService.leaseGrant, { ID: id, TTL: ttl });
  }

  async revoke(id: string): Promise<void> {
    await this.call(leaseService.leaseRevoke, { ID: id });
  }

  /** @param metadata such as `hasleader` */
  watch(metadata: Readonly<Record<string, string>> = {}): WatchClient {
    const sent = new Metadata();
    for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
    const { path, request, response } = watchService.watch;
    const call = this.client.makeBidiStreamRequest(
      path,
      (value: WatchRequestIn) => request.encode(value),
      (buffer: Buffer) => response.decode(buffer),
      sent,
    );
    this.open.add(call);
    return new WatchClient(call);
  }

  stream<Req extends object, Res extends object>(
    { path, request, response }: Method<Req, object, object, Res>,
    message: Req,
  ): Received<Res> {
    const encode = (value: Req): Buffer => request.encode(value);
    const decode = (buffer: Buffer): Res => response.decode(buffer);
    const call = this.client.makeServerStreamRequest(path, encode, decode, message, new Metadata());
    this.open.add(call);
    return new Received(call);
  }

  /** The status of a stream that is sent bytes which are no message. */
  garbage(path: string): Promise<string> {
    const call = this.client.makeBidiStreamRequest(path, bytes, bytes, new Metadata());
    this.open.add(call);
    call.write(Buffer.of(0xff, 0xff, 0xff));
    return new Received(call).end();
  }

  /** Calls that the member has not answered yet. */
  get openCalls(): number {
    return this.door.open.size;
  }

  /** As a member that stops does. */
  stopStreams(): void {
    this.door.stopStreams(stoppingError());
  }

  async stop(): Promise<void> {
    for (const call of this.open) call.cancel();
    this.client.close();
    this.listener.close();
    this.server.forceShutdown();
    this.replica.hub.close();
  }
}

export function statusText({ code, details }: ServiceError): string {
  return `${code} ${details}`;
}

/** What a stream has said so far. */
export class Received<Message> {
  readonly messages: Message[] = [];
  /** "code text" of its end; "end" for one without an error. */
  ended: string | undefined;

  constructor(private readonly call: ClientReadableStream<Message>) {
    call.on('data', (message: Message) => this.messages.push(message));
    call.on('error', (error: ServiceError) => {
      this.ended = statusText(error);
    });
    call.on('end', () => {
      this.ended ??= 'end';
    });
  }

  /** The next messages, as many as asked for, in order. */
  async take(count: number): Promise<Message[]> {
    await until(`${count} messages are there`, () => this.messages.length >= count);
    return this.messages.splice(0, count);
  }

  end(): Promise<string> {
    return until('the stream has ended', () => this.ended);
  }

  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }

  cancel(): void {
    this.call.cancel();
  }
}

/** A text that stands for itself as key; ranges as "a..b", prefixes as "a*". */
function rangeOf(keys: string): { key: Buffer; range_end?: Buffer } {
  const [key = '', end] = keys.split('..');
  if (end !== undefined) return { key: Buffer.from(key), range_end: end === '' ? Buffer.of(0) : Buffer.from(end) };
  if (!key.endsWith('*')) return { key: Buffer.from(key) };
  const prefix = Buffer.from(key.slice(0, -1));
  const after = Buffer.from(prefix);
  after[after.length - 1] = (after.at(-1) ?? 0) + 1;
  return { key: prefix, range_end: after };
}

export class WatchClient extends Received<WatchResponse> {
  constructor(private readonly duplex: ClientDuplexStream<WatchRequestIn, WatchResponse>) {
    super(duplex);
  }

  send(request: WatchRequestIn): void {
    this.duplex.write(request);
  }

  create(keys: string, options: WatchCreateRequestIn = {}): void {
    this.send({ create_request: { ...rangeOf(keys), ...options } });
  }

  /** Creates a watch and takes the answer, which must be the next message. */
  async created(keys: string, options: WatchCreateRequestIn = {}): Promise<string> {
    this.create(keys, options);
    const [answer] = await this.take(1);
    if (!answer?.created || answer.canceled) throw new Error(`not created: ${short(answer)}`);
    return answer.watch_id;
  }

  requestProgress(): void {
    this.send({ progress_request: {} });
  }

  cancelWatch(id: string): void {
    this.send({ cancel_request: { watch_id: id } });
  }

  halfClose(): void {
    this.duplex.end();
  }

  /** The next messages in short. */
  async next(count: number): Promise<string[]> {
    return (await this.take(count)).map(short);
  }
}

/** Compacts at once; `revision` must not be in the future. */
export function compact(replica: FakeReplica, revision: number): void {
  const { result } = replica.apply({ kind: 'compact', revision: revisionOf(revision) });
  if (result.kind === 'error') throw new Error(result.message);
}

/** A message on one line: "0@5 a=1 -b", "1@7 created"; what stands in brackets is the version before. */
export function short(message: WatchResponse | undefined): string {
  if (!message) return 'nothing';
  const words = [`${message.watch_id}@${message.header?.revision ?? '?'}`];
  if (message.created) words.push('created');
  if (message.canceled) words.push('canceled');
  if (message.compact_revision !== '0') words.push(`compacted ${message.compact_revision}`);
  if (message.cancel_reason !== '') words.push(`"${message.cancel_reason}"`);
  if (message.fragment) words.push('fragment');
  for (const event of message.events) words.push(shortEvent(event));
  return words.join(' ');
}

function shortEvent({ type, kv, prev_kv }: EventIn): string {
  const before = prev_kv ? `[${prev_kv.value}]` : '';
  return type === 1 ? `-${kv?.key}${before}` : `${kv?.key}=${kv?.value}${before}`;
}
