/** The manifest: a log of changes to the set of tables. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Bytes } from './bytes.js';
import { readLogFile } from './log-file.js';
import { UnreadableFile } from './unreadable.js';

/** Fields of a change by tag. */
const Tag = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  sequence: 4,
  compaction: 5,
  deleted: 6,
  added: 7,
  previousLog: 9,
} as const;

/** Numbers of the tables that the database consists of; undefined when there is no database yet. @throws UnreadableFile */
export async function liveTables(directory: string): Promise<ReadonlySet<number> | undefined> {
  const current = await readFile(path.join(directory, 'CURRENT'), 'utf8').catch(() => undefined);
  const name = current?.trim();
  if (!name || !/^MANIFEST-\d+$/.test(name)) return undefined;
  const tables = new Set<number>();
  await readLogFile(path.join(directory, name), Number.MAX_SAFE_INTEGER, (record) => {
    const added: number[] = [];
    const deleted: number[] = [];
    readChange(new Bytes(record), added, deleted);
    for (const table of deleted) tables.delete(table);
    for (const table of added) tables.add(table);
  });
  return tables;
}

function readChange(change: Bytes, added: number[], deleted: number[]): void {
  while (!change.ended) {
    const tag = change.varint();
    switch (tag) {
      case Tag.comparator:
        change.text();
        break;
      case Tag.log:
      case Tag.nextFile:
      case Tag.sequence:
      case Tag.previousLog:
        change.varint();
        break;
      case Tag.compaction:
        change.varint();
        change.text();
        break;
      case Tag.deleted:
        change.varint();
        deleted.push(change.varint());
        break;
      case Tag.added:
        change.varint();
        added.push(change.varint());
        change.varint();
        change.text();
        change.text();
        break;
      default:
        throw new UnreadableFile(`the database's manifest has an unknown entry ${tag}`);
    }
  }
}
