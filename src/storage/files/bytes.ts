/** Reads LevelDB's variable-length numbers and strings from a piece of memory. */
import { UnreadableFile } from './unreadable.js';

export class Bytes {
  private at = 0;

  constructor(private readonly data: Buffer) {}

  get ended(): boolean {
    return this.at >= this.data.length;
  }

  varint(): number {
    let result = 0;
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.data[this.at++];
      if (byte === undefined) break;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
    }
    throw new UnreadableFile('a number in it cannot be read');
  }

  skip(length: number): void {
    this.take(length);
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.data.length) throw new UnreadableFile('it is too short');
    const taken = this.data.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  text(): Buffer {
    return this.take(this.varint());
  }
}
