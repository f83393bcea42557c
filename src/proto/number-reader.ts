/** Reads the native messages: 64-bit numbers as numbers. */
import { CheckedReader } from './checked-reader.js';
import { DecodeError } from './schema.js';

/** Reads int64 fields as numbers and refuses those that a number cannot hold. */
export class NumberReader extends CheckedReader {
  private varint(signed: boolean): number {
    let result = 0;
    let scale = 1;
    const start = this.pos;
    for (let i = 0; i < 8; i++) {
      const byte = this.nextByte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return safe(result);
      scale *= 128;
    }
    this.pos = start;
    // Nine or ten bytes: a negative number, or one that is out of range.
    return safe(Number(this.longVarint(signed)));
  }

  // protobufjs declares Long as the result; the generated types (made with --longs=Number) say number.
  override int64(): never {
    return this.varint(true) as never;
  }
  override uint64(): never {
    return this.varint(false) as never;
  }
  override fixed64(): never {
    const low = this.fixed32();
    const high = this.fixed32();
    return safe(high * 4_294_967_296 + low) as never;
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new DecodeError('a 64-bit number is out of range');
  return value;
}
