import { type ResponseHeaderIn, SnapshotResponse } from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { Image } from '../../storage/store.js';
import { headerOf } from '../header.js';
import { ImageSender } from '../image-sender.js';
import type { MessageStream, Running } from '../message-stream.js';

/** Streams the member's image, chunk by chunk as the caller reads them, and its hash at the end. `fail` gets what went wrong. */
export function streamSnapshot(replica: Replica, stream: MessageStream, fail: (thrown: unknown) => void): Running {
  return new SnapshotSender(replica, stream).start(fail);
}

class SnapshotSender extends ImageSender {
  private header: ResponseHeaderIn | undefined;

  protected async onOpen(): Promise<void> {
    this.header = headerOf(this.replica, this.replica.machine.revision);
  }

  protected chunkMessage(chunk: Uint8Array): Buffer {
    return SnapshotResponse.encode({ header: this.header, chunk });
  }

  protected async lastMessages(image: Image): Promise<readonly Buffer[]> {
    return [SnapshotResponse.encode({ header: this.header, sha256: await image.hash() })];
  }
}
