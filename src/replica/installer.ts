/** Puts an image that was received in the place of this member's state. */
import { assert } from '../base/assert.js';
import type { Log } from '../base/log.js';
import { Machine } from '../machine/machine.js';
import type { HardState, SnapshotMeta } from '../raft/types.js';
import type { Store, StoredState } from '../storage/store.js';
import type { IncomingSnapshot } from '../transport/transport.js';
import { type ReceivedImage, receiveImage } from './snapshots.js';

export class Installer {
  private received: (ReceivedImage & { readonly installed: (done: boolean) => void }) | undefined;
  private receiving = false;

  constructor(
    private readonly store: Store,
    private readonly cacheBytes: number,
    private readonly log: Log,
  ) {}

  /**
   * Receives an image; `offer` asks Raft whether it is wanted. Resolves when it is installed (true), or not wanted or not whole (false).
   */
  async receive(snapshot: IncomingSnapshot, offer: () => boolean): Promise<boolean> {
    if (this.receiving || this.received) return false;
    this.receiving = true;
    try {
      const image = await receiveImage(this.store, snapshot, this.log);
      if (!image) return false;
      const installed = new Promise<boolean>((resolve) => {
        this.received = { ...image, meta: snapshot.meta, installed: resolve };
      });
      if (offer()) return await installed;
      this.received = undefined;
      await image.staged.abort();
      return false;
    } finally {
      this.receiving = false;
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
