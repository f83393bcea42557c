/**
 * LevelDB's log files: the write-ahead logs and the manifest. 32 KiB blocks hold fragments: masked CRC-32C, length, type, data; a record is one
 * fragment or several.
 */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { crc32c, unmask } from './crc32c.js';
import { UnreadableFile } from './unreadable.js';

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
/** What a file system leaves zero of what was not written before a power loss comes in these. */
const SECTOR_BYTES = 512;
/** Blocks read at once; the event loop turns in between. */
const READ_BLOCKS = 16;

/**
 * Calls visit with the first `keep` bytes of every record of the file. An end that a crash tore is passed over, as LevelDB does.
 * @throws UnreadableFile when something was changed after it was written
 */
export async function readLogFile(file: string, keep: number, visit: (record: Buffer) => void): Promise<void> {
  const reader = new BlockReader(path.basename(file), keep, visit);
  const handle = await open(file);
  try {
    await readBlocks(handle, reader);
  } finally {
    await handle.close();
  }
}

async function readBlocks(handle: FileHandle, reader: BlockReader): Promise<void> {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES * READ_BLOCKS);
  for (let position = 0; ; position += buffer.length) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    for (let at = 0; at < bytesRead; at += BLOCK_BYTES)
      reader.block(buffer.subarray(at, Math.min(at + BLOCK_BYTES, bytesRead)), position + at);
    if (bytesRead < buffer.length) return;
  }
}

class BlockReader {
  private record: Buffer | undefined;

  constructor(
    private readonly name: string,
    private readonly keep: number,
    private readonly visit: (record: Buffer) => void,
  ) {}

  block(block: Buffer, position: number): void {
    let at = 0;
    while (block.length - at >= HEADER_BYTES) {
      if (isZero(block, at)) return;
      const end = at + HEADER_BYTES + block.readUInt16LE(at + 4);
      const checksum = unmask(block.readUInt32LE(at));
      if (end > block.length || crc32c(block, at + 6, end) !== checksum) {
        this.record = undefined;
        if (isTorn(block, at, end, checksum, position)) return;
        throw new UnreadableFile(`the database's file ${this.name} is damaged at byte ${position + at}`);
      }
      this.fragment(block.readUInt8(at + 6), block.subarray(at + HEADER_BYTES, end));
      at = end;
    }
  }

  private fragment(type: number, data: Buffer): void {
    if (type === FULL || type === FIRST) this.record = Buffer.from(data.subarray(0, this.keep));
    else if (this.record && this.record.length < this.keep)
      this.record = Buffer.concat([this.record, data.subarray(0, this.keep - this.record.length)]);
    if (type !== FULL && type !== LAST) return;
    if (this.record) this.visit(this.record);
    this.record = undefined;
  }
}

/**
 * What a crash tore ends with the file, or in sectors that are still zero. Anything else that does not fit its checksum was changed after it
 * was written; so was the length of what ends with the file but would fit if it were shorter.
 */
function isTorn(block: Buffer, at: number, end: number, checksum: number, position: number): boolean {
  const cut = block.length < BLOCK_BYTES && end > block.length && !fitsShorter(block, at + 6, checksum);
  const lastByte = position + block.length - 1;
  const lastSector = Math.max(at + HEADER_BYTES, block.length - 1 - (lastByte % SECTOR_BYTES));
  return cut || isZero(block, lastSector);
}

/** Whether a fragment that begins at `from` and ends anywhere in the block has the checksum. */
function fitsShorter(block: Buffer, from: number, checksum: number): boolean {
  let found = 0;
  for (let at = from; at < block.length; at++) {
    found = crc32c(block, at, at + 1, found);
    if (found === checksum) return true;
  }
  return false;
}

function isZero(block: Buffer, from: number): boolean {
  for (let at = from; at < block.length; at++) if (block[at] !== 0) return false;
  return true;
}
