/**
 * Verifies LevelDB's write-ahead logs before LevelDB reads them. What LevelDB cannot read there it drops, and goes on with what follows (its paranoid
 * mode, which refuses, is not offered by the binding): one flipped byte would silently take back synced writes.
 *
 * Such a log is a sequence of 32 KiB blocks with fragments of records: checksum (CRC-32C, masked), length, type, data. A record is a batch and begins
 * with a sequence number and a count; every batch begins where the one before it ended, also from one log file to the next. So a hole shows, wherever
 * it is. The end of the last log may be torn by a crash, which loses only what was not synced.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { damage } from './damage.js';

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const BATCH_HEADER_BYTES = 12;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
/** What a file system leaves of a page that was not written before a power loss. */
const SECTOR_BYTES = 512;
/** Blocks read at once; the event loop turns in between. */
const READ_BLOCKS = 16;

/** @throws FatalError when a log in the directory is damaged other than at its torn end */
export async function verifyWriteAheadLogs(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const logs = names
    .filter((name) => /^\d+\.log$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const check = new SequenceCheck(directory);
  for (const name of logs) {
    const file = await open(path.join(directory, name));
    try {
      check.begin(name);
      await readBlocks(file, check);
    } finally {
      await file.close();
    }
  }
}

async function readBlocks(file: FileHandle, check: SequenceCheck): Promise<void> {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES * READ_BLOCKS);
  for (let position = 0; ; position += buffer.length) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    for (let at = 0; at < bytesRead; at += BLOCK_BYTES) {
      const end = Math.min(at + BLOCK_BYTES, bytesRead);
      check.block(buffer.subarray(at, end), position + at);
    }
    if (bytesRead < buffer.length) return;
  }
}

/** Follows the batches through the logs. */
class SequenceCheck {
  private name = '';
  private expected: bigint | undefined;
  /** Sequence and count of the record whose fragments are being read. */
  private header = Buffer.alloc(0);
  private inRecord = false;

  constructor(private readonly directory: string) {}

  begin(name: string): void {
    this.name = name;
    this.inRecord = false;
  }

  block(block: Buffer, position: number): void {
    let at = 0;
    while (block.length - at >= HEADER_BYTES) {
      if (isZero(block, at)) return;
      const end = at + HEADER_BYTES + block.readUInt16LE(at + 4);
      const checksum = unmask(block.readUInt32LE(at));
      if (end > block.length || crc32c(block, at + 6, end) !== checksum) {
        this.onUnreadable(block, at, end, checksum, position);
        return;
      }
      this.onFragment(block.readUInt8(at + 6), block.subarray(at + HEADER_BYTES, end));
      at = end;
    }
  }

  /**
   * What a crash tore ends with the file, or in sectors of zeros that were never written. Anything else that does not fit its checksum was changed
   * after it was written; so was the length of what ends with the file but would fit if it were shorter.
   */
  private onUnreadable(block: Buffer, at: number, end: number, checksum: number, position: number): void {
    this.inRecord = false;
    const atEnd = block.length < BLOCK_BYTES;
    const cut = atEnd && end > block.length && !fitsShorter(block, at + 6, checksum);
    const lastSector = Math.max(at + HEADER_BYTES, block.length - 1 - ((position + block.length - 1) % SECTOR_BYTES));
    if (cut || isZero(block, lastSector)) return;
    throw damage(this.directory, `the write-ahead log ${this.name} is damaged at byte ${position + at}`);
  }

  private onFragment(type: number, data: Buffer): void {
    if (type === FULL || type === FIRST) {
      this.header = Buffer.from(data.subarray(0, BATCH_HEADER_BYTES));
      this.inRecord = true;
    } else if (this.inRecord && this.header.length < BATCH_HEADER_BYTES) {
      this.header = Buffer.concat([this.header, data.subarray(0, BATCH_HEADER_BYTES - this.header.length)]);
    }
    if (type !== FULL && type !== LAST) return;
    if (this.inRecord) this.onBatch();
    this.inRecord = false;
  }

  private onBatch(): void {
    if (this.header.length < BATCH_HEADER_BYTES) return;
    const sequence = this.header.readBigUInt64LE(0);
    if (this.expected !== undefined && sequence !== this.expected)
      throw damage(
        this.directory,
        `the write-ahead log ${this.name} lacks records (${sequence} follows where ${this.expected} should)`,
      );
    this.expected = sequence + BigInt(this.header.readUInt32LE(8));
  }
}

function isZero(block: Buffer, from: number): boolean {
  for (let at = from; at < block.length; at++) if (block[at] !== 0) return false;
  return true;
}

/** Whether a fragment that begins at `from` and ends anywhere in the block has the checksum. */
function fitsShorter(block: Buffer, from: number, checksum: number): boolean {
  let crc = -1;
  for (let at = from; at < block.length; at++) {
    crc = (crc >>> 8) ^ table(0, crc ^ (block[at] ?? 0));
    if (~crc >>> 0 === checksum) return true;
  }
  return false;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** Eight tables of 256 for the Castagnoli polynomial, so that eight bytes are taken at once. */
const tables = new Int32Array(8 * 256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  tables[i] = value;
}
for (let i = 256; i < tables.length; i++) {
  const shorter = tables[i - 256] ?? 0;
  tables[i] = (shorter >>> 8) ^ (tables[shorter & 0xff] ?? 0);
}

const table = (which: number, byte: number): number => tables[(which << 8) | (byte & 0xff)] ?? 0;

function crc32c(bytes: Buffer, from: number, to: number): number {
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      table(7, low) ^
      table(6, low >>> 8) ^
      table(5, low >>> 16) ^
      table(4, low >>> 24) ^
      table(3, high) ^
      table(2, high >>> 8) ^
      table(1, high >>> 16) ^
      table(0, high >>> 24);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ table(0, crc ^ (bytes[at] ?? 0));
  return ~crc >>> 0;
}
