/** Config commands: publications, deletions and rollbacks of documents, each with its history, in one revision. */
import { type Key, NO_LEASE } from '../base/ids.js';
import { limits } from '../base/limits.js';
import { configKey, historyKey, historyRecord, parseHistoryRecord } from './config-keys.js';
import { failure } from './failure.js';
import type { Parts } from './parts.js';
import type { ConfigChange, ConfigPublishCommand, ConfigRollbackCommand, ErrorResult, Result } from './types.js';
import { EMPTY_VALUE } from './values.js';

interface Label {
  readonly author: string;
  readonly comment: string;
  readonly publishedAtMs: number;
}

/** All changes or none: first every precondition and if_version, then the deletions' documents must exist. */
export function applyConfigPublish(parts: Parts, command: ConfigPublishCommand): Result {
  const refused = checkPublish(parts, command);
  if (refused !== undefined) return refused;
  const versions = command.changes.map((change) => publish(parts, change, command));
  parts.keys.commit();
  return { kind: 'configPublish', versions };
}

function checkPublish(parts: Parts, { changes, preconditions }: ConfigPublishCommand): ErrorResult | undefined {
  if (changes.length > limits.changesPerPublish) {
    return failure('TOO_MANY_CHANGES', `a publication has at most ${limits.changesPerPublish} changes`);
  }
  const seen = new Set<Key>();
  for (const { namespace, key } of changes) {
    const name = configKey(namespace, key);
    if (seen.has(name)) return failure('DUPLICATE_KEY', `${namespace}/${key} is changed twice`, { namespace, key });
    seen.add(name);
  }
  for (const { namespace, key, version } of preconditions) {
    const mismatch = checkVersion(parts, namespace, key, version);
    if (mismatch !== undefined) return mismatch;
  }
  for (const { namespace, key, ifVersion } of changes) {
    const mismatch = ifVersion === undefined ? undefined : checkVersion(parts, namespace, key, ifVersion);
    if (mismatch !== undefined) return mismatch;
  }
  for (const { namespace, key, content } of changes) {
    if (content === 'delete' && parts.documents.currentVersion(namespace, key) === 0) {
      return failure('CONFIG_NOT_FOUND', `there is no document ${namespace}/${key}`, { namespace, key });
    }
  }
  return undefined;
}

function checkVersion(parts: Parts, namespace: string, key: string, expected: number): ErrorResult | undefined {
  const actual = parts.documents.currentVersion(namespace, key);
  if (actual === expected) return undefined;
  const found = actual === 0 ? 'does not exist' : `has version ${actual}`;
  const wanted = expected === 0 ? 'must not exist' : `must have version ${expected}`;
  return failure('VERSION_MISMATCH', `${namespace}/${key} ${found} and ${wanted}`, {
    namespace,
    key,
    expected: String(expected),
    actual: String(actual),
  });
}

/** Publishes the content of a kept version as a new version; a version that records a deletion has no content. */
export function applyConfigRollback(parts: Parts, command: ConfigRollbackCommand): Result {
  const { namespace, key, toVersion, ifVersion } = command;
  const mismatch = ifVersion === undefined ? undefined : checkVersion(parts, namespace, key, ifVersion);
  if (mismatch !== undefined) return mismatch;
  const entry = parts.keys.index.get(historyKey(namespace, key, toVersion));
  const target = entry?.live ? parseHistoryRecord(parts.keys.newest(entry)) : undefined;
  if (target === undefined || target.deleted) {
    const problem = target === undefined ? 'is not kept' : 'records a deletion';
    return failure('VERSION_NOT_FOUND', `version ${toVersion} of ${namespace}/${key} ${problem}`, {
      namespace,
      key,
      version: String(toVersion),
    });
  }
  const { value, contentType, sha256 } = target;
  const change: ConfigChange = { namespace, key, content: { value, contentType, sha256 }, ifVersion: undefined };
  const version = publish(parts, change, command);
  parts.keys.commit();
  return { kind: 'configPublish', versions: [version] };
}

/** Writes the document, its history record, and forgets the history record that is too many. */
function publish({ keys, documents, bounds }: Parts, change: ConfigChange, label: Label): number {
  const { namespace, key, content } = change;
  const version = documents.lastVersion(namespace, key) + 1;
  const { author, comment, publishedAtMs } = label;
  if (content === 'delete') {
    deleteIfLive(keys, configKey(namespace, key));
    const head = { version, contentType: '', sha256: '', author, comment, publishedAtMs, deleted: true };
    keys.put(historyKey(namespace, key, version), historyRecord(head, EMPTY_VALUE), NO_LEASE);
  } else {
    const { value, contentType, sha256 } = content;
    keys.put(configKey(namespace, key), value, NO_LEASE);
    const head = { version, contentType, sha256, author, comment, publishedAtMs, deleted: false };
    keys.put(historyKey(namespace, key, version), historyRecord(head, value), NO_LEASE);
  }
  if (version > bounds.keptVersions) deleteIfLive(keys, historyKey(namespace, key, version - bounds.keptVersions));
  documents.published(namespace, key, version);
  return version;
}

function deleteIfLive(keys: Parts['keys'], key: Key): void {
  const entry = keys.index.get(key);
  if (entry?.live) keys.delete(key, entry);
}
