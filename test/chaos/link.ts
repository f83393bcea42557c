/** The way from one member to the peer port of another, through a TCP proxy that can be shut, slowed and cut. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The member that connects, and the one that listens. */
export type Side = 'caller' | 'listener';

interface Pipe {
  readonly caller: Socket;
  readonly listener: Socket;
}

/** Bytes held back in one direction before the sender is no longer read. */
const heldLimit = 1 << 20;

export class Link {
  private server: Server | undefined;
  private readonly pipes = new Set<Pipe>();
  /** Directions in which nothing passes, by sender: bytes wait, as they do in a network that loses every packet. */
  private readonly shut = new Set<Side>();
  /** Called when a direction opens. */
  private readonly waiting = new Set<() => void>();
  private delayMs = 0;
  private jitterMs = 0;

  /** @param port to listen on; 0: any */
  constructor(
    private readonly target: number,
    private port = 0,
  ) {}

  /** Begins to listen, on the same port as before. */
  async open(): Promise<number> {
    if (this.server) return this.port;
    const server = createServer((caller) => this.onConnection(caller));
    this.server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.port = address.port;
    return this.port;
  }

  /** From now on connections are refused, as by a host whose process is gone. */
  close(): void {
    this.server?.close();
    this.server = undefined;
    this.cut();
  }

  /** Ends all connections. */
  cut(): void {
    for (const { caller, listener } of this.pipes) {
      caller.destroy();
      listener.destroy();
    }
    this.pipes.clear();
  }

  block(sender: Side): void {
    this.shut.add(sender);
  }

  get isBlocked(): boolean {
    return this.shut.size > 0;
  }

  /** Lets what waited pass. */
  unblock(): void {
    this.shut.clear();
    for (const pass of [...this.waiting]) pass();
  }

  /** Every chunk takes so long, and up to so much longer, in the same order. */
  slow(delayMs: number, jitterMs: number): void {
    this.delayMs = delayMs;
    this.jitterMs = jitterMs;
  }

  private onConnection(caller: Socket): void {
    const listener = connect(this.target, '127.0.0.1');
    const pipe = { caller, listener };
    this.pipes.add(pipe);
    const end = () => {
      caller.destroy();
      listener.destroy();
      this.pipes.delete(pipe);
    };
    for (const socket of [caller, listener]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    this.carry('caller', caller, listener);
    this.carry('listener', listener, caller);
  }

  private carry(sender: Side, from: Socket, to: Socket): void {
    let held: { readonly chunk: Buffer; readonly at: number }[] = [];
    let heldBytes = 0;
    let last = 0;
    let timer: NodeJS.Timeout | undefined;
    const pass = () => {
      clearTimeout(timer);
      timer = undefined;
      if (this.shut.has(sender) || to.destroyed) return;
      const now = performance.now();
      const due = held.filter(({ at }) => at <= now);
      held = held.slice(due.length);
      for (const { chunk } of due) {
        heldBytes -= chunk.length;
        to.write(chunk);
      }
      if (heldBytes < heldLimit && from.isPaused()) from.resume();
      const [next] = held;
      if (next) timer = setTimeout(pass, next.at - now);
    };
    from.on('data', (chunk: Buffer) => {
      if (held.length === 0 && this.delayMs === 0 && !this.shut.has(sender)) {
        to.write(chunk);
        return;
      }
      last = Math.max(last, performance.now() + this.delayMs + Math.random() * this.jitterMs);
      held.push({ chunk, at: last });
      heldBytes += chunk.length;
      if (heldBytes >= heldLimit) from.pause();
      timer ??= setTimeout(pass, last - performance.now());
    });
    this.waiting.add(pass);
    from.on('close', () => {
      clearTimeout(timer);
      this.waiting.delete(pass);
    });
  }
}
