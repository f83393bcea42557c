/** Reads the native messages: 64-bit numbers as numbers. */
import protobuf from 'protobufjs';
import { DecodeError } from './schema.js';

/** Reads int64 fields as numbers and refuses those that a number cannot hold. */
export class NumberReader extends protobuf.BufferReader {
  private varint(signed: boolean): number {
    let result = 0;
    let scale = 1;
    const start = this.pos;
    for (let i = 0; i < 8; i++) {
      if (this.pos >= this.len) throw new DecodeError('a number is cut off');
      const byte = this.buf[this.pos++] as number;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return safe(result);
      scale *= 128;
    }
    this.pos = start;
    return this.longVarint(signed);
  }

  /** Nine or ten bytes: a negative number, or one that is out of range. */
  private longVarint(signed: boolean): number {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.pos >= this.len) throw new DecodeError('a number is cut off');
      const byte = this.buf[this.pos++] as number;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return safe(Number(signed ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result)));
    }
    throw new DecodeError('a number has more than ten bytes');
  }

  // protobufjs declares Long as the result; the generated types (made with --longs=Number) say number.
  override int64(): never {
    return this.varint(true) as never;
  }
  override uint64(): never {
    return this.varint(false) as never;
  }
  /** protobufjs would shorten a text that is cut off. */
  override string(): string {
    const start = this.pos;
    const length = this.uint32();
    if (this.pos + length > this.len) throw new DecodeError('a text is cut off');
    this.pos = start;
    return super.string();
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
