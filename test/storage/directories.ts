/** Data directories of tests: filled, copied and damaged. */
import { cp, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Level } from 'level';
import { clusterTime, index, revision } from '../../src/base/ids.js';
import { LevelStore } from '../../src/storage/leveldb.js';
import type { Store } from '../../src/storage/store.js';
import { applied, drop, entries, entry, hardState, identity, lease, member, onePut, put, write } from './samples.js';

/** Temporary directories that one test file uses; remove() them all. */
export class Directories {
  private readonly made: string[] = [];

  async make(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'quorate-disk-'));
    this.made.push(directory);
    return path.join(directory, 'db');
  }
  async copy(of: string): Promise<string> {
    const directory = await this.make();
    await cp(of, directory, { recursive: true });
    return directory;
  }
  async remove(): Promise<void> {
    for (const directory of this.made.splice(0)) await rm(directory, { recursive: true, force: true });
  }
}

export function levelStore(directory: string): LevelStore {
  return new LevelStore(directory, {
    onFatal: (error) => {
      throw error;
    },
  });
}

/** A store with records of every kind, in several synced batches. */
export async function fill(directory: string): Promise<void> {
  const store = levelStore(directory);
  await store.open(identity);
  const kinds = [
    put(2),
    put(3),
    drop(2),
    {
      kind: 'lease',
      id: lease('a1'),
      lease: { ttlMs: 5000, deadline: clusterTime(9000), ofRegistration: false, ofMachine: false },
    },
    { kind: 'origin', member: member(2), state: { incarnation: 3, lastSequence: 4 } },
    {
      kind: 'request',
      id: 'once',
      record: {
        index: index(1),
        position: 0,
        appliedAt: clusterTime(8000),
        command: 'put',
        outcome: { result: { kind: 'put', previous: undefined }, revision: revision(3) },
      },
    },
  ] as const;
  await write(store, { entries: entries(1, 3), hardState: hardState(1, 1, 2), applied: [applied(3, kinds)] });
  for (let at = 4; at <= 12; at++) await write(store, { entries: [entry(at)], applied: [onePut(at)] });
  await store.close();
}

/** Everything that a member would see of a directory. @throws FatalError */
export async function contents(directory: string): Promise<unknown> {
  const store: Store = levelStore(directory);
  const { boots, incarnation, ...state } = await store.open(identity);
  try {
    const records: unknown[] = [];
    await store.loadMachine((record) => records.push(record));
    return { state, records, log: await store.readEntries(index(1), state.lastIndex, 1e6) };
  } finally {
    await store.close();
  }
}

export async function withRaw(directory: string, use: (db: Level<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const db = new Level<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await db.open();
  try {
    await use(db);
  } finally {
    await db.close();
  }
}

/** The largest file with this extension. */
export async function largestFile(directory: string, extension: string): Promise<{ file: string; size: number }> {
  let largest = { file: '', size: -1 };
  for (const name of await readdir(directory)) {
    if (!name.endsWith(extension)) continue;
    const file = path.join(directory, name);
    const handle = await open(file);
    const { size } = await handle.stat();
    await handle.close();
    if (size > largest.size) largest = { file, size };
  }
  return largest;
}

export async function flipByte(file: string, at: number, mask = 0x10): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte.writeUInt8(byte.readUInt8(0) ^ mask, 0);
  await handle.write(byte, 0, 1, at);
  await handle.close();
}
