/** Short ways to write commands in tests. */
import { type Key, keyOfText, type LeaseId, NO_LEASE, type Revision, revision } from '../../src/base/ids.js';
import type {
  Command,
  Compare,
  CompareTarget,
  ConfigChange,
  ConfigPublishCommand,
  DeleteRangeCommand,
  KeyVersion,
  Operation,
  PutCommand,
  RangeQuery,
  TxnCommand,
} from '../../src/machine/types.js';

export const key = (text: string): Key => keyOfText(text);
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array): string => Buffer.from(value).toString();
export const leaseId = (id: string): LeaseId => id as LeaseId;

export function put(name: string, value: string, options: Partial<PutCommand> = {}): PutCommand {
  return {
    kind: 'put',
    key: key(name),
    value: bytes(value),
    lease: NO_LEASE,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...options,
  };
}

export function del(name: string, end?: string, prevKv = false): DeleteRangeCommand {
  return { kind: 'deleteRange', key: key(name), end: end === undefined ? undefined : key(end), prevKv };
}

export function range(name: string, end?: string, options: Partial<RangeQuery> = {}): RangeQuery {
  return {
    kind: 'range',
    key: key(name),
    end: end === undefined ? undefined : key(end),
    limit: 0,
    revision: revision(0),
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly: false,
    countOnly: false,
    minModRevision: revision(0),
    maxModRevision: revision(0),
    minCreateRevision: revision(0),
    maxCreateRevision: revision(0),
    ...options,
  };
}

export function compare(name: string, operator: Compare['operator'], target: CompareTarget, end?: string): Compare {
  return { operator, key: key(name), end: end === undefined ? undefined : key(end), target };
}

export function txn(compares: Compare[], success: Operation[], failure: Operation[] = []): TxnCommand {
  return { kind: 'txn', compares, success, failure };
}

export const compact = (at: number): Command => ({ kind: 'compact', revision: revision(at) });
export const grant = (id: string, ttlMs: number): Command => ({ kind: 'leaseGrant', id: leaseId(id), ttlMs });
export const revoke = (id: string): Command => ({ kind: 'leaseRevoke', id: leaseId(id) });
export const keepAlive = (...ids: string[]): Command => ({ kind: 'leaseKeepAlive', ids: ids.map(leaseId) });

export function document(name: string, value: string | 'delete', ifVersion?: number): ConfigChange {
  const [namespace = '', ...rest] = name.split('/');
  const content =
    value === 'delete' ? value : { value: bytes(value), contentType: 'text/plain', sha256: `sha-of-${value}` };
  return { namespace, key: rest.join('/'), content, ifVersion };
}

export function publish(
  changes: ConfigChange[],
  preconditions: ConfigPublishCommand['preconditions'] = [],
): ConfigPublishCommand {
  return { kind: 'configPublish', changes, preconditions, author: 'ann', comment: 'why', publishedAtMs: 1000 };
}

export function rollback(name: string, toVersion: number, ifVersion?: number): Command {
  const [namespace = '', ...rest] = name.split('/');
  const label = { author: 'bob', comment: 'back', publishedAtMs: 2000 };
  return { kind: 'configRollback', namespace, key: rest.join('/'), toVersion, ifVersion, ...label };
}

export function register(instance: string, json: object, lease: string, ttlMs = 5000): Command {
  const named = { namespace: 'prod', service: 'web', instance };
  return { kind: 'register', ...named, json: bytes(JSON.stringify(json)), lease: leaseId(lease), ttlMs };
}

export function deregister(instance: string, lease = ''): Command {
  return { kind: 'deregister', namespace: 'prod', service: 'web', instance, lease: leaseId(lease) };
}

export function setStatus(instance: string, status: string): Command {
  return { kind: 'setStatus', namespace: 'prod', service: 'web', instance, status, reason: '', atMs: 7 };
}

export function setHealth(instance: string, health: 'PASSING' | 'FAILING', lease: string, reason = 'why'): Command {
  const named = { namespace: 'prod', service: 'web', instance };
  return { kind: 'setHealth', ...named, health, reason, atMs: 8, lease: leaseId(lease) };
}

export function putService(settings: object, ifVersion?: number): Command {
  return { kind: 'putService', namespace: 'prod', service: 'web', json: bytes(JSON.stringify(settings)), ifVersion };
}

/** What a test wants to see of a version: `key=value`. */
export function shown(version: KeyVersion): string {
  return `${Buffer.from(version.key, 'latin1')}=${text(version.value)}`;
}

export const at = (value: number): Revision => revision(value);
