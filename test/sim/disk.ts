/** The disk of one member: takes time, loses what was not synced, fails, fills up, and flips bits. */
import type { Random } from '../../src/base/random.js';
import type { Disk, DiskBatch, DiskRecord, DiskSnapshot, Scan } from '../../src/storage/disk.js';
import { MemoryDisk } from '../../src/storage/memory.js';
import type { Swarm } from './swarm.js';
import type { Scope, World } from './world.js';

/** Survives the runs of its member; each run opens it through a SimDisk. */
export class Platter {
  inner: MemoryDisk;
  scope: Scope;
  /** Writes end no more until unstuck. */
  /** No sync takes much longer than others. */
  calm = false;
  stuck = false;
  /** The next reads give this many values with a flipped bit. */
  flips = 0;
  /** Something was done to this disk that a member may give up for. */
  faulted = false;
  /** After every write. */
  onWritten: () => void = () => {};
  private held: (() => void)[] = [];

  constructor(
    private readonly world: World,
    readonly name: string,
    private readonly swarm: Swarm,
    readonly random: Random,
  ) {
    this.scope = world.always;
    this.inner = this.empty();
  }

  /** The member's data directory is gone. */
  wipe(): void {
    this.inner = this.empty();
  }

  /**
   * LevelDB's log holds whole batches, each with a checksum. So a tear takes the end of what was not synced, from some batch on: none is lost between
   * two that are kept, and none in part.
   * @param power the machine lost power; else the process died, and what it had handed to the system stays
   */
  crash(power: boolean): void {
    const written = this.inner.unsyncedBatches;
    const kept = power ? Math.floor(this.random() * (written + 1)) : written;
    this.inner = this.inner.crash(kept);
    this.held = [];
    this.stuck = false;
    this.flips = 0;
    this.inner.failNextWrite = undefined;
    this.faulted = false;
    this.world.trace.note('disk keeps', this.name, `${kept} of ${written} unsynced writes`);
  }

  failNextWrite(code: string): void {
    this.faulted = true;
    this.inner.failNextWrite = Object.assign(new Error('simulated failure'), { code });
  }

  unstick(): void {
    this.stuck = false;
    for (const ends of this.held.splice(0)) this.world.after(0, this.scope, ends);
  }

  /** The value as read: now and then not as written. */
  read(value: Buffer): Buffer {
    if (this.flips === 0 || value.length === 0) return value;
    this.flips--;
    this.faulted = true;
    const copy = Buffer.from(value);
    const bit = Math.floor(this.random() * value.length * 8);
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    this.world.trace.note('bit flipped', this.name, bit);
    return copy;
  }

  /** Time for one page of a scan. */
  pageRead(): Promise<void> {
    return this.world.sleep(this.random() * this.swarm.syncMs, this.scope);
  }

  private empty(): MemoryDisk {
    const { swarm, random } = this;
    return new MemoryDisk({
      directory: this.name,
      delay: (ends, synced) => {
        if (this.stuck) {
          this.held.push(ends);
          return;
        }
        const slow = random() < swarm.slowSyncs && !this.calm ? 50 : 1;
        const milliseconds = synced ? swarm.syncMs * (0.5 + random()) * slow : random() * 0.2;
        this.world.after(milliseconds, this.scope, ends);
      },
    });
  }
}

/** One run's view of the platter. */
export class SimDisk implements Disk {
  readonly directory: string;
  private readonly inner: MemoryDisk;

  constructor(private readonly platter: Platter) {
    this.directory = platter.name;
    this.inner = platter.inner;
  }

  open(): Promise<void> {
    return this.inner.open();
  }
  close(): Promise<void> {
    return this.inner.close();
  }
  get(key: Buffer): Buffer | undefined {
    const value = this.inner.get(key);
    return value && this.platter.read(value);
  }
  batch(): DiskBatch {
    return this.inner.batch();
  }
  write(batch: DiskBatch, synced: boolean, done: (error: unknown) => void): void {
    this.inner.write(batch, synced, (error) => {
      if (error === undefined) this.platter.onWritten();
      done(error);
    });
  }
  async flush(): Promise<void> {
    await this.platter.pageRead();
    await this.inner.flush();
  }
  snapshot(): DiskSnapshot {
    return this.inner.snapshot();
  }
  scan(from: Buffer, to: Buffer, snapshot?: DiskSnapshot): Scan {
    return new SlowScan(this.inner.scan(from, to, snapshot), this.platter);
  }
  bytes(): Promise<number> {
    return this.inner.bytes();
  }
}

class SlowScan implements Scan {
  constructor(
    private readonly inner: Scan,
    private readonly platter: Platter,
  ) {}
  async next(): Promise<readonly DiskRecord[]> {
    await this.platter.pageRead();
    const page = await this.inner.next();
    if (this.platter.flips === 0) return page;
    return page.map(([key, value]) => [key, this.platter.read(value)] as const);
  }
  close(): Promise<void> {
    return this.inner.close();
  }
}
