/** Commands between the machine's types and the bytes in the log (proto/quorate/internal/command.proto). */
import { unreachable } from '../base/assert.js';
import { type Key, keyBytes, keyOf, type LeaseId, type Revision } from '../base/ids.js';
import type { Command, Compare, CompareTarget, Operation, RangeQuery, Request } from '../machine/types.js';
import * as wire from '../proto/command.js';

const operators = ['equal', 'greater', 'less', 'notEqual'] as const;
const sortOrders = ['none', 'ascend', 'descend'] as const;
const sortTargets = ['key', 'version', 'create', 'mod', 'value'] as const;

/** A command that does nothing: takes the place of one whose caller has gone, so that the sequence has no gap. */
export const voidCommand: Uint8Array = Buffer.alloc(0);
const nothing: Request = { command: { kind: 'txn', compares: [], success: [], failure: [] }, requestId: '' };

export function encodeCommand(command: Command, requestId: string): Uint8Array {
  const message: wire.CommandIn = toWire(command);
  if (requestId !== '') message.requestId = requestId;
  return wire.Command.encode(message);
}

function toWire(command: Command): wire.CommandIn {
  switch (command.kind) {
    case 'put':
      return { put: putToWire(command) };
    case 'deleteRange':
      return { deleteRange: deleteRangeToWire(command) };
    case 'txn':
      return { txn: txnToWire(command) };
    case 'compact':
      return { compact: { revision: command.revision } };
    case 'leaseGrant':
      return { leaseGrant: { id: command.id, ttlMs: command.ttlMs } };
    case 'leaseRevoke':
      return { leaseRevoke: { id: command.id } };
    case 'leaseKeepAlive':
      return { leaseKeepAlive: { ids: [...command.ids] } };
    case 'configPublish':
      return {
        configPublish: {
          changes: command.changes.map(({ namespace, key, content, ifVersion }) =>
            content === 'delete'
              ? { namespace, key, delete: true, ifVersion }
              : { namespace, key, ...content, value: asBuffer(content.value), ifVersion },
          ),
          preconditions: [...command.preconditions],
          author: command.author,
          comment: command.comment,
          publishedAtMs: command.publishedAtMs,
        },
      };
    case 'configRollback': {
      const { kind, ...rollback } = command;
      return { [kind]: rollback };
    }
    case 'register': {
      const { kind, json, ...register } = command;
      return { [kind]: { ...register, json: asBuffer(json) } };
    }
    case 'deregister': {
      const { kind, ...deregister } = command;
      return { [kind]: deregister };
    }
    case 'setStatus': {
      const { kind, ...setStatus } = command;
      return { [kind]: setStatus };
    }
    case 'setHealth': {
      const { kind, ...setHealth } = command;
      return { [kind]: setHealth };
    }
    case 'putService': {
      const { kind, json, ...putService } = command;
      return { [kind]: { ...putService, json: asBuffer(json) } };
    }
    default:
      return unreachable(command);
  }
}

function putToWire(put: Extract<Command, { kind: 'put' }>): wire.PutIn {
  const message: wire.PutIn = { key: keyBytes(put.key), value: asBuffer(put.value) };
  if (put.lease !== '') message.lease = put.lease;
  if (put.prevKv) message.prevKv = true;
  if (put.ignoreValue) message.ignoreValue = true;
  if (put.ignoreLease) message.ignoreLease = true;
  return message;
}

function deleteRangeToWire(command: Extract<Command, { kind: 'deleteRange' }>): wire.DeleteRangeIn {
  return { key: keyBytes(command.key), rangeEnd: endToWire(command.end), prevKv: command.prevKv };
}

function txnToWire(txn: Extract<Command, { kind: 'txn' }>): wire.TxnIn {
  return {
    compares: txn.compares.map(compareToWire),
    success: txn.success.map(operationToWire),
    failure: txn.failure.map(operationToWire),
  };
}

function compareToWire({ operator, key, end, target }: Compare): wire.CompareIn {
  const value = target.kind === 'value' ? asBuffer(target.value) : target.value;
  return { operator: operators.indexOf(operator), key: keyBytes(key), rangeEnd: endToWire(end), [target.kind]: value };
}

function operationToWire(operation: Operation): wire.OperationIn {
  switch (operation.kind) {
    case 'put':
      return { put: putToWire(operation) };
    case 'deleteRange':
      return { deleteRange: deleteRangeToWire(operation) };
    case 'txn':
      return { txn: txnToWire(operation) };
    case 'range':
      return { range: rangeToWire(operation) };
    default:
      return unreachable(operation);
  }
}

function rangeToWire({ kind: _, key, end, sortOrder, sortTarget, ...rest }: RangeQuery): wire.RangeIn {
  return {
    ...rest,
    key: keyBytes(key),
    rangeEnd: endToWire(end),
    sortOrder: sortOrders.indexOf(sortOrder),
    sortTarget: sortTargets.indexOf(sortTarget),
  };
}

/** @throws DecodeError: the log holds bytes that no member wrote */
export function decodeCommand(bytes: Uint8Array): Request {
  if (bytes.length === 0) return nothing;
  const message = wire.Command.decode(bytes);
  return { command: fromWire(message), requestId: message.requestId };
}

