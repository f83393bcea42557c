/** The network between the members: delays, loses, reorders and repeats messages, is cut in one or both directions, breaks connections. */
import type { MemberId } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import { type Delivery, MemoryNetwork, type MemoryTransport } from '../../src/transport/memory.js';
import type { PeerMessage, Transport } from '../../src/transport/transport.js';
import type { Swarm } from './swarm.js';
import type { Scope, World } from './world.js';

/** A connection over which nothing has come for so long is broken, as keep-alives do it. */
const breaksAfterMs = 3_000;
/** Probability that a stream of an image breaks at a chunk, while there are faults. */
const imageBreaks = 0.1;

/** One direction between two members. */
class Link {
  cut = false;
  cutAt = 0;
  /** Cut: what is sent waits and comes late, as in the buffers of a connection; otherwise it is lost. */
  holds = false;
  slowMs = 0;
  /** Kinds of messages that never arrive. */
  lost: readonly PeerMessage['kind'][] = [];
  /** When the newest delivery that keeps its place arrives. */
  lastArrival = 0;
  held: Held[] = [];
  /** The run of the sender whose connection it is; what an earlier one sent may come after what a later one sends. */
  run: Scope | undefined;

  constructor(
    readonly from: MemberId,
    readonly to: MemberId,
  ) {}
}

interface Held {
  readonly run: Scope;
  readonly arrive: () => void;
}

export class SimNetwork {
  readonly memory = new MemoryNetwork((delivery) => this.carry(delivery));
  /** Messages are lost, repeated and overtaken. */
  faulty = true;
  /** Sees every message at the time at which it is sent. */
  onSent: (message: PeerMessage) => void = () => {};
  /** Sees every message that is about to be handed over. */
  onArrives: (message: PeerMessage) => void = () => {};
  /** After how many milliseconds a message comes once more; undefined: it does not. */
  comesAgain: (delivery: Delivery) => number | undefined = () => undefined;
  private readonly links = new Map<number, Link>();
  private readonly numbers = new Map<MemberId, number>();
  private readonly random: Random;

  constructor(
    private readonly world: World,
    private readonly swarm: Swarm,
    private readonly scopeOf: (member: MemberId) => Scope,
  ) {
    this.random = world.random('network');
  }

  /** Cuts the way from one member to another. */
  cut(from: MemberId, to: MemberId): void {
    const link = this.link(from, to);
    if (link.cut) return;
    link.cut = true;
    link.cutAt = this.world.now;
    link.holds = this.random() < 0.5;
    this.world.after(breaksAfterMs * (0.5 + this.random()), this.world.always, () => {
      if (link.cut && this.world.now - link.cutAt >= breaksAfterMs / 2) this.reset(from, to);
    });
  }

  heal(from: MemberId, to: MemberId): void {
    const link = this.link(from, to);
    link.cut = false;
    for (const { run, arrive } of link.held.splice(0))
      if (run === this.scopeOf(from)) this.inOrder(link, this.latency(link), to, arrive);
      else this.world.after(this.late(), this.scopeOf(to), arrive);
  }

  slow(from: MemberId, to: MemberId, milliseconds: number): void {
    this.link(from, to).slowMs = milliseconds;
  }

  /** Only messages of other kinds arrive from now on. */
  lose(from: MemberId, to: MemberId, kinds: readonly PeerMessage['kind'][]): void {
    this.link(from, to).lost = kinds;
  }

  /** Breaks the connections between two members; what is under way is lost. */
  reset(a: MemberId, b: MemberId): void {
    this.world.trace.note('connections break', a, b);
    this.memory.reset(a, b);
  }

  healAll(): void {
    this.faulty = false;
    for (const link of this.links.values()) {
      link.slowMs = 0;
      link.lost = [];
      this.heal(link.from, link.to);
    }
  }

  isCut(from: MemberId, to: MemberId): boolean {
    return this.link(from, to).cut;
  }

