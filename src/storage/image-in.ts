/** An image on its way in: verified, and staged under a generation that nobody reads until commit. */
import { createHash } from 'node:crypto';
import { assert } from '../base/assert.js';
import { limits } from '../base/limits.js';
import { DecodeError } from '../proto/schema.js';
import type { HardState, SnapshotMeta } from '../raft/types.js';
import type { Disk } from './disk.js';
import { FRAME_BYTES } from './image-out.js';
import { RecordBuffer } from './record-buffer.js';
import { decodeImageRecord, decodeMachineState, type MachineState } from './records.js';
import { begin, GENERATION_BYTES, Kind } from './schema.js';
import { ImageError, type StagedImage, type StoredState } from './store.js';
import type { Writer } from './writer.js';

/** No key or value of a record is larger: a larger length is garbage and must not reserve memory. */
const LARGEST_RECORD_BYTES = limits.peerMessageBytes;

/** What the store does with an image that is complete and right. */
export interface Installer {
  install(generation: number, state: MachineState, start: SnapshotMeta, hardState: HardState): Promise<StoredState>;
  /** Clears the records of a generation that will not be used. */
  discard(generation: number): Promise<void>;
}

export class ImageIn implements StagedImage {
  private readonly hash = createHash('sha256');
  private readonly out = new RecordBuffer();
  private rest: Buffer = Buffer.alloc(0);
  private state: MachineState | undefined;
  private versions = 0;
  private previous: Buffer | undefined;
  private closed = false;
  private pending: Promise<void> = Promise.resolve();

  constructor(
    private readonly generation: number,
    private readonly disk: Disk,
    private readonly writer: Writer,
    private readonly installer: Installer,
  ) {}

  write(chunk: Uint8Array): Promise<void> {
    this.pending = this.stage(chunk);
    return this.pending;
  }

  private async stage(chunk: Uint8Array): Promise<void> {
    this.assertOpen();
    this.hash.update(chunk);
    const bytes = this.rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.rest, chunk]);
    const batch = this.disk.batch();
    let at = 0;
    while (bytes.length - at >= FRAME_BYTES) {
      const keyLength = bytes.readUInt32BE(at);
      const valueLength = bytes.readUInt32BE(at + 4);
      if (keyLength + valueLength > LARGEST_RECORD_BYTES)
        throw new ImageError('the image is not valid: a record has an impossible length');
      const end = at + FRAME_BYTES + keyLength + valueLength;
      if (end > bytes.length) break;
      const valueStart = at + FRAME_BYTES + keyLength;
      this.take(bytes.subarray(at + FRAME_BYTES, valueStart), bytes.subarray(valueStart, end));
      batch.put(this.out.key, this.out.value);
      at = end;
    }
    this.rest = bytes.subarray(at);
    if (batch.length > 0) await this.writer.write(batch, false);
  }

  async commit(start: SnapshotMeta, sha256: string, hardState: HardState): Promise<StoredState> {
    this.assertOpen();
    this.closed = true;
    await this.settled();
    const problem = this.problem(start, sha256);
    if (problem !== undefined || this.state === undefined) {
      await this.installer.discard(this.generation);
      throw new ImageError(`the image is not valid: ${problem ?? 'it is empty'}`);
    }
    return this.installer.install(this.generation, this.state, start, hardState);
  }

  async abort(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.settled();
    await this.installer.discard(this.generation);
  }

  /** A write that is still under way would land after its records were cleared. Its failure was told to who called it. */
  private async settled(): Promise<void> {
    await this.pending.catch(() => undefined);
  }

  private problem(start: SnapshotMeta, sha256: string): string | undefined {
    const found = this.hash.digest('hex');
    if (found !== sha256) return `its SHA-256 is ${found}, not ${sha256}`;
    if (this.rest.length > 0) return 'it ends within a record';
    if (!this.state) return 'it does not say where the machine stands';
    if (this.state.appliedIndex !== start.index || this.state.appliedTerm !== start.term)
      return `it stands at index ${this.state.appliedIndex}, not at ${start.index}`;
    if (this.state.versions !== this.versions) return `it has ${this.versions} versions, not ${this.state.versions}`;
    return undefined;
  }

  /** Checks one record and lays it out with its checksum. */
  private take(suffix: Buffer, value: Buffer): void {
    if (this.previous && Buffer.compare(this.previous, suffix) >= 0)
      throw new ImageError('the image is not valid: its records are out of order');
    this.previous = suffix;
    begin.machine(this.out, this.generation, suffix);
    this.out.bytes(value);
    this.out.finish();
    try {
      if (suffix.length === 1 && suffix[0] === Kind.state) this.state = decodeMachineState(value);
      else decodeImageRecord(Buffer.concat([ZEROS, suffix]), value);
    } catch (error) {
      if (error instanceof DecodeError) throw new ImageError(`the image is not valid: ${error.message}`);
      throw error;
    }
    if (suffix[0] === Kind.version) this.versions++;
  }

  private assertOpen(): void {
    if (this.closed) throw new ImageError('the image was given up for another one');
    assert(this.generation > 0, 'a staged image has a generation');
  }
}

const ZEROS = Buffer.alloc(GENERATION_BYTES);
