/** Clears ranges of records in small batches between the writes of the loop. */
import type { Disk } from './disk.js';
import type { Writer } from './writer.js';

/** Small enough that a synced write hardly waits for one. */
const BATCH = 500;

/** Removes the records with from ≤ key < to. Not synced: what is cleared is already invisible, and is cleared again after a crash. */
export async function clearRange(disk: Disk, writer: Writer, from: Buffer, to: Buffer): Promise<void> {
  const scan = disk.scan(from, to);
  try {
    for (;;) {
      const page = await scan.next();
      if (page.length === 0) return;
      for (let at = 0; at < page.length; at += BATCH) {
        const batch = disk.batch();
        for (const [key] of page.slice(at, at + BATCH)) batch.del(key);
        await writer.write(batch, false);
      }
    }
  } finally {
    await scan.close();
  }
}