  /** A transport whose images come over the same network as all else. */
  over(transport: MemoryTransport): Transport {
    return {
      start: (handlers) => transport.start(handlers),
      send: (message) => {
        this.onSent(message);
        transport.send(message);
      },
      setPeers: (peers, removed) => transport.setPeers(peers, removed),
      isConnected: (peer) => transport.isConnected(peer),
      stop: () => transport.stop(),
      sendSnapshot: (to, term, meta, chunks, sha256) =>
        transport.sendSnapshot(to, term, meta, this.slowly(transport.self, to, chunks), sha256),
    };
  }

  private async *slowly(from: MemberId, to: MemberId, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const link = this.link(from, to);
    const [sender, receiver] = [this.scopeOf(from), this.scopeOf(to)];
    const reader = chunks[Symbol.asyncIterator]();
    for (;;) {
      let chunk: IteratorResult<Uint8Array> | undefined;
      let failed = false;
      reader.next().then(
        (next) => {
          chunk = next;
        },
        () => {
          failed = true;
        },
      );
      do {
        await this.world.sleep(this.latency(link), receiver);
        const broken = link.cut || !sender.alive || (chunk && this.faulty && this.random() < imageBreaks);
        if (failed || broken) throw new Error('the stream broke');
      } while (!chunk);
      if (chunk.done) return;
      yield chunk.value;
    }
  }

  private carry(delivery: Delivery): void {
    const { from, to, what } = delivery;
    const { world, swarm, random } = this;
    const link = this.link(from, to);
    const arrive = (): void => {
      world.trace.note(delivery.message?.kind ?? what, to, from);
      if (delivery.message) this.onArrives(delivery.message);
      delivery.run();
    };
    if (link.run !== this.scopeOf(from)) {
      link.run = this.scopeOf(from);
      link.lastArrival = 0;
    }
    if (delivery.message && link.lost.includes(delivery.message.kind)) return;
    const again = this.comesAgain(delivery);
    if (again !== undefined) world.after(again, this.scopeOf(to), arrive);
    // A member learns of a broken connection from itself.
    if (link.cut && what !== 'disconnected') {
      if (what !== 'message' || link.holds) link.held.push({ run: this.scopeOf(from), arrive });
      return;
    }
    if (what !== 'message') {
      const silent = what === 'disconnected' && this.faulty && random() < 0.3;
      this.inOrder(link, silent ? breaksAfterMs * random() : this.latency(link), to, arrive);
      return;
    }
    if (this.faulty) {
      if (random() < swarm.loss) return;
      if (random() < swarm.repeats) world.after(this.latency(link) * 5, this.scopeOf(to), arrive);
      if (random() < swarm.overtaking) {
        world.after(random() < 0.1 ? this.late() : this.latency(link) * 3, this.scopeOf(to), arrive);
        return;
      }
    }
    this.inOrder(link, this.latency(link), to, arrive);
  }

  private inOrder(link: Link, delay: number, to: MemberId, arrive: () => void): void {
    const arrival = Math.max(this.world.now + delay, link.lastArrival);
    link.lastArrival = arrival;
    this.world.after(arrival - this.world.now, this.scopeOf(to), arrive);
  }

  /** For what hangs about in buffers of connections that are no more. */
  private late(): number {
    return this.random() * 2_000;
  }

  private latency(link: Link): number {
    return link.slowMs * this.random() + this.swarm.latencyMs * (0.5 + this.random());
  }

  private link(from: MemberId, to: MemberId): Link {
    const key = this.number(from) * 1_000 + this.number(to);
    let link = this.links.get(key);
    if (!link) {
      link = new Link(from, to);
      this.links.set(key, link);
    }
    return link;
  }

  /** Ids are of 48 bits. */
  private number(member: MemberId): number {
    let number = this.numbers.get(member);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(member, number);
    }
    return number;
  }
}
