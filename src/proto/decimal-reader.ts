/** Reads etcd's messages: 64-bit numbers as decimal texts, since lease ids use all 64 bits. */
import { CheckedReader } from './checked-reader.js';

export class DecimalReader extends CheckedReader {
  private varint(signed: boolean): string {
    let result = 0;
    let scale = 1;
    const start = this.pos;
    for (let i = 0; i < 7; i++) {
      const byte = this.nextByte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return String(result);
      scale *= 128;
    }
    this.pos = start;
    return String(this.longVarint(signed));
  }

  // protobufjs declares Long as the result; the generated types (made with --longs=String) say string.
  override int64(): never {
    return this.varint(true) as never;
  }
  override uint64(): never {
    return this.varint(false) as never;
  }
}
