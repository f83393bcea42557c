/** What open() does: whose directory is it, is everything there, what is left over from a crash. */
import { type Index, index, type Term, term } from '../base/ids.js';
import { limits } from '../base/limits.js';
import * as wire from '../proto/record.js';
import type { Entry, HardState, SnapshotMeta } from '../raft/types.js';
import { foreign } from './damage.js';
import { type Disk, type DiskBatch, forEachPage } from './disk.js';
import type { Guard } from './guard.js';
import { clearRange } from './leftovers.js';
import { RecordBuffer } from './record-buffer.js';
import {
  decodeEntry,
  decodeHardState,
  decodeIdentity,
  decodeLogStart,
  decodeMachineState,
  encodeIdentity,
  encodeLogStart,
  type MachineState,
} from './records.js';
import { begin, describe, emptyRanges, FORMAT, generationKey, keys, logKey, Prefix, stateKey } from './schema.js';
import type { Identity, IdentityChoice } from './store.js';
import type { Writer } from './writer.js';

/** The state that counts, as open and install leave it. */
export interface Found {
  readonly generation: number;
  readonly boots: number;
  readonly incarnation: number;
  /** Undefined: never written. */
  readonly hardState: HardState | undefined;
  readonly start: SnapshotMeta;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  readonly tail: readonly Entry[];
  readonly laterMemberships: readonly Entry[];
  readonly machine: MachineState | undefined;
}

const EMPTY_START: SnapshotMeta = {
  index: index(0),
  term: term(0),
  membership: { voters: [], outgoing: [], learners: [] },
};
const FIRST_GENERATION = 1;

/** @param nowMs wall clock, from which the incarnation is made */
export async function openDirectory(
  disk: Disk,
  writer: Writer,
  guard: Guard,
  wanted: Identity | IdentityChoice,
  nowMs: number,
): Promise<Found> {
  const stored = disk.get(keys.identity);
  const found = stored && guard.decode(keys.identity, stored, decodeIdentity);
  const identity = typeof wanted === 'function' ? await wanted(found) : wanted;
  if (stored === undefined) return create(disk, writer, guard, identity, nowMs);
  checkIdentity(disk, guard, stored, identity);
  await checkNothingElse(disk, guard);

  const generation = required(disk, guard, keys.generation, (value) => wire.Generation.decode(value).number);
  const start = required(disk, guard, generationKey(Prefix.start, generation), decodeLogStart);
  const hardState = optional(disk, guard, keys.hardState, decodeHardState);
  const machine = optional(disk, guard, stateKey(generation), decodeMachineState);
  if (
    !machine &&
    (await firstKey(disk, generationKey(Prefix.machine, generation), generationKey(Prefix.machine, generation + 1)))
  )
    throw guard.inconsistent(`${describe(stateKey(generation))} is not there`);
  await clearLeftovers(disk, writer, generation, start.index);
  const settled = Math.max(hardState?.commit ?? 0, machine?.appliedIndex ?? 0, start.index) as Index;
  const log = await readLog(disk, guard, generation, start, settled, machine?.appliedIndex ?? start.index);
  if ((machine?.appliedIndex ?? 0) < start.index)
    throw guard.inconsistent(`the machine stands before the log's start ${start.index}`);
  if (machine && machine.appliedIndex > log.lastIndex)
    throw guard.inconsistent(`the log ends at ${log.lastIndex}, before the machine's index ${machine.appliedIndex}`);

  const earlier = required(disk, guard, keys.boots, wire.Boots.decode);
  const boots = earlier.count + 1;
  const incarnation = Math.max(earlier.incarnation + 1, nowMs);
  const batch = disk.batch();
  putSingle(batch, keys.boots, wire.Boots.encode({ count: boots, incarnation }));
  await writer.write(batch, true);
  return { generation, boots, incarnation, hardState, start, machine, ...log };
}

/** One synced batch, so that a directory is either empty or whole. */
async function create(disk: Disk, writer: Writer, guard: Guard, identity: Identity, nowMs: number): Promise<Found> {
  const incarnation = Math.max(1, nowMs);
  if (disk.get(keys.boots) || disk.get(keys.generation))
    throw guard.inconsistent(`${describe(keys.identity)} is not there`);
  if (await firstKey(disk, Buffer.of(), Buffer.of(0xff, 0xff)))
    throw foreign(disk.directory, 'holds a database that is not of Quorate: give this member a directory of its own');
  const batch = disk.batch();
  putSingle(batch, keys.identity, encodeIdentity(identity, FORMAT));
  putGeneration(batch, FIRST_GENERATION, EMPTY_START);
  putSingle(batch, keys.boots, wire.Boots.encode({ count: 1, incarnation }));
  await writer.write(batch, true);
  return {
    generation: FIRST_GENERATION,
    boots: 1,
    incarnation,
    hardState: undefined,
    start: EMPTY_START,
    lastIndex: EMPTY_START.index,
    lastTerm: EMPTY_START.term,
    tail: [],
    laterMemberships: [],
    machine: undefined,
  };
}

/** Makes `generation` the one that counts, with a log that begins at `start`. */
export function putGeneration(batch: DiskBatch, generation: number, start: SnapshotMeta): void {
  putSingle(batch, keys.generation, wire.Generation.encode({ number: generation }));
  putLogStart(batch, generation, start);
}

