/** A member's disk on LevelDB. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Level } from 'level';
import { assert } from '../base/assert.js';
import { damage, diskFailure } from './damage.js';
import type { Disk, DiskBatch, DiskRecord, DiskSnapshot, Scan } from './disk.js';
import { UnreadableFile } from './files/unreadable.js';
import { verifyFiles } from './files/verify.js';
import { RecordStore } from './record-store.js';
import { keys } from './schema.js';
import type { StoreOptions } from './store.js';

const PAGE_RECORDS = 1000;
const PAGE_BYTES = 256 * 1024;

const SYNCED = { sync: true } as const;
const UNSYNCED = { sync: false } as const;

const databaseOptions = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
  // Uncompressed blocks are read where the file is mapped: a cold read() blocks the event loop for 5 µs instead of 10-50 µs, writing costs the same,
  // less memory is used; the price is disk (values of text would shrink to a quarter).
  compression: false,
  // Twice the default: half as many tables to merge. More would lengthen the start, which replays it, and two of it are in memory.
  writeBufferSize: 8 * 1024 * 1024,
  // A quarter of the index entries of the default; reads are no slower, because mapped blocks are searched in place.
  blockSize: 16 * 1024,
} as const;

/** The store of a real member: one LevelDB in `directory`. */
export class LevelStore extends RecordStore {
  constructor(directory: string, options: StoreOptions) {
    super(new LevelDisk(directory), options);
  }
}

type Database = Level<Buffer, Buffer>;
const chainedBatch = (db: Database) => db.batch();
const explicitSnapshot = (db: Database) => db.snapshot();
const iterate = (db: Database, from: Buffer, to: Buffer, snapshot: LevelSnapshot | undefined) =>
  db.iterator({ gte: from, lt: to, highWaterMarkBytes: PAGE_BYTES, ...(snapshot ? { snapshot: snapshot.taken } : {}) });

class LevelDisk implements Disk {
  private opened: Database | undefined;

  constructor(readonly directory: string) {}

  async open(): Promise<void> {
    try {
      await verifyFiles(this.directory);
      // Not earlier: a database begins to open, and to rewrite its files, as soon as it is constructed.
      this.opened = new Level<Buffer, Buffer>(this.directory, databaseOptions);
      await this.opened.open();
    } catch (error) {
      if (error instanceof UnreadableFile) throw damage(this.directory, error.message, error);
      throw diskFailure(this.directory, 'open', error);
    }
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }

  private get db(): Database {
    assert(this.opened !== undefined, 'the disk is open');
    return this.opened;
  }

  get(key: Buffer): Buffer | undefined {
    try {
      return this.db.getSync(key);
    } catch (error) {
      throw diskFailure(this.directory, 'read', error);
    }
  }

  batch(): LevelBatch {
    return new LevelBatch(chainedBatch(this.db));
  }

  write(batch: DiskBatch, synced: boolean, done: (error: unknown) => void): void {
    assert(batch instanceof LevelBatch, 'a batch goes to the disk that made it');
    batch.chained.write(synced ? SYNCED : UNSYNCED).then(() => done(undefined), done);
  }

  /** Writes out the table in memory: LevelDB does not sync a log file that it has put aside before its table is written. */
  async flush(): Promise<void> {
    const { db } = this;
    assert(canCompact(db), 'the database can be told to compact');
    await db.compactRange(keys.identity, keys.identity);
  }

  snapshot(): LevelSnapshot {
    return new LevelSnapshot(this.db, this.directory);
  }

  scan(from: Buffer, to: Buffer, snapshot?: DiskSnapshot): Scan {
    assert(snapshot === undefined || snapshot instanceof LevelSnapshot, 'a snapshot is read on the disk that made it');
    return new LevelScan(iterate(this.db, from, to, snapshot), this.directory);
  }

  async bytes(): Promise<number> {
    let total = 0;
    const names = await readdir(this.directory).catch((error: unknown) => {
      throw diskFailure(this.directory, 'list', error);
    });
    for (const name of names) {
      // The database may delete the file meanwhile.
      const found = await stat(path.join(this.directory, name)).catch(() => undefined);
      total += found?.size ?? 0;
    }
    return total;
  }
}

class LevelBatch implements DiskBatch {
  /** A chained batch copies each record at once and costs a quarter of an array of operations. */
  constructor(readonly chained: ReturnType<typeof chainedBatch>) {}
  put(key: Buffer, value: Buffer): void {
    this.chained.put(key, value);
  }
  del(key: Buffer): void {
    this.chained.del(key);
  }
  get length(): number {
    return this.chained.length;
  }
}

class LevelSnapshot implements DiskSnapshot {
  readonly taken: ReturnType<typeof explicitSnapshot>;

  constructor(
    private readonly db: Database,
    private readonly directory: string,
  ) {
    this.taken = explicitSnapshot(db);
  }
  get(key: Buffer): Buffer | undefined {
    try {
      return this.db.getSync(key, { snapshot: this.taken });
    } catch (error) {
      throw diskFailure(this.directory, 'read', error);
    }
  }
  close(): Promise<void> {
    return this.taken.close();
  }
}

class LevelScan implements Scan {
  constructor(
    private readonly iterator: ReturnType<typeof iterate>,
    private readonly directory: string,
  ) {}
  async next(): Promise<readonly DiskRecord[]> {
    try {
      return await this.iterator.nextv(PAGE_RECORDS);
    } catch (error) {
      throw diskFailure(this.directory, 'read', error);
    }
  }
  close(): Promise<void> {
    return this.iterator.close();
  }
}

/** `level` declares only what browsers can do too. */
function canCompact(db: object): db is { compactRange(from: Buffer, to: Buffer): Promise<void> } {
  return 'compactRange' in db && typeof db.compactRange === 'function';
}
