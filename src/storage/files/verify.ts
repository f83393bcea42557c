/**
 * Verifies LevelDB's files before LevelDB reads them. What it cannot read in a write-ahead log it drops and goes on with what follows, and of tables
 * it trusts every byte, up to stopping the process on one that makes no sense (its paranoid mode, which refuses, is not offered by the
 * binding). Reads everything once, about a second per GiB; what is read is then in the memory of the operating system for loading the machine.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { liveTables } from './manifest.js';
import { verifyTable } from './table.js';
import { verifyWriteAheadLogs } from './write-ahead.js';

/** @throws UnreadableFile when something was changed after it was written; the torn end of a log is none */
export async function verifyFiles(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const logs = numbered(names, 'log').map(({ name }) => path.join(directory, name));
  await verifyWriteAheadLogs(logs);
  const live = await liveTables(directory);
  // Others are left over from a crash: not complete, and not read by anyone.
  for (const { name, number } of numbered(names, 'ldb')) {
    if (live?.has(number)) await verifyTable(path.join(directory, name));
  }
}

function numbered(names: readonly string[], extension: string): { name: string; number: number }[] {
  return names
    .filter((name) => name.endsWith(`.${extension}`))
    .map((name) => ({ name, number: Number.parseInt(name, 10) }))
    .filter(({ number }) => Number.isInteger(number))
    .sort((a, b) => a.number - b.number);
}
