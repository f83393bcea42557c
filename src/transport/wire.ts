/**
 * Protobuf's wire format for the few shapes of the peer protocol: numbers from 0 to 2^53 - 1 and bytes. Written by hand because the general coder
 * makes several objects per field and level: this takes about half its time, and most of its garbage is not made.
 */
import { DecodeError } from '../proto/schema.js';

/** Wire types of the protobuf encoding. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const TWO_28 = 2 ** 28;
const TWO_35 = 2 ** 35;

/** Bytes that a number takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < TWO_28) return 4;
  let size = 5;
  for (let rest = value / TWO_35; rest >= 1; rest /= 0x80) size++;
  return size;
}

/** Bytes of a number field with a one-byte tag; proto3 leaves out 0. */
export function fieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Bytes of a length-delimited field with a one-byte tag. */
export function sectionSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** Fills a buffer of exactly the right size. */
export class WireWriter {
  readonly buffer: Buffer;
  private position = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= TWO_28) {
      this.buffer[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.position++] = rest;
  }

  field(number: number, value: number): void {
    if (value === 0) return;
    this.buffer[this.position++] = (number << 3) | VARINT;
    this.varint(value);
  }

  /** Begins a length-delimited field; `length` bytes must follow. */
  section(number: number, length: number): void {
    this.buffer[this.position++] = (number << 3) | BYTES;
    this.varint(length);
  }

  bytes(number: number, value: Uint8Array): void {
    this.section(number, value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Whether the size given at first was right. */
  get full(): boolean {
    return this.position === this.buffer.length;
  }
}

/** Walks through bytes that may be anything. Every method throws DecodeError rather than read past the end. */
export class WireReader {
  position = 0;

  constructor(private readonly buffer: Buffer) {}

  varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.position >= end) throw new DecodeError('a number is cut off');
      const byte = this.buffer[this.position++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new DecodeError('a number is out of range');
  }

  /** End of the section whose length comes next. */
  section(end: number): number {
    const length = this.varint(end);
    if (length > end - this.position) throw new DecodeError('a section is cut off');
    return this.position + length;
  }

  /** The bytes of the section whose length comes next, as a view. */
  bytes(end: number): Buffer {
    const stop = this.section(end);
    const view = this.buffer.subarray(this.position, stop);
    this.position = stop;
    return view;
  }

  /** Passes over a field that this version does not know. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        this.position += 8;
        break;
      case BYTES:
        this.position = this.section(end);
        return;
      case FIXED32:
        this.position += 4;
        break;
      default:
        throw new DecodeError(`a field has the unknown wire type ${tag & 7}`);
    }
    if (this.position > end) throw new DecodeError('a field is cut off');
  }
}
