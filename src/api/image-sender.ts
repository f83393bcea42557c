import type { Replica } from '../replica/types.js';
import type { Image } from '../storage/store.js';
import type { MessageStream, Running } from './message-stream.js';

/** Streams a member's image, chunk by chunk as the caller reads them; a door says what the messages are. */
export abstract class ImageSender implements Running {
  private cancelled = false;
  private resume: () => void = () => {};

  constructor(
    protected readonly replica: Replica,
    private readonly stream: MessageStream,
  ) {
    stream.onDrain(() => this.resume());
  }

  /** The image is open. */
  protected abstract onOpen(): Promise<void>;
  protected abstract chunkMessage(chunk: Uint8Array): Buffer;
  /** What follows the last chunk. */
  protected abstract lastMessages(image: Image): Promise<readonly Buffer[]>;

  /** `fail` gets what went wrong. */
  start(fail: (thrown: unknown) => void): this {
    void this.run().catch(fail);
    return this;
  }

  cancel(): void {
    this.cancelled = true;
    this.resume();
  }

  private async run(): Promise<void> {
    const image = await this.replica.openImage();
    try {
      await this.onOpen();
      for await (const chunk of image.chunks()) {
        if (this.cancelled) return;
        if (!this.stream.write(this.chunkMessage(chunk))) await this.room();
      }
      if (this.cancelled) return;
      for (const message of await this.lastMessages(image)) this.stream.write(message);
      this.stream.end();
    } finally {
      await image.close();
    }
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      this.resume = resolve;
      if (this.cancelled) resolve();
    });
  }
}
