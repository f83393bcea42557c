/**
 * The table of keys. Numbers are big-endian, so the order of bytes is the order of numbers. What the installation of an image replaces lives under a
 * generation: records of a new generation are invisible until `g` names it.
 *
 *   L <gen u32> <index u64>               a log entry
 *   M <gen u32> a                         where the machine stands
 *   M <gen u32> l <lease id>              a lease
 *   M <gen u32> o <member u64>            an origin
 *   M <gen u32> r <request id, UTF-8>     a remembered request
 *   M <gen u32> v <revision u64><sub u32> a version of a key
 *   S <gen u32>                           where the log begins
 *   b                                     starts of this directory
 *   g                                     the generation that counts
 *   h                                     Raft's hard state
 *   i                                     format and identity
 *
 * So the machine's records come with their state first and the versions last, in revision order; and the first record after the last
 * generation's machine is a log start, which shows that none is missing at the end.
 */
import type { Index, LeaseId, MemberId } from '../base/ids.js';
import type { VersionRef } from '../machine/types.js';
import type { RecordBuffer } from './record-buffer.js';

/** Layout of keys and records; a directory with a higher number is refused. */
export const FORMAT = 1;

const code = (letter: string): number => letter.charCodeAt(0);

export const Prefix = {
  log: code('L'),
  machine: code('M'),
  start: code('S'),
  boots: code('b'),
  generation: code('g'),
  hardState: code('h'),
  identity: code('i'),
} as const;

/** First byte of a machine record after its generation. */
export const Kind = {
  state: code('a'),
  lease: code('l'),
  origin: code('o'),
  request: code('r'),
  version: code('v'),
} as const;

/** Bytes before what a key says within its generation. */
export const GENERATION_BYTES = 5;

export const keys = {
  boots: Buffer.of(Prefix.boots),
  generation: Buffer.of(Prefix.generation),
  hardState: Buffer.of(Prefix.hardState),
  identity: Buffer.of(Prefix.identity),
} as const;

/** Ranges [from, to) in which no record may lie: one that does has a damaged key, or the database is not Quorate's. */
export const emptyRanges: readonly (readonly [Buffer, Buffer])[] = [
  [Buffer.of(), Buffer.of(Prefix.log)],
  [Buffer.of(Prefix.machine + 1), Buffer.of(Prefix.start)],
  [Buffer.of(Prefix.start + 1), keys.boots],
  [after(keys.boots), keys.generation],
  [after(keys.generation), keys.hardState],
  [after(keys.hardState), keys.identity],
  [after(keys.identity), Buffer.of(0xff, 0xff)],
];

export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** How many bytes of a key the record's checksum leaves out: its generation, so that a record is the same in every generation. */
export function uncoveredBytes(key: Uint8Array): number {
  const prefix = key[0];
  return prefix === Prefix.log || prefix === Prefix.machine || prefix === Prefix.start ? GENERATION_BYTES : 0;
}

/** `L`, `M` or `S` with a generation: the key of the log start, and the beginning of all keys of log and machine. */
export function generationKey(prefix: number, generation: number): Buffer {
  const key = Buffer.allocUnsafe(GENERATION_BYTES);
  key[0] = prefix;
  key.writeUInt32BE(generation, 1);
  return key;
}

export function logKey(generation: number, index: number): Buffer {
  const key = Buffer.allocUnsafe(GENERATION_BYTES + 8);
  key[0] = Prefix.log;
  key.writeUInt32BE(generation, 1);
  writeUint64(key, index, GENERATION_BYTES);
  return key;
}

export function stateKey(generation: number): Buffer {
  return Buffer.concat([generationKey(Prefix.machine, generation), Buffer.of(Kind.state)]);
}

const VERSION_KEY_BYTES = GENERATION_BYTES + 1 + 8 + 4;

export function versionKey(generation: number, revision: number, sub: number): Buffer {
  const key = Buffer.allocUnsafe(VERSION_KEY_BYTES);
  key[0] = Prefix.machine;
  key.writeUInt32BE(generation, 1);
  key[GENERATION_BYTES] = Kind.version;
  writeUint64(key, revision, GENERATION_BYTES + 1);
  key.writeUInt32BE(sub, GENERATION_BYTES + 9);
  return key;
}

