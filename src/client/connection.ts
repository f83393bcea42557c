/** What config, registry and cluster calls share: the members, request ids, and everything that ends when the client is closed. */
import { randomBytes } from 'node:crypto';
import { silentLog } from '../base/log.js';
import { clusterService, type ListMembersResponse } from '../proto/quorate.js';
import { type Endpoint, parseEndpoints } from './endpoint.js';
import { cancelled } from './errors.js';
import { type CallOptions, type ConnectOptions, defaultTuning, type Tuning } from './options.js';
import { type Answer, Ring } from './ring.js';
import { type Procedure, UnaryCall } from './unary-call.js';
import { WaitingCalls } from './waiting.js';

/** Something that lives until the client is closed, such as a watch. */
export interface Closable {
  close(): void;
}

const noOptions: CallOptions = {};

const listMembers = {
  method: clusterService.listMembers,
  convert: ({ header, members }: ListMembersResponse) => ({
    // One that was never started has none.
    addresses: members.map(({ clientAddress }) => clientAddress).filter((address) => address !== ''),
    hash: header?.membersHash ?? 0,
  }),
};

export class Connection {
  readonly ring: Ring;
  /** Time for one call unless it says otherwise. */
  readonly timeoutMs: number;
  private readonly waiting: WaitingCalls;
  private readonly adopted = new Set<Closable>();
  private readonly requestPrefix = `${randomBytes(9).toString('base64url')}-`;
  private requests = 0;
  private isClosed = false;
  private asking = false;
  /** Not before this; performance.now() milliseconds. */
  private askMembersAt = 0;

  /** @throws QuorateError INVALID_FIELD for endpoints that are none */
  constructor(options: ConnectOptions, tuning: Partial<Tuning> = {}) {
    const fullTuning = { ...defaultTuning, ...tuning };
    const log = options.log ?? silentLog;
    const addresses = parseEndpoints(options.endpoints);
    this.ring = new Ring(addresses, fullTuning, log, options.random ?? Math.random, () => this.askMembers());
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.waiting = new WaitingCalls(fullTuning.sweepMs);
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** A new id for a mutation: the members apply it once however often it is sent. */
  nextRequestId(): string {
    this.requests++;
    return this.requestPrefix + this.requests.toString(36);
  }

  /**
   * Calls a unary method, on as many members as it takes.
   * @param request holds the request id if the method is a mutation
   * @param only ask this endpoint alone, once
   */
  unary<Req extends object, Res extends Answer, Result>(
    procedure: Procedure<Req, Res, Result>,
    request: Req,
    options: CallOptions = noOptions,
    only?: Endpoint,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(cancelled('the client is closed'));
        return;
      }
      const call = new UnaryCall(this.ring, this.waiting, procedure, resolve, reject);
      call.start(procedure.method.request.encode(request), options.timeoutMs ?? this.timeoutMs, options.signal, only);
    });
  }

  /** Members come and go: calls go to those that are there. In the background, and nobody hears of it when it fails: the next answer asks again. */
  private askMembers(): void {
    const now = performance.now();
    const { membersMs } = this.ring.tuning;
    if (this.isClosed || this.asking || now < this.askMembersAt || membersMs === Number.POSITIVE_INFINITY) return;
    this.asking = true;
    this.askMembersAt = now + membersMs;
    const learn = ({ addresses, hash }: ReturnType<typeof listMembers.convert>) => {
      this.asking = false;
      this.ring.learn(addresses, hash);
    };
    const giveUp = () => {
      this.asking = false;
    };
    new UnaryCall(this.ring, this.waiting, listMembers, learn, giveUp).start(
      listMembers.method.request.encode({}),
      this.timeoutMs,
      undefined,
      undefined,
    );
  }

  /** Takes in something that is to be closed with the client. False: the client is closed already. */
  adopt(closable: Closable): boolean {
    if (this.isClosed) return false;
    this.adopted.add(closable);
    return true;
  }

  release(closable: Closable): void {
    this.adopted.delete(closable);
  }

  /** Ends every call, stream, timer and channel. The promise is for last words that are on their way. */
  close(): Promise<unknown> | undefined {
    if (this.isClosed) return undefined;
    this.isClosed = true;
    for (const closable of [...this.adopted]) closable.close();
    this.adopted.clear();
    this.waiting.abortAll(cancelled('the client was closed'));
    return this.ring.close();
  }
}
