/** The store on any ordered byte store (disk.ts): leveldb.ts and memory.ts differ only in that. */
import { assert } from '../base/assert.js';
import type { FatalError } from '../base/errors.js';
import { type Index, index, type Revision, term } from '../base/ids.js';
import type { KeyVersion, VersionRef } from '../machine/types.js';
import type { Entry, HardState, SnapshotMeta } from '../raft/types.js';
import { BatchEncoder } from './batch-encoder.js';
import { EMPTY_CHAIN } from './chain.js';
import type { Disk } from './disk.js';
import { Guard } from './guard.js';
import { ImageIn, type Installer } from './image-in.js';
import { ImageOut } from './image-out.js';
import { clearRange } from './leftovers.js';
import { type Found, openDirectory, putGeneration, putLogStart } from './opening.js';
import { decodeMachineState, decodeVersion, type MachineState } from './records.js';
import { loadMachine, readEntries, scanVersions } from './scans.js';
import { after, generationKey, keys, logKey, Prefix, stateKey, versionKey } from './schema.js';
import type {
  Identity,
  IdentityChoice,
  Image,
  ImageRecord,
  StagedImage,
  Store,
  StoreBatch,
  StoredState,
  StoreOptions,
} from './store.js';
import { Writer } from './writer.js';

const NEVER_VOTED: HardState = { term: term(0), votedFor: undefined, commit: index(0), recovering: false };
const TRIM_BATCH = 500;

export class RecordStore implements Store {
  private readonly writer: Writer;
  private readonly guard: Guard;
  private readonly encoder = new BatchEncoder();
  /** As of the last write given; undefined until open. */
  private at: Pick<Found, 'generation' | 'boots' | 'incarnation' | 'start' | 'lastIndex'> | undefined;
  /** As of the last write done. */
  private machine: MachineState | undefined;
  private synced = index(0);
  private writing = false;
  private nextGeneration = 0;
  private replaced: number | undefined;
  private staged: ImageIn | undefined;

  private readonly now: () => number;

  constructor(
    private readonly disk: Disk,
    { onFatal, now = Date.now }: StoreOptions,
  ) {
    this.now = now;
    let told = false;
    const fatal = (error: FatalError): void => {
      if (!told) onFatal(error);
      told = true;
    };
    this.writer = new Writer(disk, fatal);
    // Whoever opens hears of it anyway. Later nobody may serve on from a disk that is damaged, whatever became of the read that found it.
    this.guard = new Guard(disk.directory, (error) => {
      if (this.at) fatal(error);
    });
  }

  get syncedApplied(): Index {
    return this.synced;
  }
  get chainHash(): string {
    return this.machine?.chainHash ?? EMPTY_CHAIN;
  }
  get chainIndex(): Index {
    return this.machine?.appliedIndex ?? index(0);
  }

  async open(identity: Identity | IdentityChoice): Promise<StoredState> {
    assert(this.at === undefined, 'a store is opened once');
    await this.disk.open();
    try {
      return this.take(await openDirectory(this.disk, this.writer, this.guard, identity, this.now()));
    } catch (error) {
      await this.disk.close().catch(() => undefined);
      throw error;
    }
  }

  write(batch: StoreBatch, done: () => void): void {
    const at = this.opened();
    assert(!this.writing, 'one batch is written at a time');
    this.writing = true;
    const { entries, hardState } = batch;
    const ops = this.disk.batch();
    const first = entries[0];
    if (first) {
      assert(first.index > at.start.index && first.index <= at.lastIndex + 1, 'new entries join the log');
      this.encoder.entries(ops, entries, at.lastIndex);
      this.at = { ...at, lastIndex: index(first.index + entries.length - 1) };
    }
    if (hardState) this.encoder.hardState(ops, hardState);
    const machine = this.encoder.applied(ops, batch.applied);
    const synced = first !== undefined || batch.syncHardState;
    this.writer.submit(ops, synced, () => {
      this.writing = false;
      if (machine) this.machine = machine;
      if (synced) this.synced = this.chainIndex;
      done();
    });
  }

  readEntries(first: Index, last: Index, maxBytes: number): Promise<Entry[]> {
    const { generation, start } = this.opened();
    assert(first > start.index, 'only entries after the start are read');
    return readEntries(this.disk, this.guard, generation, first, last, maxBytes);
  }

  read(ref: VersionRef): KeyVersion {
    const { generation } = this.opened();
    let key = versionKey(generation, ref.revision, ref.sub);
    let stored = this.disk.get(key);
    if (stored === undefined && this.replaced !== undefined) {
      key = versionKey(this.replaced, ref.revision, ref.sub);
      stored = this.disk.get(key);
    }
    assert(stored !== undefined, 'a version that is read was written');
    const value = this.guard.value(key, stored);
    try {
      return decodeVersion(value, ref);
    } catch (error) {
      throw this.guard.damaged(key, error);
    }
  }

