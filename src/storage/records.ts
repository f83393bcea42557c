/**
 * Every record's value as bytes and back. Values are protobuf (proto/quorate/internal/record.proto) followed by a CRC-32 over key and value. What is
 * written for every command is laid out by hand: a third of protobufjs' time; a test holds both against each other.
 */
import { crc32 } from 'node:zlib';
import {
  clusterTime,
  index,
  type Key,
  keyOf,
  type LeaseId,
  type MemberId,
  NO_LEASE,
  revision,
  term,
} from '../base/ids.js';
import type {
  Command,
  KeyVersion,
  LeaseState,
  MachineMeta,
  OriginState,
  RequestState,
  VersionRef,
} from '../machine/types.js';
import { membershipOf, membershipRecord } from '../proto/membership.js';
import * as wire from '../proto/record.js';
import { DecodeError } from '../proto/schema.js';
import type { Entry, EntryKind, HardState, Membership, SnapshotMeta } from '../raft/types.js';
import { CHECKSUM_BYTES, type RecordBuffer } from './record-buffer.js';
import { outcomeFromRecord, outcomeToRecord } from './results.js';
import { GENERATION_BYTES, indexOf, Kind, originOf, uncoveredBytes, versionRefOf } from './schema.js';
import type { Identity, ImageRecord } from './store.js';

/** The machine's state with what storage keeps beside it. */
export type MachineState = MachineMeta & {
  readonly membership: Membership;
  readonly chainHash: string;
  /** Versions kept. */
  readonly versions: number;
};

/**
 * The value without its checksum, as a view.
 * @throws DecodeError when the checksum is wrong
 */
export function checkedValue(key: Buffer, stored: Buffer): Buffer {
  const end = stored.length - CHECKSUM_BYTES;
  if (end < 0) throw new DecodeError('it is too short');
  const value = stored.subarray(0, end);
  const covered = uncoveredBytes(key);
  if (crc32(value, crc32(covered === 0 ? key : key.subarray(covered))) !== stored.readUInt32BE(end))
    throw new DecodeError('its checksum is wrong');
  return value;
}

// ---- singles ----

export function encodeIdentity(identity: Identity, format: number): Buffer {
  return wire.Identity.encode({ format, ...identity });
}
export function decodeIdentity(value: Buffer): Identity & { readonly format: number } {
  const record = wire.Identity.decode(value);
  return {
    format: record.format,
    clusterId: record.clusterId as Identity['clusterId'],
    memberId: record.memberId as MemberId,
    memberName: record.memberName,
  };
}

export function encodeHardState(state: HardState): Buffer {
  const { term, votedFor, commit, recovering } = state;
  return wire.HardState.encode({ term, votedFor: votedFor ?? 0, commit, recovering });
}
export function decodeHardState(value: Buffer): HardState {
  const record = wire.HardState.decode(value);
  return {
    term: term(record.term),
    votedFor: record.votedFor === 0 ? undefined : (record.votedFor as MemberId),
    commit: index(record.commit),
    recovering: record.recovering,
  };
}

export function encodeLogStart(start: SnapshotMeta): Buffer {
  return wire.LogStart.encode({ index: start.index, term: start.term, membership: membershipRecord(start.membership) });
}
export function decodeLogStart(value: Buffer): SnapshotMeta {
  const record = wire.LogStart.decode(value);
  return { index: index(record.index), term: term(record.term), membership: decodeMembership(record.membership) };
}

function decodeMembership(record: wire.Membership | null): Membership {
  if (!record) throw new DecodeError('it names no members');
  return membershipOf(record);
}

export function encodeMachineState(state: MachineState): Buffer {
  return wire.MachineRecord.encode({
    appliedIndex: state.appliedIndex,
    appliedTerm: state.appliedTerm,
    revision: state.revision,
    compactedRevision: state.compactedRevision,
    ...(state.compactionCursor === undefined
      ? {}
      : { compactionCursor: Buffer.from(state.compactionCursor, 'latin1') }),
    clock: state.clock,
    chainHash: state.chainHash,
    membership: membershipRecord(state.membership),
    versions: state.versions,
  });
}
export function decodeMachineState(value: Buffer): MachineState {
  const record = wire.MachineRecord.decode(value);
  return {
    appliedIndex: index(record.appliedIndex),
    appliedTerm: term(record.appliedTerm),
    revision: revision(record.revision),
    compactedRevision: revision(record.compactedRevision),
    compactionCursor: record.compactionCursor ? keyOf(record.compactionCursor) : undefined,
    clock: clusterTime(record.clock),
    chainHash: record.chainHash,
    membership: decodeMembership(record.membership),
    versions: record.versions,
  };
}

// ---- log ----

const entryKinds: readonly EntryKind[] = ['noop', 'commands', 'membership'];

export function writeEntry(out: RecordBuffer, entry: Entry): void {
  out.numberField(1, entry.term);
  out.numberField(2, entryKinds.indexOf(entry.kind));
  out.bytesField(3, entry.data);
}
export function decodeEntry(key: Buffer, value: Buffer): Entry {
  const record = wire.LogEntry.decode(value);
  const kind = entryKinds[record.kind];
  if (kind === undefined) throw new DecodeError(`unknown kind ${record.kind}`);
  const position = indexOf(key);
  if (position === undefined) throw new DecodeError('its key has a wrong length');
  return { index: index(position), term: term(record.term), kind, data: record.data };
}

