/** Whether the write-ahead logs hold every batch: each begins where the one before it ended, also from one file to the next. */
import path from 'node:path';
import { readLogFile } from './log-file.js';
import { UnreadableFile } from './unreadable.js';

/** Sequence number of the first operation (8 bytes) and how many there are (4). */
const BATCH_HEADER_BYTES = 12;

/** @param files in the order of their numbers @throws UnreadableFile */
export async function verifyWriteAheadLogs(files: readonly string[]): Promise<void> {
  let expected: bigint | undefined;
  for (const file of files) {
    await readLogFile(file, BATCH_HEADER_BYTES, (header) => {
      if (header.length < BATCH_HEADER_BYTES) return;
      const sequence = header.readBigUInt64LE(0);
      if (expected !== undefined && sequence !== expected)
        throw new UnreadableFile(
          `the database's file ${path.basename(file)} lacks records (${sequence} is where ${expected} should be)`,
        );
      expected = sequence + BigInt(header.readUInt32LE(8));
    });
  }
}
