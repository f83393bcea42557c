/** Outcomes of commands to and from their protobuf form: the request ledger keeps them on disk. */
import { assert, unreachable } from '../base/assert.js';
import { type Reason, reasons } from '../base/errors.js';
import { type Key, keyBytes, keyOf, type LeaseId, revision } from '../base/ids.js';
import type { ErrorResult, KeyVersion, OperationResult, Outcome, RangeResult, Result } from '../machine/types.js';
import type * as wire from '../proto/record.js';
import { DecodeError } from '../proto/schema.js';

export function outcomeToRecord(outcome: Outcome): wire.OutcomeIn {
  return { revision: outcome.revision, ...resultToRecord(outcome.result) };
}

function resultToRecord(result: Result): wire.OutcomeIn {
  switch (result.kind) {
    case 'error':
      return { error: { reason: result.reason, message: result.message, metadata: { ...result.metadata } } };
    case 'put':
    case 'deleteRange':
    case 'range':
    case 'txn':
      return operationToRecord(result);
    case 'compact':
      return { compactedRevision: result.compactedRevision };
    case 'leaseGrant':
      return { leaseGrant: { id: result.id, ttlMs: result.ttlMs } };
    case 'leaseRevoke':
      return { leaseRevoke: true };
    case 'leaseKeepAlive':
      return { leaseKeepAlive: { ttlsMs: [...result.ttlsMs] } };
    case 'configPublish':
      return { configPublish: { versions: [...result.versions] } };
    case 'register':
      return { register: { id: result.lease, ttlMs: result.ttlMs } };
    case 'deregister':
      return { deregister: true };
    case 'setStatus':
      return { setStatus: true };
    case 'setHealth':
      return { setHealth: true };
    case 'putService':
      return { putService: result.version };
    default:
      return unreachable(result);
  }
}

function operationToRecord(result: OperationResult): NonNullable<wire.OperationResultIn> {
  switch (result.kind) {
    case 'put':
      return { put: result.previous ? { previous: versionToRecord(result.previous) } : {} };
    case 'deleteRange':
      return { deleteRange: { deleted: result.deleted, previous: result.previous.map(versionToRecord) } };
    case 'range':
      return { range: { items: result.items.map(versionToRecord), count: result.count, more: result.more } };
    case 'txn':
      return { txn: { succeeded: result.succeeded, responses: result.responses.map(operationToRecord) } };
    default:
      return unreachable(result);
  }
}

function versionToRecord(version: KeyVersion): wire.KeyVersionIn {
  return {
    key: keyBytes(version.key),
    value: version.value,
    createRevision: version.createRevision,
    version: version.version,
    lease: version.lease,
    deleted: version.deleted,
    modRevision: version.modRevision,
    sub: version.sub,
  };
}

/** @throws DecodeError when it is not the record of an outcome */
export function outcomeFromRecord(record: wire.Outcome): Outcome {
  return { result: resultFromRecord(record), revision: revision(record.revision) };
}

function resultFromRecord(record: wire.Outcome): Result {
  if (record.error) return errorFromRecord(record.error);
  if (record.compactedRevision !== undefined)
    return { kind: 'compact', compactedRevision: revision(record.compactedRevision) };
  if (record.leaseGrant)
    return { kind: 'leaseGrant', id: record.leaseGrant.id as LeaseId, ttlMs: record.leaseGrant.ttlMs };
  if (record.leaseRevoke) return { kind: 'leaseRevoke' };
  if (record.leaseKeepAlive) return { kind: 'leaseKeepAlive', ttlsMs: record.leaseKeepAlive.ttlsMs };
  if (record.configPublish) return { kind: 'configPublish', versions: record.configPublish.versions };
  if (record.register) return { kind: 'register', lease: record.register.id as LeaseId, ttlMs: record.register.ttlMs };
  if (record.deregister) return { kind: 'deregister' };
  if (record.setStatus) return { kind: 'setStatus' };
  if (record.setHealth) return { kind: 'setHealth' };
  if (record.putService !== undefined) return { kind: 'putService', version: record.putService };
  const { put, deleteRange, range, txn } = record;
  return operationFromRecord({ put, deleteRange, range, txn });
}

function errorFromRecord(error: wire.ErrorResult): ErrorResult {
  if (!isReason(error.reason)) throw new DecodeError(`unknown reason ${error.reason}`);
  return { kind: 'error', reason: error.reason, message: error.message, metadata: { ...error.metadata } };
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}

function operationFromRecord(record: Omit<wire.OperationResult, 'result'>): OperationResult {
  if (record.put)
    return { kind: 'put', previous: record.put.previous ? versionFromRecord(record.put.previous) : undefined };
  if (record.deleteRange)
    return {
      kind: 'deleteRange',
      deleted: record.deleteRange.deleted,
      previous: record.deleteRange.previous.map(versionFromRecord),
    };
  if (record.range) return rangeFromRecord(record.range);
  if (record.txn)
    return {
      kind: 'txn',
      succeeded: record.txn.succeeded,
      responses: record.txn.responses.map(operationFromRecord),
    };
  throw new DecodeError('an outcome without a result');
}

function rangeFromRecord(range: wire.RangeResult): RangeResult {
  return { kind: 'range', items: range.items.map(versionFromRecord), count: range.count, more: range.more };
}

function versionFromRecord(record: wire.KeyVersion): KeyVersion {
  assert(record.modRevision > 0, 'a version inside a result names its revision');
  return {
    key: keyOf(record.key) as Key,
    value: record.value,
    createRevision: revision(record.createRevision),
    modRevision: revision(record.modRevision),
    sub: record.sub,
    version: record.version,
    lease: record.lease as LeaseId,
    deleted: record.deleted,
  };
}
