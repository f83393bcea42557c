import { SnapshotResponse } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { MessageStream, Running } from '../message-stream.js';

/**
 * Streams the member's image (docs/data-layout.md) and after it, as the last message and where etcd's snapshots have theirs, the 32 bytes of its SHA-256.
 */
export function streamEtcdSnapshot(replica: Replica, stream: MessageStream, fail: (thrown: unknown) => void): Running {
  const sender = new EtcdSnapshotSender(replica, stream);
  void sender.run().catch(fail);
  return sender;
}

const HASH_BYTES = 32;

class EtcdSnapshotSender implements Running {
  private cancelled = false;
  private resume: () => void = () => {};

  constructor(
    private readonly replica: Replica,
    private readonly stream: MessageStream,
  ) {
    stream.onDrain(() => this.resume());
  }

  async run(): Promise<void> {
    const image = await this.replica.openImage();
    try {
      // How long an image is shows at its end: what is on disk is near. Only the last message says that nothing remains: clients stop there.
      let remaining = await this.replica.diskBytes();
      for await (const blob of image.chunks()) {
        if (this.cancelled) return;
        remaining = Math.max(0, remaining - blob.byteLength);
        if (!this.stream.write(SnapshotResponse.encode({ remaining_bytes: remaining + HASH_BYTES, blob })))
          await this.room();
      }
      if (this.cancelled) return;
      this.stream.write(SnapshotResponse.encode({ blob: Buffer.from(await image.hash(), 'hex') }));
      this.stream.end();
    } finally {
      await image.close();
    }
  }

  cancel(): void {
    this.cancelled = true;
    this.resume();
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      this.resume = resolve;
      if (this.cancelled) resolve();
    });
  }
}
