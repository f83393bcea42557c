/** Lays out what one turn of the loop writes. Hot: everything per command happens here. */
import { assert, unreachable } from '../base/assert.js';
import type { Index } from '../base/ids.js';
import type { Write } from '../machine/types.js';
import type { Entry, HardState } from '../raft/types.js';
import { ChainHash } from './chain.js';
import type { DiskBatch } from './disk.js';
import { RecordBuffer } from './record-buffer.js';
import {
  encodeHardState,
  encodeMachineState,
  encodeRequest,
  type MachineState,
  writeEntry,
  writeLease,
  writeOrigin,
  writeVersion,
} from './records.js';
import { begin, keys, logKey } from './schema.js';
import type { AppliedWrites } from './store.js';

export class BatchEncoder {
  private readonly out = new RecordBuffer();
  private readonly chain = new ChainHash();
  private versions = 0;
  private generation = 0;

  /** Continues after what is on disk. */
  reset(generation: number, machine: MachineState | undefined): void {
    this.generation = generation;
    this.versions = machine?.versions ?? 0;
    this.chain.set(machine?.chainHash);
  }

  /** Appends entries; those from the first one's index up to `lastIndex` are replaced (Raft §5.3). */
  entries(batch: DiskBatch, entries: readonly Entry[], lastIndex: Index): void {
    const { out } = this;
    let expected = entries[0]?.index;
    for (const entry of entries) {
      assert(entry.index === expected, 'entries of a batch follow each other');
      begin.entry(out, this.generation, entry.index);
      writeEntry(out, entry);
      out.finish();
      batch.put(out.key, out.value);
      expected = (entry.index + 1) as Index;
    }
    if (expected === undefined) return;
    for (let index: number = expected; index <= lastIndex; index++) batch.del(logKey(this.generation, index));
  }

  hardState(batch: DiskBatch, state: HardState): void {
    begin.single(this.out, keys.hardState);
    this.out.bytes(encodeHardState(state));
    this.out.finish();
    batch.put(this.out.key, this.out.value);
  }

  /** Adds the writes and the machine's state after them, which is returned. */
  applied(batch: DiskBatch, applied: readonly AppliedWrites[]): MachineState | undefined {
    let last: AppliedWrites | undefined;
    for (const step of applied) {
      for (const write of step.writes) this.write(batch, write);
      this.chain.batchEnds(step);
      last = step;
    }
    if (!last) return undefined;
    assert(this.versions >= 0, 'no more versions are dropped than were written');
    const state: MachineState = {
      ...last.meta,
      membership: last.membership,
      chainHash: this.chain.toString(),
      versions: this.versions,
    };
    begin.state(this.out, this.generation);
    this.out.bytes(encodeMachineState(state));
    this.out.finish();
    batch.put(this.out.key, this.out.value);
    return state;
  }

  private write(batch: DiskBatch, write: Write): void {
    const { out, generation } = this;
    switch (write.kind) {
      case 'version':
        begin.version(out, generation, write.version.modRevision, write.version.sub);
        writeVersion(out, write.version);
        this.versions++;
        this.put(batch);
        return;
      case 'dropVersion':
        begin.version(out, generation, write.ref.revision, write.ref.sub);
        this.versions--;
        this.del(batch);
        return;
      case 'lease':
        begin.lease(out, generation, write.id);
        if (!write.lease) {
          this.del(batch);
          return;
        }
        writeLease(out, write.lease);
        this.put(batch);
        return;
      case 'request':
        begin.request(out, generation, write.id);
        if (!write.record) {
          this.del(batch);
          return;
        }
        out.bytes(encodeRequest(write.record));
        this.put(batch);
        return;
      case 'origin':
        begin.origin(out, generation, write.member);
        writeOrigin(out, write.state);
        this.put(batch);
        return;
      default:
        unreachable(write);
    }
  }

  private put(batch: DiskBatch): void {
    this.chain.written(this.out.finish());
    batch.put(this.out.key, this.out.value);
  }

  private del(batch: DiskBatch): void {
    this.chain.deleted(this.out.finishKey());
    batch.del(this.out.key);
  }
}
