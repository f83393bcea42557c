/** What the store needs of an ordered byte store: LevelDB (leveldb.ts) or memory (memory.ts). Keys and values are copied when given. */

export interface Disk {
  /** For messages: where the data is. */
  readonly directory: string;
  /** @throws FatalError */
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: Buffer): Buffer | undefined;
  batch(): DiskBatch;
  /** Writes all or nothing, in the order of calls. `synced`: with everything before it durable when done is called. */
  write(batch: DiskBatch, synced: boolean, done: (error: unknown) => void): void;
  /** Makes earlier writes durable whatever happens to files that the database has already put aside. */
  flush(): Promise<void>;
  snapshot(): DiskSnapshot;
  /** Records with from ≤ key < to, in order, as of the snapshot or the time of the call. */
  scan(from: Buffer, to: Buffer, snapshot?: DiskSnapshot): Scan;
  bytes(): Promise<number>;
}

export interface DiskBatch {
  put(key: Buffer, value: Buffer): void;
  del(key: Buffer): void;
  readonly length: number;
}

export interface DiskSnapshot {
  get(key: Buffer): Buffer | undefined;
  close(): Promise<void>;
}

export type DiskRecord = readonly [key: Buffer, value: Buffer];

/** A scan that is read page by page. */
export interface Scan {
  /** The next page, at most 1000 records and about a quarter MiB; empty at the end. One call at a time. */
  next(): Promise<readonly DiskRecord[]>;
  close(): Promise<void>;
}

/**
 * Calls visit with every page of a scan while the next one is already being read, and closes the scan. Visit returns false to stop. Between pages
 * the event loop turns.
 */
export async function forEachPage(scan: Scan, visit: (page: readonly DiskRecord[]) => boolean): Promise<void> {
  let pending = scan.next();
  try {
    for (;;) {
      const page = await pending;
      if (page.length === 0) return;
      pending = scan.next();
      if (!visit(page)) return;
    }
  } finally {
    await pending.catch(() => undefined);
    await scan.close();
  }
}
