/** The transport's twin without a network: messages are handed over as they are, when an injected scheduler says so. */
import { assert } from '../base/assert.js';
import type { MemberId, Term } from '../base/ids.js';
import type { SnapshotMeta } from '../raft/types.js';
import type { PeerAddress, PeerMessage, Transport, TransportHandlers } from './transport.js';

/** Something on its way. The scheduler calls `run` when it arrives: later, in another order, or never if it is lost. */
export interface Delivery {
  readonly from: MemberId;
  readonly to: MemberId;
  /** A message may be lost or overtaken. The others stand for what a connection does: they may be late but must come, in order. */
  readonly what: 'message' | 'connected' | 'disconnected' | 'removed' | 'snapshot' | 'snapshotAnswer';
  /** Of a 'message'. */
  readonly message: PeerMessage | undefined;
  run(): void;
}
export type Scheduler = (delivery: Delivery) => void;

export interface MemoryTransportOptions {
  readonly self: MemberId;
  readonly peers: readonly MemberId[];
  readonly founded: () => boolean;
}

/** Where the transports of one cluster meet. */
export class MemoryNetwork {
  private readonly running = new Map<MemberId, MemoryTransport>();

  /** @param schedule by default everything arrives soon, in order, and nothing is lost */
  constructor(readonly schedule: Scheduler = (delivery) => setImmediate(() => delivery.run())) {}

  create(options: MemoryTransportOptions): MemoryTransport {
    return new MemoryTransport(this, options);
  }

  /** The running transport of a member. */
  at(member: MemberId): MemoryTransport | undefined {
    return this.running.get(member);
  }

  /** Breaks the streams between two members in both directions, as a reset connection does; they connect again. */
  reset(a: MemberId, b: MemberId): void {
    const [one, other] = [this.running.get(a), this.running.get(b)];
    if (!one || !other) return;
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      from.lose(to, false);
      if (!from.tells(to) && (from.calls(to) || to.calls(from))) this.connect(from, to);
    }
  }

  /** @internal */
  join(transport: MemoryTransport): void {
    assert(!this.running.has(transport.self), 'a member runs once at a time');
    this.running.set(transport.self, transport);
    for (const other of this.running.values()) {
      if (other !== transport) this.introduce(transport, other);
    }
  }

  /** @internal One knows the other, and tries to connect. */
  acquaint(a: MemoryTransport, id: MemberId): void {
    const b = this.running.get(id);
    if (b && this.running.get(a.self) === a) this.introduce(a, b);
  }

  private introduce(a: MemoryTransport, b: MemoryTransport): void {
    if (b.tells(a) || !(a.calls(b) || b.calls(a))) return;
    a.meet(b.self);
    b.meet(a.self);
    this.connect(a, b);
    this.connect(b, a);
  }

  /** @internal */
  leave(transport: MemoryTransport): void {
    this.running.delete(transport.self);
    for (const other of this.running.values()) other.lose(transport, true);
  }

  /** @internal Schedules something that arrives at `to` unless it has stopped by then. */
  deliver(
    from: MemberId,
    to: MemoryTransport,
    what: Delivery['what'],
    arrive: () => void,
    message?: PeerMessage,
  ): void {
    const run = () => {
      if (this.running.get(to.self) === to) arrive();
    };
    this.schedule({ from, to: to.self, what, message, run });
  }

  private connect(from: MemoryTransport, to: MemoryTransport): void {
    this.deliver(to.self, from, 'connected', () => {
      if (this.running.get(to.self) === to) from.open(to);
    });
  }
}

export class MemoryTransport implements Transport {
  private handlers: TransportHandlers | undefined;
  /** Open streams to peers. A peer that starts again is another transport, and a reset stream another stream. */
  private readonly streams = new Map<MemberId, { readonly to: MemoryTransport }>();
  private readonly leaving = new AbortController();
  private readonly peers: Set<MemberId>;
  private readonly removed = new Set<MemberId>();
  /** Peers that called and that setPeers has not named yet. */
  private readonly guests = new Set<MemberId>();

  /** Use MemoryNetwork.create. */
  constructor(
    private readonly network: MemoryNetwork,
    private readonly options: MemoryTransportOptions,
  ) {
    this.peers = new Set(options.peers);
  }

  get self(): MemberId {
    return this.options.self;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    assert(!this.handlers, 'a transport is started once');
    this.handlers = handlers;
    this.network.join(this);
  }

  send(message: PeerMessage): void {
    const stream = this.streams.get(message.to);
    if (!stream) return;
    const { to } = stream;
    const arrive = () => {
      // What was under way on a stream that broke is lost.
      if (this.streams.get(message.to) === stream || this.stopped) to.handlers?.onMessage(message);
    };
    this.network.deliver(this.self, to, 'message', arrive, message);
  }

