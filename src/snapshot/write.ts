/** A snapshot file that is written: under its name it is there whole or not at all. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { inspectSnapshot, type SnapshotSummary } from './inspect.js';
import { footerOf, type SnapshotMetadata } from './layout.js';
import { fileFailure, unusable } from './snapshot-error.js';
import { syncDirectory } from './sync-directory.js';

/**
 * Writes an image to a file, which replaces one of that name when all of it is on disk and was read again.
 * @param chunks of the image; return its SHA-256 in lower-case hex, or throw
 * @throws FatalError when the file cannot be written or the image is not the one that was sent; whatever `chunks` throws
 */
export async function writeSnapshot(
  file: string,
  chunks: AsyncGenerator<Uint8Array, string>,
  metadata: SnapshotMetadata,
): Promise<SnapshotSummary> {
  const partial = path.join(path.dirname(file), `.${path.basename(file)}.partial-${process.pid}`);
  const handle = await open(partial, 'wx').catch((error: unknown) => {
    throw fileFailure(file, 'write', error);
  });
  try {
    await fill(handle, file, chunks, metadata);
    await handle.close();
    const summary = await inspectSnapshot(partial);
    await rename(partial, file).catch((error: unknown) => {
      throw fileFailure(file, 'write', error);
    });
    await syncDirectory(path.dirname(file));
    return summary;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

async function fill(
  handle: FileHandle,
  file: string,
  chunks: AsyncGenerator<Uint8Array, string>,
  metadata: SnapshotMetadata,
): Promise<void> {
  const write = (bytes: Uint8Array) =>
    handle.writeFile(bytes).catch((error: unknown) => {
      throw fileFailure(file, 'write', error);
    });
  const hash = createHash('sha256');
  let written = 0;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) {
      const found = hash.copy().digest('hex');
      if (found !== value)
        throw unusable(file, `is not saved: what arrived has the SHA-256 ${found}, what was sent ${value}; try again`);
      break;
    }
    hash.update(value);
    await write(value);
    written += value.byteLength;
  }
  const footer = footerOf(written, metadata);
  await write(footer);
  await write(hash.update(footer).digest());
  await handle.sync().catch((error: unknown) => {
    throw fileFailure(file, 'write', error);
  });
}
