/** A disk in memory with the behaviour of the real one, for tests and the simulator. */
import sortedBtree from 'sorted-btree';
import { assert } from '../base/assert.js';
import { diskFailure } from './damage.js';
import type { Disk, DiskBatch, DiskRecord, DiskSnapshot, Scan } from './disk.js';
import { RecordStore } from './record-store.js';
import type { StoreOptions } from './store.js';

type Library = typeof sortedBtree;

/** Node hands a CommonJS module's exports over whole, some test runners hand over its default export. */
function constructorOf(loaded: Library | Library['default']): Library['default'] {
  return typeof loaded === 'function' ? loaded : loaded.default;
}
const BTree = constructorOf(sortedBtree);
/** Key as a binary string, so that its order is that of the bytes. Clones share memory until one changes. */
type Records = InstanceType<typeof BTree<string, Buffer>>;

const PAGE_RECORDS = 1000;

/** Decides when a write ends. By default in the next turn of the event loop; the simulator makes it take simulated time. */
export type WriteDelay = (ends: () => void, synced: boolean) => void;

/** The store of a simulated member. The disk outlives it: the next store on it finds what this one wrote. */
export class MemoryStore extends RecordStore {
  constructor(disk: MemoryDisk, options: StoreOptions) {
    super(disk, options);
  }
}

export class MemoryDisk implements Disk {
  readonly directory: string;
  /** Set: the next write fails with it, and nothing of it is kept. */
  failNextWrite: Error | undefined;
  private readonly delay: WriteDelay;
  private records: Records;
  private durable: Records;
  /** Batches written since the last sync, the one under way included. */
  private recent: MemoryBatch[] = [];
  private state: 'closed' | 'open' | 'crashed' = 'closed';

  constructor(
    options: { readonly directory?: string; readonly delay?: WriteDelay } = {},
    records: Records = new BTree(),
  ) {
    this.directory = options.directory ?? 'memory';
    this.delay = options.delay ?? ((ends) => setImmediate(ends));
    this.records = records;
    this.durable = records.clone();
  }

  /** Batches that a crash may lose. */
  get unsyncedBatches(): number {
    return this.recent.length;
  }

  /**
   * The machine loses power: this disk and its store are dead (no done is called any more). Returns the disk as the next start finds it: all that was
   * synced, and the first `kept` batches of what was not.
   */
  crash(kept = 0): MemoryDisk {
    this.state = 'crashed';
    for (const batch of this.recent.slice(0, kept)) batch.applyTo(this.durable);
    return new MemoryDisk({ directory: this.directory, delay: this.delay }, this.durable.clone());
  }

  async open(): Promise<void> {
    assert(this.state !== 'crashed', 'a crashed disk is replaced by what crash() returned');
    if (this.state === 'open')
      throw diskFailure(this.directory, 'open', Object.assign(new Error('locked'), { code: 'LEVEL_LOCKED' }));
    this.state = 'open';
  }

  async close(): Promise<void> {
    if (this.state === 'open') this.state = 'closed';
  }

  get(key: Buffer): Buffer | undefined {
    return this.records.get(key.toString('latin1'));
  }

  /** What a crash leaves for sure. */
  synced(key: Buffer): Buffer | undefined {
    return this.durable.get(key.toString('latin1'));
  }

  batch(): MemoryBatch {
    return new MemoryBatch();
  }

  write(batch: DiskBatch, synced: boolean, done: (error: unknown) => void): void {
    assert(batch instanceof MemoryBatch, 'a batch goes to the disk that made it');
    const failure = this.failNextWrite;
    if (!failure) this.recent.push(batch);
    this.delay(() => {
      if (this.state === 'crashed') return;
      if (failure) {
        done(failure);
        return;
      }
      batch.applyTo(this.records);
      batch.applied = true;
      if (synced) this.makeDurable();
      done(undefined);
    }, synced);
  }

  async flush(): Promise<void> {
    this.makeDurable();
  }

  snapshot(): MemorySnapshot {
    return new MemorySnapshot(this.records.clone());
  }

  scan(from: Buffer, to: Buffer, snapshot?: DiskSnapshot): Scan {
    assert(snapshot === undefined || snapshot instanceof MemorySnapshot, 'a snapshot is read on the disk that made it');
    return new MemoryScan(snapshot?.records ?? this.records.clone(), from, to);
  }

  async bytes(): Promise<number> {
    let total = 0;
    this.records.forEachPair((key, value) => {
      total += key.length + value.length;
    });
    return total;
  }

  private makeDurable(): void {
    this.durable = this.records.clone();
    this.recent = this.recent.filter((batch) => !batch.applied);
  }
}

class MemoryBatch implements DiskBatch {
  private readonly keys: string[] = [];
  private readonly values: (Buffer | undefined)[] = [];
  applied = false;

  put(key: Buffer, value: Buffer): void {
    this.keys.push(key.toString('latin1'));
    this.values.push(Buffer.from(value));
  }
  del(key: Buffer): void {
    this.keys.push(key.toString('latin1'));
    this.values.push(undefined);
  }
  get length(): number {
    return this.keys.length;
  }

  applyTo(records: Records): void {
    for (const [i, key] of this.keys.entries()) {
      const value = this.values[i];
      if (value) records.set(key, value);
      else records.delete(key);
    }
  }
}

class MemorySnapshot implements DiskSnapshot {
  constructor(readonly records: Records) {}
  get(key: Buffer): Buffer | undefined {
    return this.records.get(key.toString('latin1'));
  }
  async close(): Promise<void> {}
}

class MemoryScan implements Scan {
  private readonly entries: Iterator<[string, Buffer]>;
  private readonly to: string;

  constructor(records: Records, from: Buffer, to: Buffer) {
    this.entries = records.entries(from.toString('latin1'));
    this.to = to.toString('latin1');
  }

  async next(): Promise<readonly DiskRecord[]> {
    const page: DiskRecord[] = [];
    while (page.length < PAGE_RECORDS) {
      const { done, value } = this.entries.next();
      if (done || value[0] >= this.to) break;
      page.push([Buffer.from(value[0], 'latin1'), value[1]]);
    }
    return page;
  }
  async close(): Promise<void> {}
}
