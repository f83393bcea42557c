/** An image as its records (src/storage/image-out.ts has the framing). */
import { limits } from '../base/limits.js';
import { DecodeError } from '../proto/schema.js';
import { FRAME_BYTES } from '../storage/image-out.js';

export interface RawRecord {
  /** Without generation; the first byte is its kind (src/storage/schema.ts). */
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The records of each chunk, in order. @throws DecodeError */
export async function* imageRecords(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: RawRecord[] = [];
    let at = 0;
    while (bytes.length - at >= FRAME_BYTES) {
      const keyLength = bytes.readUInt32BE(at);
      const valueLength = bytes.readUInt32BE(at + 4);
      if (keyLength + valueLength > limits.peerMessageBytes) throw new DecodeError('a record has an impossible length');
      const valueStart = at + FRAME_BYTES + keyLength;
      const end = valueStart + valueLength;
      if (end > bytes.length) break;
      records.push({ key: bytes.subarray(at + FRAME_BYTES, valueStart), value: bytes.subarray(valueStart, end) });
      at = end;
    }
    rest = bytes.subarray(at);
    yield records;
  }
  if (rest.length > 0) throw new DecodeError('it ends within a record');
}

/** A record as it stands in an image. */
export function framed({ key, value }: RawRecord): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_BYTES);
  frame.writeUInt32BE(key.length, 0);
  frame.writeUInt32BE(value.length, 4);
  return Buffer.concat([frame, key, value]);
}
