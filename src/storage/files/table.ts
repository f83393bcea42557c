/** A table file: blocks of records, each followed by a type byte and a masked CRC-32C; an index block that names them; a footer that names that. */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { Bytes } from './bytes.js';
import { crc32c, unmask } from './crc32c.js';
import { UnreadableFile } from './unreadable.js';

const FOOTER_BYTES = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
/** Type byte and checksum. */
const TRAILER_BYTES = 5;
const UNCOMPRESSED = 0;
/** Read at once; the event loop turns in between. */
const READ_BYTES = 1024 * 1024;

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** Verifies the checksum of every block. @throws UnreadableFile */
export async function verifyTable(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await verifyBlocks(handle);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new UnreadableFile(`the database's file ${path.basename(file)} is damaged (${error.message})`);
  } finally {
    await handle.close();
  }
}

async function verifyBlocks(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const footer = await read(handle, size - FOOTER_BYTES, FOOTER_BYTES);
  if (!footer.subarray(FOOTER_BYTES - MAGIC.length).equals(MAGIC))
    throw new UnreadableFile('its end is not that of a table');
  const handles = new Bytes(footer);
  const filters = await readBlock(handle, readHandle(handles), size);
  const index = await readBlock(handle, readHandle(handles), size);
  const blocks = [...blockHandles(filters), ...blockHandles(index)];
  blocks.sort((a, b) => a.offset - b.offset);
  for (let first = 0; first < blocks.length; ) {
    const from = blocks[first]?.offset ?? 0;
    let to = from;
    let last = first;
    for (let block = blocks[last]; block && (last === first || to - from < READ_BYTES); block = blocks[++last])
      to = Math.max(to, end(block));
    if (to > size) throw new UnreadableFile('a block lies beyond its end');
    const bytes = await read(handle, from, to - from);
    for (const block of blocks.slice(first, last)) verify(bytes, block.offset - from, block);
    first = last;
  }
}

function readHandle(bytes: Bytes): BlockHandle {
  return { offset: bytes.varint(), size: bytes.varint() };
}

function end(block: BlockHandle): number {
  return block.offset + block.size + TRAILER_BYTES;
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw new UnreadableFile('it is too short');
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead < length) throw new UnreadableFile('it is too short');
  return buffer;
}

/** The verified contents of a block. */
async function readBlock(handle: FileHandle, block: BlockHandle, fileSize: number): Promise<Buffer> {
  if (end(block) > fileSize) throw new UnreadableFile('a block lies beyond its end');
  const bytes = await read(handle, block.offset, block.size + TRAILER_BYTES);
  verify(bytes, 0, block);
  if (bytes[block.size] !== UNCOMPRESSED) throw new UnreadableFile('a block is compressed, which nothing does here');
  return bytes.subarray(0, block.size);
}

function verify(bytes: Buffer, at: number, block: BlockHandle): void {
  const type = at + block.size;
  if (crc32c(bytes, at, type + 1) !== unmask(bytes.readUInt32LE(type + 1)))
    throw new UnreadableFile(`the block at byte ${block.offset} does not fit its checksum`);
}

/** Values of an index block: entries of shared, unshared and value length, rest of the key, value; then restart points and their number. */
function blockHandles(block: Buffer): BlockHandle[] {
  if (block.length < 4) throw new UnreadableFile('an index is too short');
  const restarts = block.readUInt32LE(block.length - 4);
  const entries = new Bytes(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)));
  const handles: BlockHandle[] = [];
  while (!entries.ended) {
    entries.varint();
    const unshared = entries.varint();
    const valueLength = entries.varint();
    entries.skip(unshared);
    handles.push(readHandle(new Bytes(entries.take(valueLength))));
  }
  return handles;
}
