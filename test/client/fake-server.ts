/** Members that do what a test says: answer, refuse, hang, cut a stream in the middle, die and come back on the same port. */
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { type Code, type Reason, reasons } from '../../src/base/errors.js';
import { connectWith, type QuorateClient } from '../../src/client/client.js';
import type { ConnectOptions, Tuning } from '../../src/client/options.js';
import { type KeepAliveRequest, type KeepAliveResponseIn, registryService } from '../../src/proto/quorate.js';
import { ErrorInfo, Status } from '../../src/proto/rpc.js';
import type { Method } from '../../src/proto/schema.js';

/** One unary call that a fake member got. */
export interface FakeCall<Res extends object> {
  answer(response: Res): void;
  refuse(reason: Reason | string, code?: Code, metadata?: Record<string, string>): void;
  /** Fails like a transport does: a code without details. */
  fail(code: number, text: string): void;
  readonly cancelled: boolean;
  /** Time that the caller gives, milliseconds. */
  readonly timeLeftMs: number;
}

/** One server stream that a fake member serves. */
export interface FakeStream<Res extends object> {
  send(response: Res): void;
  /** The caller reads fast enough. */
  readonly ready: boolean;
  end(): void;
  refuse(reason: Reason | string): void;
  /** Breaks off as a lost connection does. */
  cut(): void;
  readonly cancelled: boolean;
}

export type FakeKeepAlive = ServerDuplexStream<KeepAliveRequest, KeepAliveResponseIn>;

export class FakeMember {
  private server: Server | undefined;
  private port = 0;
  private readonly registrations: ((server: Server) => void)[] = [];
  /** Handlers by path; the newest counts. */
  private readonly handlers = new Map<string, unknown>();

  static async start(): Promise<FakeMember> {
    const member = new FakeMember();
    await member.listen();
    return member;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** (Re)starts on the port it had. */
  async listen(): Promise<void> {
    const server = new Server();
    for (const register of this.registrations) register(server);
    this.server = server;
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(port);
      });
    });
  }

  /** Ends all connections and refuses new ones. */
  kill(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  onUnary<Req extends object, Res extends object>(
    method: Method<object, Req, Res, object>,
    handler: (request: Req, call: FakeCall<Res>) => void,
  ): void {
    this.serve(method.path, handler, (server) => {
      server.register<Req, Res>(
        method.path,
        (call: ServerUnaryCall<Req, Res>, done: sendUnaryData<Res>) => {
          const current = this.handlers.get(method.path) as typeof handler;
          current(call.request, {
            answer: (response) => done(null, response),
            refuse: (reason, code, metadata) => done(refusal(reason, code, metadata)),
            fail: (code, details) => done({ code, details }),
            get cancelled() {
              return call.cancelled;
            },
            timeLeftMs: Number(call.getDeadline()) - Date.now(),
          });
        },
        method.response.encode,
        method.request.decode,
        'unary',
      );
    });
  }

  onStream<Req extends object, Res extends object>(
    method: Method<object, Req, Res, object>,
    handler: (request: Req, stream: FakeStream<Res>) => void,
  ): void {
    this.serve(method.path, handler, (server) => {
      server.register<Req, Res>(
        method.path,
        (call: ServerWritableStream<Req, Res>) => {
          const current = this.handlers.get(method.path) as typeof handler;
          call.on('error', () => {});
          current(call.request, {
            send: (response) => void call.write(response),
            get ready() {
              return !call.writableNeedDrain;
            },
            end: () => call.end(),
            refuse: (reason) => call.emit('error', refusal(reason)),
            cut: () => call.emit('error', { code: 14, details: 'cut' }),
            get cancelled() {
              return call.cancelled;
            },
          });
        },
        method.response.encode,
        method.request.decode,
        'serverStream',
      );
    });
  }

  onKeepAlive(handler: (request: KeepAliveRequest, stream: FakeKeepAlive) => void): void {
    const method = registryService.keepAlive;
    this.serve(method.path, handler, (server) => {
      server.register<KeepAliveRequest, KeepAliveResponseIn>(
        method.path,
        (stream: FakeKeepAlive) => {
          stream.on('error', () => {});
          stream.on('end', () => stream.end());
          stream.on('data', (request: KeepAliveRequest) => {
            const current = this.handlers.get(method.path) as typeof handler;
            current(request, stream);
          });
        },
        method.response.encode,
        method.request.decode,
        'bidi',
      );
    });
  }

  private serve(path: string, handler: unknown, register: (server: Server) => void): void {
    const known = this.handlers.has(path);
    this.handlers.set(path, handler);
    if (known) return;
    this.registrations.push(register);
    if (this.server) register(this.server);
  }
}

function refusal(reason: string, code = reasons[reason as Reason] as number, metadata: Record<string, string> = {}) {
  const info = ErrorInfo.encode({ reason, domain: 'quorate', metadata });
  const details = Status.encode({
    code,
    message: reason,
    details: [{ type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }],
  });
  const trailer = new Metadata();
  trailer.set('grpc-status-details-bin', details);
  return { code, details: `refused: ${reason}`, metadata: trailer };
}

/** Short pauses. What is done when nobody answers is off: a slow machine must not look like a hung member. */
export const fastTuning: Partial<Tuning> = {
  hedgeAfterMs: 60_000,
  sweepMs: 5,
  backoffStartMs: 1,
  backoffCapMs: 10,
  watchQuietMs: 60_000,
  leaderContactLimitMs: 5_000,
  aheadLimitMs: 60,
  keepAliveAnswerMs: 60_000,
  closeMs: 500,
  reconnectStartMs: 5,
  reconnectCapMs: 20,
};

/** Some fake members and clients of them; stop() ends all of it. */
export class FakeCluster {
  readonly members: FakeMember[] = [];
  private readonly clients: QuorateClient[] = [];

  static async start(size: number): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    for (let i = 0; i < size; i++) cluster.members.push(await FakeMember.start());
    return cluster;
  }

  member(position: number): FakeMember {
    const member = this.members[position];
    if (!member) throw new RangeError(`no fake member ${position}`);
    return member;
  }

  /** A client that begins with member 0. */
  client(options: Partial<ConnectOptions> = {}, tuning: Partial<Tuning> = {}): QuorateClient {
    const endpoints = this.members.map((member) => member.address);
    const client = connectWith({ endpoints, random: beginFirst(), ...options }, { ...fastTuning, ...tuning });
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    for (const member of this.members) member.kill();
  }
}

/** Begins with member 0; pauses are half of their ceiling. */
function beginFirst(): () => number {
  let begun = false;
  return () => {
    if (begun) return 0.5;
    begun = true;
    return 0;
  };
}