function fromWire(message: wire.Command): Command {
  if (message.put) return putFromWire(message.put);
  if (message.txn) return txnFromWire(message.txn);
  if (message.deleteRange) return deleteRangeFromWire(message.deleteRange);
  if (message.leaseKeepAlive) return { kind: 'leaseKeepAlive', ids: message.leaseKeepAlive.ids as LeaseId[] };
  if (message.leaseGrant)
    return { kind: 'leaseGrant', id: message.leaseGrant.id as LeaseId, ttlMs: message.leaseGrant.ttlMs };
  if (message.leaseRevoke) return { kind: 'leaseRevoke', id: message.leaseRevoke.id as LeaseId };
  if (message.compact) return { kind: 'compact', revision: message.compact.revision as Revision };
  if (message.configPublish) return publishFromWire(message.configPublish);
  if (message.configRollback) {
    const { namespace, key, toVersion, ifVersion, author, comment, publishedAtMs } = message.configRollback;
    return { kind: 'configRollback', namespace, key, toVersion, ifVersion, author, comment, publishedAtMs };
  }
  if (message.register) {
    const { namespace, service, instance, json, lease, ttlMs } = message.register;
    return { kind: 'register', namespace, service, instance, json, lease: lease as LeaseId, ttlMs };
  }
  if (message.deregister) {
    const { namespace, service, instance, lease } = message.deregister;
    return { kind: 'deregister', namespace, service, instance, lease: lease as LeaseId };
  }
  if (message.setStatus) {
    const { namespace, service, instance, status, reason, atMs } = message.setStatus;
    return { kind: 'setStatus', namespace, service, instance, status, reason, atMs };
  }
  if (message.setHealth) {
    const { namespace, service, instance, reason, atMs, lease } = message.setHealth;
    const health = message.setHealth.health === 'PASSING' ? 'PASSING' : 'FAILING';
    return { kind: 'setHealth', namespace, service, instance, health, reason, atMs, lease: lease as LeaseId };
  }
  if (message.putService) {
    const { namespace, service, json, ifVersion } = message.putService;
    return { kind: 'putService', namespace, service, json, ifVersion };
  }
  return nothing.command;
}

function publishFromWire(message: wire.ConfigPublish): Command {
  return {
    kind: 'configPublish',
    changes: message.changes.map(({ namespace, key, delete: deleted, value, contentType, sha256, ifVersion }) => ({
      namespace,
      key,
      content: deleted ? 'delete' : { value, contentType, sha256 },
      ifVersion,
    })),
    preconditions: message.preconditions,
    author: message.author,
    comment: message.comment,
    publishedAtMs: message.publishedAtMs,
  };
}

function putFromWire(put: wire.Put): Extract<Command, { kind: 'put' }> {
  return {
    kind: 'put',
    key: keyOf(put.key),
    value: put.value,
    lease: put.lease as LeaseId,
    prevKv: put.prevKv,
    ignoreValue: put.ignoreValue,
    ignoreLease: put.ignoreLease,
  };
}

function deleteRangeFromWire(message: wire.DeleteRange): Extract<Command, { kind: 'deleteRange' }> {
  return {
    kind: 'deleteRange',
    key: keyOf(message.key),
    end: endFromWire(message.rangeEnd),
    prevKv: message.prevKv,
  };
}

function txnFromWire(message: wire.Txn): Extract<Command, { kind: 'txn' }> {
  return {
    kind: 'txn',
    compares: message.compares.map((compare) => ({
      operator: operators[compare.operator] ?? 'equal',
      key: keyOf(compare.key),
      end: endFromWire(compare.rangeEnd),
      target: targetFromWire(compare),
    })),
    success: message.success.map(operationFromWire),
    failure: message.failure.map(operationFromWire),
  };
}

function targetFromWire(compare: wire.Compare): CompareTarget {
  if (compare.value !== undefined) return { kind: 'value', value: compare.value };
  if (compare.createRevision !== undefined) return { kind: 'createRevision', value: compare.createRevision };
  if (compare.modRevision !== undefined) return { kind: 'modRevision', value: compare.modRevision };
  if (compare.lease !== undefined) return { kind: 'lease', value: compare.lease as LeaseId };
  return { kind: 'version', value: compare.version ?? 0 };
}

function operationFromWire(message: wire.Operation): Operation {
  if (message.put) return putFromWire(message.put);
  if (message.deleteRange) return deleteRangeFromWire(message.deleteRange);
  if (message.range) return rangeFromWire(message.range);
  return message.txn ? txnFromWire(message.txn) : { kind: 'txn', compares: [], success: [], failure: [] };
}

function rangeFromWire(range: wire.Range): RangeQuery {
  return {
    kind: 'range',
    key: keyOf(range.key),
    end: endFromWire(range.rangeEnd),
    limit: range.limit,
    revision: range.revision as Revision,
    sortOrder: sortOrders[range.sortOrder] ?? 'none',
    sortTarget: sortTargets[range.sortTarget] ?? 'key',
    keysOnly: range.keysOnly,
    countOnly: range.countOnly,
    minModRevision: range.minModRevision as Revision,
    maxModRevision: range.maxModRevision as Revision,
    minCreateRevision: range.minCreateRevision as Revision,
    maxCreateRevision: range.maxCreateRevision as Revision,
  };
}

function endToWire(end: Key | undefined): Buffer | undefined {
  return end === undefined ? undefined : keyBytes(end);
}
function endFromWire(end: Buffer): Key | undefined {
  return end.length === 0 ? undefined : keyOf(end);
}
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