export function putLogStart(batch: DiskBatch, generation: number, start: SnapshotMeta): void {
  const out = new RecordBuffer();
  begin.logStart(out, generation);
  out.bytes(encodeLogStart(start));
  out.finish();
  batch.put(out.key, out.value);
}

function putSingle(batch: DiskBatch, key: Buffer, value: Buffer): void {
  const out = new RecordBuffer();
  begin.single(out, key);
  out.bytes(value);
  out.finish();
  batch.put(out.key, out.value);
}

function checkIdentity(disk: Disk, guard: Guard, stored: Buffer, identity: Identity): void {
  const found = guard.decode(keys.identity, stored, decodeIdentity);
  if (found.format > FORMAT)
    throw foreign(
      disk.directory,
      `was written by a newer version of Quorate (format ${found.format}, this one knows ${FORMAT}): run that version or a later one`,
    );
  if (found.clusterId !== identity.clusterId)
    throw foreign(
      disk.directory,
      `belongs to another cluster (id ${found.clusterId}, this one is ${identity.clusterId}): give this member its own directory`,
    );
  if (found.memberId !== identity.memberId)
    throw foreign(
      disk.directory,
      `belongs to member ${found.memberName}, not to ${identity.memberName}: give this member its own directory`,
    );
}

/** A record outside all ranges of the schema is one whose key was damaged. */
async function checkNothingElse(disk: Disk, guard: Guard): Promise<void> {
  for (const [from, to] of emptyRanges) {
    const key = await firstKey(disk, from, to);
    if (key) throw guard.inconsistent(`there is ${describe(key)}, which nothing writes`);
  }
}

async function firstKey(disk: Disk, from: Buffer, to: Buffer): Promise<Buffer | undefined> {
  const scan = disk.scan(from, to);
  const page = await scan.next();
  await scan.close();
  return page[0]?.[0];
}

function optional<T>(disk: Disk, guard: Guard, key: Buffer, decode: (value: Buffer) => T): T | undefined {
  const stored = disk.get(key);
  return stored === undefined ? undefined : guard.decode(key, stored, decode);
}

function required<T>(disk: Disk, guard: Guard, key: Buffer, decode: (value: Buffer) => T): T {
  const found = optional(disk, guard, key, decode);
  if (found === undefined) throw guard.inconsistent(`${describe(key)} is not there`);
  return found;
}

/** Entries before the log's start (a crash during trimming), and all other generations (a crash during an install). */
async function clearLeftovers(disk: Disk, writer: Writer, generation: number, startIndex: number): Promise<void> {
  await clearRange(disk, writer, Buffer.of(Prefix.log), logKey(generation, startIndex + 1));
  await clearOthers(disk, writer, Prefix.log, generation, Buffer.of(Prefix.log + 1), false);
  await clearOthers(disk, writer, Prefix.machine, generation, Buffer.of(Prefix.machine + 1), true);
  await clearOthers(disk, writer, Prefix.start, generation, Buffer.of(Prefix.start + 1), true);
}

async function clearOthers(
  disk: Disk,
  writer: Writer,
  prefix: number,
  generation: number,
  end: Buffer,
  earlier: boolean,
): Promise<void> {
  if (earlier) await clearRange(disk, writer, Buffer.of(prefix), generationKey(prefix, generation));
  await clearRange(disk, writer, generationKey(prefix, generation + 1), end);
}

/**
 * Reads the whole log, which is bounded by trimming: a gap anywhere shows now and not when a follower asks for it. The tail holds every entry after
 * `settled`, however large: they may have to be compared with a leader's.
 */
async function readLog(
  disk: Disk,
  guard: Guard,
  generation: number,
  start: SnapshotMeta,
  settled: Index,
  applied: Index,
): Promise<Pick<Found, 'lastIndex' | 'lastTerm' | 'tail' | 'laterMemberships'>> {
  const tail: Entry[] = [];
  const laterMemberships: Entry[] = [];
  let first = 0;
  let bytes = 0;
  let lastIndex = start.index;
  let lastTerm = start.term;
  const from = logKey(generation, start.index + 1);
  await forEachPage(disk.scan(from, generationKey(Prefix.log, generation + 1)), (page) => {
    for (const [key, stored] of page) {
      const entry = decodeLogged(guard, key, stored);
      if (entry.index !== lastIndex + 1) throw guard.inconsistent(`log entry ${entry.index} follows ${lastIndex}`);
      if (entry.term < lastTerm) throw guard.inconsistent(`the term of log entry ${entry.index} is too low`);
      lastIndex = entry.index;
      lastTerm = entry.term;
      tail.push(entry);
      if (entry.kind === 'membership' && entry.index > applied) laterMemberships.push(entry);
      bytes += entry.data.length;
      for (
        let oldest = tail[first];
        oldest && oldest.index <= settled && bytes > limits.logTailBytes && first < tail.length - 1;
        oldest = tail[first]
      ) {
        bytes -= oldest.data.length;
        first++;
      }
      if (first > 1000) {
        tail.splice(0, first);
        first = 0;
      }
    }
    return true;
  });
  return { lastIndex, lastTerm, tail: tail.slice(first), laterMemberships };
}

export function decodeLogged(guard: Guard, key: Buffer, stored: Buffer): Entry {
  return guard.decode(key, stored, (value) => decodeEntry(key, value));
}
