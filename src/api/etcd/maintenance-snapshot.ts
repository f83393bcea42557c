/**
 * Snapshots as etcd's clients save them. They check that a file ends with the SHA-256 of what is before it, and that it has 32 bytes over a multiple of
 * 512; the rest is ours:
 *
 *     image | zeros | "quorate1" | length of the image, 8 bytes, big-endian | SHA-256 of all before, 32 bytes
 */
import { createHash } from 'node:crypto';
import { SnapshotResponse } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import { ImageSender } from '../image-sender.js';
import type { MessageStream, Running } from '../message-stream.js';

const MAGIC = Buffer.from('quorate1');
const LENGTH_BYTES = 8;
const HASH_BYTES = 32;
const PAGE_BYTES = 512;

/** Streams the member's image, chunk by chunk as the caller reads them. `fail` gets what went wrong. */
export function streamEtcdSnapshot(replica: Replica, stream: MessageStream, fail: (thrown: unknown) => void): Running {
  return new EtcdSnapshotSender(replica, stream).start(fail);
}

class EtcdSnapshotSender extends ImageSender {
  private readonly hash = createHash('sha256');
  private diskBytes = 0;
  private sent = 0;

  protected async onOpen(): Promise<void> {
    this.diskBytes = await this.replica.diskBytes();
  }

  protected chunkMessage(chunk: Uint8Array): Buffer {
    this.hash.update(chunk);
    this.sent += chunk.byteLength;
    // How long an image is shows at its end; what is on disk is near. Only the last message may say that nothing remains: some clients stop there.
    const remaining = Math.max(0, this.diskBytes - this.sent) + HASH_BYTES;
    return SnapshotResponse.encode({ remaining_bytes: remaining, blob: chunk });
  }

  protected async lastMessages(): Promise<readonly Buffer[]> {
    const footer = footerOf(this.sent);
    const sha256 = this.hash.update(footer).digest();
    return [
      SnapshotResponse.encode({ remaining_bytes: HASH_BYTES, blob: footer }),
      SnapshotResponse.encode({ blob: sha256 }),
    ];
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
