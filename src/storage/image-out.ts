/** An image on its way out: the machine's records in key order, without anything that differs between members. */
import { createHash } from 'node:crypto';
import { assert } from '../base/assert.js';
import { limits } from '../base/limits.js';
import type { SnapshotMeta } from '../raft/types.js';
import type { Disk, DiskRecord, DiskSnapshot } from './disk.js';
import { GENERATION_BYTES, generationKey, Prefix } from './schema.js';
import type { Image } from './store.js';

/** Bytes before a record in the stream: lengths of key and value, four bytes each. */
export const FRAME_BYTES = 8;

/**
 * The stream is a sequence of records: length of the key without its generation, length of the value without its checksum, that key, that value.
 * It is cut into chunks of equal size wherever that falls.
 */
export class ImageOut implements Image {
  private sha256: string | undefined;
  private closed = false;

  /** @param check the verified value of a record @throws FatalError */
  constructor(
    readonly start: SnapshotMeta,
    private readonly disk: Disk,
    private readonly generation: number,
    private readonly snapshot: DiskSnapshot,
    private readonly check: (record: DiskRecord) => Buffer,
  ) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    const cutter = new Cutter();
    const from = generationKey(Prefix.machine, this.generation);
    const to = generationKey(Prefix.machine, this.generation + 1);
    const scan = this.disk.scan(from, to, this.snapshot);
    try {
      for (;;) {
        const page = await scan.next();
        for (const record of page) cutter.add(record[0], this.check(record));
        for (const chunk of page.length === 0 ? cutter.rest() : cutter.cut()) {
          hash.update(chunk);
          yield chunk;
        }
        if (page.length === 0) break;
      }
    } finally {
      await scan.close();
    }
    this.sha256 = hash.digest('hex');
  }

  async hash(): Promise<string> {
    if (this.sha256 === undefined) for await (const _ of this.chunks());
    assert(this.sha256 !== undefined, 'an image that was read to its end has a hash');
    return this.sha256;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.snapshot.close();
  }
}

/** Fills chunks of one size with framed records. */
class Cutter {
  private chunk = Buffer.allocUnsafe(limits.snapshotChunkBytes);
  private filled = 0;
  private full: Buffer[] = [];
  private readonly frame = Buffer.allocUnsafe(FRAME_BYTES);

  add(key: Buffer, value: Buffer): void {
    this.frame.writeUInt32BE(key.length - GENERATION_BYTES, 0);
    this.frame.writeUInt32BE(value.length, 4);
    this.append(this.frame, 0);
    this.append(key, GENERATION_BYTES);
    this.append(value, 0);
  }

  cut(): Buffer[] {
    const full = this.full;
    this.full = [];
    return full;
  }

  rest(): Buffer[] {
    const all = this.cut();
    if (this.filled > 0) all.push(this.chunk.subarray(0, this.filled));
    return all;
  }

  private append(bytes: Buffer, from: number): void {
    let at = from;
    while (at < bytes.length) {
      const copied = bytes.copy(this.chunk, this.filled, at);
      at += copied;
      this.filled += copied;
      if (this.filled < this.chunk.length) continue;
      this.full.push(this.chunk);
      this.chunk = Buffer.allocUnsafe(limits.snapshotChunkBytes);
      this.filled = 0;
    }
  }
}
