/** Reads etcd's messages: 64-bit numbers as decimal texts, since lease ids use all 64 bits. */
import protobuf from 'protobufjs';
import { DecodeError } from './schema.js';

export class DecimalReader extends protobuf.BufferReader {
  private varint(signed: boolean): string {
    let result = 0;
    let scale = 1;
    const start = this.pos;
    for (let i = 0; i < 7; i++) {
      const byte = this.next();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return String(result);
      scale *= 128;
    }
    this.pos = start;
    return this.longVarint(signed);
  }

  private longVarint(signed: boolean): string {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.next();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return String(signed ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result));
    }
    throw new DecodeError('a number has more than ten bytes');
  }

  private next(): number {
    if (this.pos >= this.len) throw new DecodeError('a number is cut off');
    return this.buf[this.pos++] as number;
  }

  // protobufjs declares Long as the result; the generated types (made with --longs=String) say string.
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
}
