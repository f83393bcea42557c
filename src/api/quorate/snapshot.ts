import { SnapshotResponse } from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import { headerOf } from '../header.js';
import type { MessageStream, Running } from '../message-stream.js';

/** Streams the member's image, chunk by chunk as the caller reads them, and its hash at the end. `fail` gets what went wrong. */
export function streamSnapshot(replica: Replica, stream: MessageStream, fail: (thrown: unknown) => void): Running {
  const sender = new SnapshotSender(replica, stream);
  void sender.run().catch(fail);
  return sender;
}

class SnapshotSender implements Running {
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
      const header = headerOf(this.replica, this.replica.machine.revision);
      for await (const chunk of image.chunks()) {
        if (this.cancelled) return;
        if (!this.stream.write(SnapshotResponse.encode({ header, chunk }))) await this.room();
      }
      if (this.cancelled) return;
      this.stream.write(SnapshotResponse.encode({ header, sha256: await image.hash() }));
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
