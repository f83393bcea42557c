/** What the readers of all messages have in common: they refuse what is cut off, where protobufjs would make something of it. */
import protobuf from 'protobufjs';
import { DecodeError } from './schema.js';

export abstract class CheckedReader extends protobuf.BufferReader {
  /** The next 64-bit number, whatever its length. Readers take the short ones, which are nearly all, by ways of their own. */
  protected longVarint(signed: boolean): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.nextByte();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return signed ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result);
    }
    throw new DecodeError('a number has more than ten bytes');
  }

  protected nextByte(): number {
    if (this.pos >= this.len) throw new DecodeError('a number is cut off');
    return this.buf[this.pos++] as number;
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