  async sendSnapshot(
    to: MemberId,
    term: Term,
    meta: SnapshotMeta,
    chunks: AsyncIterable<Uint8Array>,
    sha256: () => Promise<string>,
  ): Promise<boolean> {
    const receiver = this.streams.get(to)?.to;
    // A stopped peer that this side has not missed yet takes nothing.
    if (!receiver || this.stopped || receiver.stopped) return false;
    const ended = new AbortController();
    const gone = ended.signal;
    const end = () => ended.abort();
    const ends = [this.leaving.signal, receiver.leaving.signal];
    if (ends.some(({ aborted }) => aborted)) end();
    // Not AbortSignal.any: while somebody listens to such a signal it is never collected, and with it the whole network.
    for (const leaving of ends) leaving.addEventListener('abort', end);
    let failure: { readonly error: unknown } | undefined;
    let hash: string | undefined;
    async function* arriving(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of chunks) {
          gone.throwIfAborted();
          yield chunk;
        }
        hash = await sha256();
      } catch (error) {
        if (!gone.aborted) failure = { error };
        throw error;
      }
      gone.throwIfAborted();
    }
    const snapshot = {
      from: this.self,
      term,
      meta,
      chunks: arriving(),
      sha256() {
        assert(hash !== undefined, 'the hash of an image is asked for after its last chunk');
        return hash;
      },
    };
    const installed = await new Promise<boolean>((resolve) => {
      gone.addEventListener('abort', () => resolve(false), { once: true });
      this.network.deliver(this.self, receiver, 'snapshot', () => {
        const answer = (value: boolean) => this.network.deliver(to, this, 'snapshotAnswer', () => resolve(value));
        void receiver.receive(snapshot).then(answer, () => answer(false));
      });
    });
    for (const leaving of ends) leaving.removeEventListener('abort', end);
    if (failure) throw failure.error;
    return installed;
  }

  setPeers(peers: readonly PeerAddress[], removed: readonly MemberId[]): void {
    const before = [...this.peers];
    for (const id of removed) {
      if (this.removed.has(id)) continue;
      this.removed.add(id);
      const other = this.network.at(id);
      // It would try to connect again and again.
      if (other?.knows(this.self) && !before.includes(id)) this.tells(other);
    }
    this.peers.clear();
    for (const { id } of peers) {
      this.guests.delete(id);
      if (!this.removed.has(id)) this.peers.add(id);
    }
    for (const id of this.guests)
      if (this.removed.has(id)) this.guests.delete(id);
      else this.peers.add(id);
    for (const id of before) {
      const other = this.network.at(id);
      if (this.peers.has(id) || !other) continue;
      this.lose(other, false);
      other.lose(this, false);
      // The other calls again.
      if (!this.tells(other)) this.network.acquaint(other, this.self);
    }
    for (const id of this.peers) {
      const called = before.includes(id) && (this.streams.has(id) || this.network.at(id)?.knows(this.self));
      if (!called) this.network.acquaint(this, id);
    }
  }

  isConnected(peer: MemberId): boolean {
    return this.streams.has(peer);
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.leaving.abort();
    this.streams.clear();
    if (this.network.at(this.self) === this) this.network.leave(this);
  }

  /** @internal */
  knows(member: MemberId): boolean {
    return this.peers.has(member);
  }

  /** @internal Whether it connects to the other, and that one lets it. */
  calls(other: MemoryTransport): boolean {
    if (!this.peers.has(other.self)) return false;
    return other.peers.has(this.self) || (this.options.founded() && !other.removed.has(this.self));
  }

  /** @internal */
  meet(member: MemberId): void {
    if (this.peers.has(member)) return;
    this.peers.add(member);
    this.guests.add(member);
  }

  /** @internal Tells a member that was removed of it. Returns whether it was. */
  tells(other: MemoryTransport): boolean {
    if (!this.removed.has(other.self)) return false;
    this.network.deliver(this.self, other, 'removed', () => other.handlers?.onRemoved?.());
    return true;
  }

  /** @internal Our stream to a peer is accepted. */
  open(to: MemoryTransport): void {
    this.streams.set(to.self, { to });
    this.handlers?.onConnected(to.self, to.options.founded());
  }

  /** @internal Our stream to a peer breaks. */
  lose(to: MemoryTransport, refused: boolean): void {
    const stream = this.streams.get(to.self);
    if (stream?.to !== to) return;
    this.network.deliver(to.self, this, 'disconnected', () => {
      if (this.streams.get(to.self) !== stream) return;
      this.streams.delete(to.self);
      this.handlers?.onDisconnected(to.self, refused);
    });
  }

  private get stopped(): boolean {
    return this.leaving.signal.aborted;
  }

  private receive(snapshot: Parameters<TransportHandlers['onSnapshot']>[0]): Promise<boolean> {
    return this.handlers?.onSnapshot(snapshot) ?? Promise.resolve(false);
  }
}
