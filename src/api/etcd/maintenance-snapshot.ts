/**
 * Snapshots as etcd's clients save them. They check that a file ends with the SHA-256 of what is before it, and that it has 32 bytes over a multiple of
 * 512; the rest is ours:
 *
 *     image | zeros | "quorate1" | length of the image, 8 bytes, big-endian | SHA-256 of all before, 32 bytes
 */
import { createHash } from 'node:crypto';
import { SnapshotResponse } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { MessageStream, Running } from '../message-stream.js';

const MAGIC = Buffer.from('quorate1');
const LENGTH_BYTES = 8;
const HASH_BYTES = 32;
const PAGE_BYTES = 512;

/** Streams the member's image, chunk by chunk as the caller reads them. `fail` gets what went wrong. */
export function streamEtcdSnapshot(replica: Replica, stream: MessageStream, fail: (thrown: unknown) => void): Running {
  const sender = new EtcdSnapshotSender(replica, stream);
  void sender.run().catch(fail);
  return sender;
}

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
      const diskBytes = await this.replica.diskBytes();
      const hash = createHash('sha256');
      let sent = 0;
      for await (const chunk of image.chunks()) {
        if (this.cancelled) return;
        hash.update(chunk);
        sent += chunk.byteLength;
        // How long an image is shows at its end; what is on disk is near. Only the last message may say that nothing remains: some clients stop there.
        const remaining = Math.max(0, diskBytes - sent) + HASH_BYTES;
        if (!this.stream.write(SnapshotResponse.encode({ remaining_bytes: remaining, blob: chunk }))) await this.room();
      }
      if (this.cancelled) return;
      const footer = footerOf(sent);
      const sha256 = hash.update(footer).digest();
      this.stream.write(SnapshotResponse.encode({ remaining_bytes: HASH_BYTES, blob: footer }));
      this.stream.write(SnapshotResponse.encode({ blob: sha256 }));
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

/** What follows an image of this length, up to the hash. */
function footerOf(imageBytes: number): Buffer {
  const least = MAGIC.length + LENGTH_BYTES;
  const zeros = (PAGE_BYTES - ((imageBytes + least) % PAGE_BYTES)) % PAGE_BYTES;
  const footer = Buffer.alloc(zeros + least);
  MAGIC.copy(footer, zeros);
  footer.writeBigUInt64BE(BigInt(imageBytes), zeros + MAGIC.length);
  return footer;
}