// ---- machine ----

export function writeVersion(out: RecordBuffer, version: KeyVersion): void {
  out.latin1Field(1, version.key);
  out.bytesField(2, version.value);
  out.numberField(3, version.createRevision);
  out.numberField(4, version.version);
  out.latin1Field(5, version.lease);
  out.numberField(6, version.deleted ? 1 : 0);
}
export function writeLease(out: RecordBuffer, lease: LeaseState): void {
  out.numberField(1, lease.ttlMs);
  out.numberField(2, lease.deadline);
  out.numberField(3, lease.ofRegistration ? 1 : 0);
  out.numberField(4, lease.ofMachine ? 1 : 0);
}
export function writeOrigin(out: RecordBuffer, origin: OriginState): void {
  out.numberField(1, origin.incarnation);
  out.numberField(2, origin.lastSequence);
}

/** Reads the fields of a version; ones that it does not know are damage, because nothing else writes them. */
export function decodeVersion(value: Buffer, ref: VersionRef): KeyVersion {
  let key = '' as Key;
  let data: Buffer = value.subarray(0, 0);
  let createRevision = 0;
  let version = 0;
  let lease: LeaseId = NO_LEASE;
  let deleted = false;
  let at = 0;
  while (at < value.length) {
    const tag = value[at++];
    let number = 0;
    let scale = 1;
    for (;;) {
      const byte = value[at++];
      if (byte === undefined) throw new DecodeError('a version is cut off');
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    const end = at + number;
    switch (tag) {
      case 0x0a:
        key = value.toString('latin1', at, end) as Key;
        at = end;
        break;
      case 0x12:
        data = value.subarray(at, end);
        at = end;
        break;
      case 0x18:
        createRevision = number;
        break;
      case 0x20:
        version = number;
        break;
      case 0x2a:
        lease = value.toString('latin1', at, end) as LeaseId;
        at = end;
        break;
      case 0x30:
        deleted = number !== 0;
        break;
      default:
        throw new DecodeError(`a version has an unknown field ${tag}`);
    }
  }
  if (at !== value.length) throw new DecodeError('a version is cut off');
  return {
    key,
    value: data,
    createRevision: revision(createRevision),
    modRevision: ref.revision,
    sub: ref.sub,
    version,
    lease,
    deleted,
  };
}

/** One record of the machine but its state. @throws DecodeError */
export function decodeImageRecord(key: Buffer, value: Buffer): ImageRecord {
  switch (key[GENERATION_BYTES]) {
    case Kind.version: {
      const ref = versionRefOf(key);
      if (!ref) throw new DecodeError('its key has a wrong length');
      return { kind: 'version', version: decodeVersion(value, ref) };
    }
    case Kind.lease: {
      const record = wire.LeaseRecord.decode(value);
      const lease: LeaseState = {
        ttlMs: record.ttlMs,
        deadline: clusterTime(record.deadlineMs),
        ofRegistration: record.ofRegistration,
        ofMachine: record.ofMachine,
      };
      return { kind: 'lease', id: key.toString('latin1', GENERATION_BYTES + 1) as LeaseId, lease };
    }
    case Kind.origin: {
      const record = wire.OriginRecord.decode(value);
      const member = originOf(key);
      if (member === undefined) throw new DecodeError('its key has a wrong length');
      return { kind: 'origin', member, state: { incarnation: record.incarnation, lastSequence: record.lastSequence } };
    }
    case Kind.request:
      return {
        kind: 'request',
        id: key.toString('utf8', GENERATION_BYTES + 1),
        record: decodeRequest(value),
      };
    default:
      throw new DecodeError('it is of an unknown kind');
  }
}

/** Field number of each kind of command in the message Command. */
const commandNumbers: Readonly<Record<Command['kind'], number>> = {
  put: 1,
  deleteRange: 2,
  txn: 3,
  compact: 4,
  leaseGrant: 5,
  leaseRevoke: 6,
  leaseKeepAlive: 7,
  configPublish: 8,
  configRollback: 9,
  register: 10,
  deregister: 11,
  setStatus: 12,
  setHealth: 13,
  putService: 14,
};
const commandKinds = new Map(
  (Object.keys(commandNumbers) as Command['kind'][]).map((kind) => [commandNumbers[kind], kind]),
);

export function encodeRequest(request: RequestState): Buffer {
  return wire.RequestRecord.encode({
    appliedAtMs: request.appliedAt,
    outcome: outcomeToRecord(request.outcome),
    index: request.index,
    position: request.position,
    command: commandNumbers[request.command],
  });
}
export function decodeRequest(value: Buffer): RequestState {
  const record = wire.RequestRecord.decode(value);
  if (!record.outcome) throw new DecodeError('it has no outcome');
  const command = commandKinds.get(record.command);
  if (command === undefined) throw new DecodeError(`unknown command ${record.command}`);
  return {
    index: index(record.index),
    position: record.position,
    appliedAt: clusterTime(record.appliedAtMs),
    command,
    outcome: outcomeFromRecord(record.outcome),
  };
}
