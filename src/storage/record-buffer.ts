/** A reusable piece of memory in which one record after the other is laid out: key, value, checksum, side by side. */
import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.js';

/** A buffer that grew beyond this for one large record is given back afterwards. */
const KEEP_BYTES = 2 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;
export const CHECKSUM_BYTES = 4;

/**
 * Writes big-endian numbers, bytes and protobuf fields. The database copies what it is given, so one buffer serves all records: `key` and `value`
 * are views that are valid until the next start().
 */
export class RecordBuffer {
  private memory = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;
  private valueStart = 0;
  private covered = 0;

  /** Begins a record. The checksum covers the key from byte `covered` on. */
  start(covered: number): void {
    if (this.memory.length > KEEP_BYTES) this.memory = Buffer.allocUnsafe(FIRST_BYTES);
    this.length = 0;
    this.valueStart = 0;
    this.covered = covered;
  }

  /** What follows is the value. */
  startValue(): void {
    this.valueStart = this.length;
  }

  /** Ends the record with its checksum and returns it. */
  finish(): number {
    this.reserve(CHECKSUM_BYTES);
    const checksum = crc32(this.memory.subarray(this.covered, this.length));
    this.length = this.memory.writeUInt32BE(checksum, this.length);
    return checksum;
  }

  /** Ends a record that is only a key (a deletion) and returns its checksum, which is not stored. */
  finishKey(): number {
    this.startValue();
    return crc32(this.memory.subarray(this.covered, this.length));
  }

  get key(): Buffer {
    return this.memory.subarray(0, this.valueStart);
  }
  get value(): Buffer {
    return this.memory.subarray(this.valueStart, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.memory[this.length++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.memory.writeUInt32BE(value, this.length);
  }

  /** A safe integer as eight bytes, so that byte order is number order. */
  uint64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4_294_967_296);
    this.memory.writeUInt32BE(high, this.length);
    this.length = this.memory.writeUInt32BE(value - high * 4_294_967_296, this.length + 4);
  }

  text(value: string, encoding: 'latin1' | 'utf8'): void {
    this.reserve(encoding === 'latin1' ? value.length : value.length * 3);
    this.length += this.memory.write(value, this.length, encoding);
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.memory.set(value, this.length);
    this.length += value.length;
  }

  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 0x7f_ff_ff_ff) {
      this.memory[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.memory[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.memory[this.length++] = rest;
  }

  /** A protobuf number field below 16; like all of these left out when it has the default value. */
  numberField(field: number, value: number): void {
    if (value === 0) return;
    this.byte(field << 3);
    this.varint(value);
  }

  bytesField(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.byte((field << 3) | 2);
    this.varint(value.length);
    this.bytes(value);
  }

  /** A bytes field from a binary string, or a string field of ASCII. */
  latin1Field(field: number, value: string): void {
    if (value.length === 0) return;
    this.byte((field << 3) | 2);
    this.varint(value.length);
    this.text(value, 'latin1');
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.memory.length) return;
    assert(needed < 2 ** 31, 'a record is smaller than 2 GiB');
    const larger = Buffer.allocUnsafe(Math.max(needed, this.memory.length * 2));
    this.memory.copy(larger, 0, 0, this.length);
    this.memory = larger;
  }
}
