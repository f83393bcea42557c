/** What is in a snapshot. */
import { present } from '../base/assert.js';
import type { Key } from '../base/ids.js';
import { DecodeError } from '../proto/schema.js';
import { decodeImageRecord, decodeMachineState, type MachineState } from '../storage/records.js';
import { GENERATION_BYTES, Kind } from '../storage/schema.js';
import { imageRecords, type RawRecord } from './image-records.js';
import type { SnapshotMetadata } from './layout.js';
import { unusable } from './snapshot-error.js';
import { SnapshotFile } from './snapshot-file.js';

export interface SnapshotSummary {
  /** Undefined: saved by etcdctl. */
  readonly metadata: SnapshotMetadata | undefined;
  readonly state: MachineState;
  /** Keys that live at its revision. */
  readonly keys: number;
  /** Versions of keys, older ones and tombstones too. */
  readonly versions: number;
  readonly leases: number;
  /** Of the file. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a whole file, verifies its hash and decodes each of its records.
 * @throws FatalError
 */
export async function inspectSnapshot(path: string): Promise<SnapshotSummary> {
  const file = await SnapshotFile.verified(path);
  const count = new Count();
  try {
    for await (const records of imageRecords(file.image())) for (const record of records) count.add(record);
    const { bytes, metadata, sha256 } = file;
    return { metadata, ...count.result, bytes, sha256 };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unusable(
      path,
      `cannot be understood (${error.message}): a newer version of Quorate may have saved it`,
      error,
    );
  }
}

const generation = Buffer.alloc(GENERATION_BYTES);

class Count {
  private state: MachineState | undefined;
  private readonly live = new Set<Key>();
  private versions = 0;
  private leases = 0;

  add({ key, value }: RawRecord): void {
    if (key.length === 1 && key[0] === Kind.state) {
      this.state = decodeMachineState(value);
      return;
    }
    const record = decodeImageRecord(Buffer.concat([generation, key]), value);
    if (record.kind === 'lease') this.leases++;
    if (record.kind !== 'version') return;
    this.versions++;
    // They come in the order of revisions.
    if (record.version.deleted) this.live.delete(record.version.key);
    else this.live.add(record.version.key);
  }

  get result(): Pick<SnapshotSummary, 'state' | 'keys' | 'versions' | 'leases'> {
    if (!this.state) throw new DecodeError('it does not say where the state stands');
    const state = present(this.state, 'the state was found');
    if (state.versions !== this.versions)
      throw new DecodeError(`it has ${this.versions} versions, not ${state.versions}`);
    return { state, keys: this.live.size, versions: this.versions, leases: this.leases };
  }
}