  scanVersions(after: Revision, upTo: Revision, maxBytes: number): Promise<KeyVersion[]> {
    return scanVersions(this.disk, this.guard, this.opened().generation, after, upTo, maxBytes);
  }

  loadMachine(visit: (record: ImageRecord) => void): Promise<void> {
    const { generation } = this.opened();
    return this.machine ? loadMachine(this.disk, this.guard, generation, visit) : Promise.resolve();
  }

  async trimLog(start: SnapshotMeta): Promise<void> {
    const { generation, start: old } = this.opened();
    if (start.index <= old.index) return;
    assert(start.index <= this.synced, 'the log is trimmed up to what the synced state stands for');
    const batch = this.disk.batch();
    putLogStart(batch, generation, start);
    await this.writer.write(batch, false);
    const at = this.opened();
    if (at.generation !== generation) return;
    this.at = { ...at, start };
    for (let from = old.index + 1; from <= start.index; from += TRIM_BATCH) {
      const trimmed = this.disk.batch();
      for (let i = from; i < from + TRIM_BATCH && i <= start.index; i++) trimmed.del(logKey(generation, i));
      await this.writer.write(trimmed, false);
    }
  }

  async sync(): Promise<void> {
    const batch = this.disk.batch();
    // The database ignores a batch without any operation; nothing has this key.
    batch.del(after(keys.identity));
    await this.writer.write(batch, true);
    this.synced = this.chainIndex;
  }

  async openImage(): Promise<Image> {
    const { generation } = this.opened();
    const snapshot = this.disk.snapshot();
    const key = stateKey(generation);
    const stored = snapshot.get(key);
    if (stored === undefined) await snapshot.close();
    assert(stored !== undefined, 'an image is made of a machine that has applied something');
    const state = this.guard.decode(key, stored, decodeMachineState);
    const meta = { index: state.appliedIndex, term: state.appliedTerm, membership: state.membership };
    return new ImageOut(meta, this.disk, generation, snapshot, (record) => this.guard.value(record[0], record[1]));
  }

  async stageImage(): Promise<StagedImage> {
    this.opened();
    await this.staged?.abort();
    await this.clearReplaced();
    const installer: Installer = {
      install: (...image) => this.install(...image),
      discard: (generation) => this.clearGeneration(generation),
    };
    this.staged = new ImageIn(this.nextGeneration++, this.disk, this.writer, installer);
    return this.staged;
  }

  async clearReplaced(): Promise<void> {
    const { replaced } = this;
    if (replaced === undefined) return;
    this.replaced = undefined;
    await this.clearGeneration(replaced);
  }

  diskBytes(): Promise<number> {
    return this.disk.bytes();
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.disk.close();
  }

  private async install(
    generation: number,
    machine: MachineState,
    start: SnapshotMeta,
    hardState: HardState,
  ): Promise<StoredState> {
    // The staged records were not synced; the switch must not become durable before them.
    await this.disk.flush();
    const { generation: replaced, boots, incarnation } = this.opened();
    assert(!this.writing, 'nothing is written while an image is installed');
    this.writing = true;
    const batch = this.disk.batch();
    putGeneration(batch, generation, start);
    this.encoder.hardState(batch, hardState);
    await this.writer.write(batch, true);
    this.writing = false;
    this.replaced = replaced;
    const { index: lastIndex, term: lastTerm } = start;
    return this.take({
      generation,
      boots,
      incarnation,
      hardState,
      start,
      lastIndex,
      lastTerm,
      tail: [],
      laterMemberships: [],
      machine,
    });
  }

  /** Makes what is on disk the state of this object. */
  private take(found: Found): StoredState {
    const { generation, hardState, start, lastIndex, lastTerm, tail, laterMemberships, machine, boots, incarnation } =
      found;
    this.at = found;
    this.machine = machine;
    this.synced = this.chainIndex;
    this.nextGeneration = Math.max(this.nextGeneration, generation + 1);
    this.encoder.reset(generation, machine);
    const fresh = hardState === undefined && lastIndex === 0 && machine === undefined;
    const log = { start, lastIndex, lastTerm, tail, laterMemberships };
    return { fresh, hardState: hardState ?? NEVER_VOTED, ...log, machine, boots, incarnation };
  }

  private async clearGeneration(generation: number): Promise<void> {
    for (const prefix of [Prefix.machine, Prefix.log, Prefix.start])
      await clearRange(
        this.disk,
        this.writer,
        generationKey(prefix, generation),
        generationKey(prefix, generation + 1),
      );
  }

  private opened(): NonNullable<typeof this.at> {
    assert(this.at !== undefined, 'the store is open');
    return this.at;
  }
}
