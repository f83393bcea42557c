/** A snapshot file that is read. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  HASH_BYTES,
  LARGEST_METADATA_BYTES,
  MAGIC,
  parseMetadata,
  type SnapshotMetadata,
  TAIL_BYTES,
} from './layout.js';
import { fileFailure, unusable } from './snapshot-error.js';

const CHUNK_BYTES = 256 * 1024;
/** Of the pages at the beginning of a database of etcd's, after 16 bytes. */
const ETCD_MAGIC = Buffer.of(0xed, 0xda, 0x0c, 0xed);
const ETCD_MAGIC_AT = 16;

export class SnapshotFile {
  private constructor(
    readonly path: string,
    /** Of the whole file. */
    readonly bytes: number,
    readonly imageBytes: number,
    /** Undefined: saved by etcdctl. */
    readonly metadata: SnapshotMetadata | undefined,
    /** SHA-256 over all but itself, lower-case hex. */
    readonly sha256: string,
  ) {}

  /**
   * Opens a file and verifies its hash, which reads all of it.
   * @throws FatalError when it cannot be read, is damaged, cut off, or no snapshot of ours
   */
  static async verified(path: string): Promise<SnapshotFile> {
    const file = await SnapshotFile.open(path);
    const hash = createHash('sha256');
    for await (const chunk of file.read(file.bytes - HASH_BYTES)) hash.update(chunk);
    const found = hash.digest('hex');
    if (found === file.sha256) return file;
    throw unusable(path, `is damaged: the SHA-256 of its content is ${found}, its end says ${file.sha256}`);
  }

  /** The image in chunks. @throws FatalError when it cannot be read */
  image(): AsyncIterable<Buffer> {
    return this.read(this.imageBytes);
  }

  private static async open(path: string): Promise<SnapshotFile> {
    try {
      const handle = await open(path);
      try {
        const stats = await handle.stat();
        if (!stats.isFile()) throw unusable(path, 'is not a file');
        return await SnapshotFile.layOut(path, stats.size, handle);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fileFailure(path, 'read', error);
    }
  }

  private static async layOut(path: string, bytes: number, handle: FileHandle): Promise<SnapshotFile> {
    const tail = await part(handle, bytes - TAIL_BYTES, TAIL_BYTES);
    if (!tail?.subarray(0, MAGIC.length).equals(MAGIC)) {
      const head = await part(handle, ETCD_MAGIC_AT, ETCD_MAGIC.length);
      if (head?.equals(ETCD_MAGIC))
        throw unusable(path, 'is of etcd: start an etcd from it and copy that with "quorate import --from-etcd"');
      throw unusable(path, 'is cut off or no snapshot: its end is not the end of one');
    }
    const imageBytes = Number(tail.readBigUInt64BE(MAGIC.length));
    const gap = bytes - TAIL_BYTES - imageBytes;
    const between = gap > LARGEST_METADATA_BYTES ? undefined : await part(handle, imageBytes, gap);
    if (!between) throw unusable(path, `is damaged: its end says that the image has ${imageBytes} bytes`);
    return new SnapshotFile(path, bytes, imageBytes, metadataOf(path, between), tail.toString('hex', MAGIC.length + 8));
  }

  private async *read(bytes: number): AsyncGenerator<Buffer> {
    if (bytes === 0) return;
    try {
      for await (const chunk of createReadStream(this.path, { end: bytes - 1, highWaterMark: CHUNK_BYTES }))
        yield chunk;
    } catch (error) {
      throw fileFailure(this.path, 'read', error);
    }
  }
}

/** Undefined: the file has no such part. */
async function part(handle: FileHandle, from: number, length: number): Promise<Buffer | undefined> {
  if (!(from >= 0 && length >= 0)) return undefined;
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, from);
  return bytesRead === length ? bytes : undefined;
}

function metadataOf(path: string, bytes: Buffer): SnapshotMetadata | undefined {
  try {
    return parseMetadata(bytes);
  } catch (error) {
    throw unusable(path, 'is damaged: what it says about itself cannot be read', error);
  }
}
