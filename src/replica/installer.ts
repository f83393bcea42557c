/** Puts an image that was received in the place of this member's state. */
import { assert } from '../base/assert.js';
import type { Term } from '../base/ids.js';
import type { Log } from '../base/log.js';
import { Machine } from '../machine/machine.js';
import type { HardState, SnapshotMeta } from '../raft/types.js';
import type { Store, StoredState } from '../storage/store.js';
import type { IncomingSnapshot } from '../transport/transport.js';
import { type ReceivedImage, receiveImage } from './snapshots.js';

/** An image that is coming in. */
class Receiving {
  readonly term: Term;
  /** The image, which fails when it is given up. */
  readonly snapshot: IncomingSnapshot;
  readonly over: Promise<void>;
  end: () => void = () => {};
  giveUp: () => void = () => {};

  constructor(snapshot: IncomingSnapshot) {
    this.term = snapshot.term;
    this.over = new Promise((resolve) => {
      this.end = resolve;
    });
    const givenUp = new Promise<never>((_resolve, reject) => {
      this.giveUp = () => reject(new Error('a later leader sends another'));
    });
    givenUp.catch(() => undefined);
    this.snapshot = { ...snapshot, chunks: untilGivenUp(snapshot.chunks, givenUp), sha256: () => snapshot.sha256() };
  }
}

/** Does not wait for a chunk that may never come. */
async function* untilGivenUp(chunks: AsyncIterable<Uint8Array>, givenUp: Promise<never>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), givenUp]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it ends only when a chunk that is on its way has come.
    iterator.return?.().catch(() => undefined);
  }
}

export class Installer {
  private received: (ReceivedImage & { readonly installed: (done: boolean) => void }) | undefined;
  private receiving: Receiving | undefined;

  constructor(
    private readonly store: Store,
    private readonly cacheBytes: number,
    private readonly log: Log,
  ) {}

  /**
   * Receives an image; `offer` asks Raft whether it is wanted. Resolves when it is installed (true), or not wanted or not whole (false). The image of a
   * later leader takes the place of one that is still coming in: that one would not be wanted, and its sender may be cut off and never end it.
   */
  async receive(snapshot: IncomingSnapshot, offer: () => boolean): Promise<boolean> {
    const earlier = this.receiving;
    if (earlier && snapshot.term > earlier.term) {
      earlier.giveUp();
      await earlier.over;
    }
    if (this.receiving || this.received) return false;
    const receiving = new Receiving(snapshot);
    this.receiving = receiving;
    try {
      const image = await receiveImage(this.store, receiving.snapshot, this.log);
      if (!image) return false;
      const installed = new Promise<boolean>((resolve) => {
        this.received = { ...image, meta: snapshot.meta, installed: resolve };
      });
      this.receiving = undefined;
      if (offer()) return await installed;
      this.received = undefined;
      await image.staged.abort();
      return false;
    } finally {
      if (this.receiving === receiving) this.receiving = undefined;
      receiving.end();
    }
  }

  /** Raft wants the received image to be the state now. `idle` resolves when nothing is being written; call `done` when the old machine is not read any more. */
  async install(
    meta: SnapshotMeta,
    hardState: HardState,
    idle: Promise<void>,
  ): Promise<{ stored: StoredState; machine: Machine; done: () => Promise<void> }> {
    const image = this.received;
    assert(image && image.meta.index === meta.index, 'Raft installs the image that was received');
    await idle;
    const stored = await image.staged.commit(image.meta, image.sha256, hardState);
    const machine = await loadMachine(this.store, stored, this.cacheBytes);
    this.log.info({ index: meta.index, revision: machine.revision }, 'caught up by an image from the leader');
    return {
      stored,
      machine,
      done: () => {
        this.received = undefined;
        image.installed(true);
        return this.store.clearReplaced();
      },
    };
  }
}

/** The machine as the store has it. */
export async function loadMachine(store: Store, stored: StoredState, cacheBytes: number): Promise<Machine> {
  const machine = new Machine({ reader: store, cacheBytes });
  if (stored.machine) await store.loadMachine((record) => machine.load(record));
  machine.finishLoad(stored.machine);
  return machine;
}
