/** Reading many records: page by page, each verified, with the event loop turning in between. */
import type { Index, Revision } from '../base/ids.js';
import type { KeyVersion } from '../machine/types.js';
import { DecodeError } from '../proto/schema.js';
import type { Entry } from '../raft/types.js';
import { type Disk, forEachPage } from './disk.js';
import type { Guard } from './guard.js';
import { decodeEntry, decodeImageRecord, decodeMachineState } from './records.js';
import { GENERATION_BYTES, generationKey, isOf, Kind, logKey, Prefix, versionKey } from './schema.js';
import type { ImageRecord } from './store.js';

export async function readEntries(
  disk: Disk,
  guard: Guard,
  generation: number,
  first: Index,
  last: Index,
  maxBytes: number,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let bytes = 0;
  await forEachPage(disk.scan(logKey(generation, first), logKey(generation, last + 1)), (page) => {
    for (const [key, stored] of page) {
      const entry = guard.decode(key, stored, (value) => decodeEntry(key, value));
      bytes += entry.data.length;
      if (bytes > maxBytes && entries.length > 0) return false;
      if (entry.index !== first + entries.length)
        throw guard.inconsistent(`log entry ${first + entries.length} is not there`);
      entries.push(entry);
    }
    return true;
  });
  if (entries.length === 0) throw guard.inconsistent(`log entry ${first} is not there`);
  return entries;
}

export async function scanVersions(
  disk: Disk,
  guard: Guard,
  generation: number,
  after: Revision,
  upTo: Revision,
  maxBytes: number,
): Promise<KeyVersion[]> {
  const versions: KeyVersion[] = [];
  if (upTo <= after) return versions;
  let bytes = 0;
  let revision = 0;
  const scan = disk.scan(versionKey(generation, after + 1, 0), versionKey(generation, upTo + 1, 0));
  await forEachPage(scan, (page) => {
    for (const [key, stored] of page) {
      const version = guard.decode(key, stored, (value) => versionOf(key, value));
      if (version.modRevision !== revision && bytes > maxBytes) return false;
      revision = version.modRevision;
      bytes += version.value.length + version.key.length;
      versions.push(version);
    }
    return true;
  });
  return versions;
}

function versionOf(key: Buffer, value: Buffer): KeyVersion {
  const record = decodeImageRecord(key, value);
  if (record.kind !== 'version') throw new DecodeError('it is not a version');
  return record.version;
}

/**
 * Visits all records of the machine but its state. The state must come first, as many versions as it counts must follow, and a record of another
 * range must come next: so records that a damaged key hides are missed.
 */
export async function loadMachine(
  disk: Disk,
  guard: Guard,
  generation: number,
  visit: (record: ImageRecord) => void,
): Promise<void> {
  let expected: number | undefined;
  let versions = 0;
  let ended = false;
  const to = Buffer.of(Prefix.start + 1);
  await forEachPage(disk.scan(generationKey(Prefix.machine, generation), to), (page) => {
    for (const [key, stored] of page) {
      if (!isOf(key, Prefix.machine, generation)) {
        ended = key[0] === Prefix.start || isOf(key, Prefix.machine, key.readUInt32BE(1));
        return false;
      }
      const value = guard.value(key, stored);
      try {
        if (expected === undefined) {
          if (key.length !== GENERATION_BYTES + 1 || key[GENERATION_BYTES] !== Kind.state)
            throw guard.inconsistent("the machine's state is not its first record");
          expected = decodeMachineState(value).versions;
          continue;
        }
        const record = decodeImageRecord(key, value);
        if (record.kind === 'version') versions++;
        visit(record);
      } catch (error) {
        throw guard.damaged(key, error);
      }
    }
    return true;
  });
  if (!ended) throw guard.inconsistent("the machine's last record is not followed by the log's start");
  if (versions !== expected) throw guard.inconsistent(`there are ${versions} versions where ${expected} were written`);
}
