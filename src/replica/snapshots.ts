/** Images of the machine on their way to members that are behind the log, and from the leader to this one. */
import { createHash } from 'node:crypto';
import type { Index, MemberId } from '../base/ids.js';
import type { Log } from '../base/log.js';
import type { RaftStatus, SnapshotMeta } from '../raft/types.js';
import type { StagedImage, Store } from '../storage/store.js';
import type { IncomingSnapshot, Transport } from '../transport/transport.js';

/** An image that arrived whole and waits for Raft's word. */
export interface ReceivedImage {
  readonly meta: SnapshotMeta;
  readonly staged: StagedImage;
  readonly sha256: string;
}

export class SnapshotSender {
  private readonly sending = new Map<MemberId, Index>();

  constructor(
    private readonly store: Store,
    private readonly transport: Transport,
    private readonly log: Log,
  ) {}

  /** The log must be kept from here on while images are under way. */
  get oldestIndex(): Index | undefined {
    let oldest: Index | undefined;
    for (const at of this.sending.values()) if (oldest === undefined || at < oldest) oldest = at;
    return oldest;
  }

  /** Streams one image; `done` tells Raft how it went. Never rejects. */
  async send(
    to: MemberId,
    { term, membership }: RaftStatus,
    done: (ok: boolean, meta: SnapshotMeta) => void,
  ): Promise<void> {
    let meta: SnapshotMeta = { index: 0 as Index, term, membership };
    let ok = false;
    try {
      const image = await this.store.openImage();
      meta = image.start;
      this.sending.set(to, meta.index);
      this.log.info({ to, index: meta.index }, 'sending an image to a member that is behind the log');
      try {
        ok = await this.transport.sendSnapshot(to, term, meta, image.chunks(), () => image.hash());
      } finally {
        await image.close();
      }
    } catch (error) {
      this.log.warn({ to, error: String(error) }, 'sending an image failed; it will be tried again');
    }
    this.sending.delete(to);
    done(ok, meta);
  }
}

/**
 * Receives an image to the staging area and checks its hash. Undefined: it did not arrive whole or is damaged.
 * The caller commits or aborts what it returns.
 */
export async function receiveImage(
  store: Store,
  snapshot: IncomingSnapshot,
  log: Log,
): Promise<{ staged: StagedImage; sha256: string } | undefined> {
  const staged = await store.stageImage();
  try {
    const hash = createHash('sha256');
    for await (const chunk of snapshot.chunks) {
      hash.update(chunk);
      await staged.write(chunk);
    }
    const sha256 = hash.digest('hex');
    if (sha256 === snapshot.sha256()) return { staged, sha256 };
    log.warn({ from: snapshot.from }, 'an image arrived damaged; waiting for another');
  } catch (error) {
    log.warn({ from: snapshot.from, error: String(error) }, 'an image did not arrive whole; waiting for another');
  }
  await staged.abort();
  return undefined;
}