/** Starts records in a buffer by writing their keys. */
export const begin = {
  single(out: RecordBuffer, key: Buffer): void {
    out.start(0);
    out.bytes(key);
    out.startValue();
  },
  logStart(out: RecordBuffer, generation: number): void {
    startKey(out, Prefix.start, generation);
    out.startValue();
  },
  entry(out: RecordBuffer, generation: number, index: Index): void {
    startKey(out, Prefix.log, generation);
    out.uint64(index);
    out.startValue();
  },
  state(out: RecordBuffer, generation: number): void {
    startKey(out, Prefix.machine, generation);
    out.byte(Kind.state);
    out.startValue();
  },
  lease(out: RecordBuffer, generation: number, id: LeaseId): void {
    startKey(out, Prefix.machine, generation);
    out.byte(Kind.lease);
    out.text(id, 'latin1');
    out.startValue();
  },
  origin(out: RecordBuffer, generation: number, member: MemberId): void {
    startKey(out, Prefix.machine, generation);
    out.byte(Kind.origin);
    out.uint64(member);
    out.startValue();
  },
  request(out: RecordBuffer, generation: number, id: string): void {
    startKey(out, Prefix.machine, generation);
    out.byte(Kind.request);
    out.text(id, 'utf8');
    out.startValue();
  },
  version(out: RecordBuffer, generation: number, revision: number, sub: number): void {
    startKey(out, Prefix.machine, generation);
    out.byte(Kind.version);
    out.uint64(revision);
    out.uint32(sub);
    out.startValue();
  },
  /** A machine record whose key within the generation is given. */
  machine(out: RecordBuffer, generation: number, suffix: Uint8Array): void {
    startKey(out, Prefix.machine, generation);
    out.bytes(suffix);
    out.startValue();
  },
} as const;

function startKey(out: RecordBuffer, prefix: number, generation: number): void {
  out.start(GENERATION_BYTES);
  out.byte(prefix);
  out.uint32(generation);
}

/** Index of a log entry's key; undefined when the key has another length. */
export function indexOf(key: Buffer): number | undefined {
  return key.length === GENERATION_BYTES + 8 ? readUint64(key, GENERATION_BYTES) : undefined;
}

export function versionRefOf(key: Buffer): VersionRef | undefined {
  if (key.length !== VERSION_KEY_BYTES) return undefined;
  return {
    revision: readUint64(key, GENERATION_BYTES + 1) as VersionRef['revision'],
    sub: key.readUInt32BE(GENERATION_BYTES + 9),
  };
}

export function originOf(key: Buffer): MemberId | undefined {
  return key.length === GENERATION_BYTES + 9 ? (readUint64(key, GENERATION_BYTES + 1) as MemberId) : undefined;
}

/** Whether the key belongs to the given prefix and generation. */
export function isOf(key: Buffer, prefix: number, generation: number): boolean {
  return key.length >= GENERATION_BYTES && key[0] === prefix && key.readUInt32BE(1) === generation;
}

/** A key for people. */
export function describe(key: Buffer): string {
  const generation = key.length >= GENERATION_BYTES ? key.readUInt32BE(1) : 0;
  switch (key[0]) {
    case Prefix.log:
      return `log entry ${indexOf(key) ?? key.toString('hex')}`;
    case Prefix.start:
      return `the log's start (generation ${generation})`;
    case Prefix.boots:
      return 'the boot counter';
    case Prefix.generation:
      return 'the generation record';
    case Prefix.hardState:
      return "Raft's hard state";
    case Prefix.identity:
      return 'the identity record';
    case Prefix.machine:
      return describeMachine(key);
    default:
      return `the record with key ${key.toString('hex')}`;
  }
}

function describeMachine(key: Buffer): string {
  switch (key[GENERATION_BYTES]) {
    case Kind.state:
      return "the machine's state";
    case Kind.lease:
      return `lease ${key.toString('latin1', GENERATION_BYTES + 1)}`;
    case Kind.origin:
      return `the origin record of member ${originOf(key) ?? '?'}`;
    case Kind.request:
      return `the request record ${JSON.stringify(key.toString('utf8', GENERATION_BYTES + 1))}`;
    case Kind.version: {
      const ref = versionRefOf(key);
      return ref ? `the version of revision ${ref.revision} (change ${ref.sub})` : `a version (${key.toString('hex')})`;
    }
    default:
      return `the record with key ${key.toString('hex')}`;
  }
}

function writeUint64(key: Buffer, value: number, offset: number): void {
  const high = Math.floor(value / 4_294_967_296);
  key.writeUInt32BE(high, offset);
  key.writeUInt32BE(value - high * 4_294_967_296, offset + 4);
}

function readUint64(key: Buffer, offset: number): number {
  return key.readUInt32BE(offset) * 4_294_967_296 + key.readUInt32BE(offset + 4);
}
