/**
 * Where config documents are in the key space. The document's bytes are at `/quorate/config/{namespace}/{key}`; every version of it is at
 * `/quorate/history/{namespace}/{key}/{version, ten digits}`: one line of JSON with what is known about it, then its bytes.
 */
import { assert } from '../base/assert.js';
import type { Key, Revision } from '../base/ids.js';
import type { KeyVersion } from './types.js';

const CONFIG_ROOT = '/quorate/config/';
export const HISTORY_ROOT = '/quorate/history/' as Key;
const VERSION_DIGITS = 10;
const LINE_END = 0x0a;

/** One version of a document. */
export interface ConfigVersion {
  readonly namespace: string;
  readonly key: string;
  /** Counts publications and deletions since the document first existed; never goes back. */
  readonly version: number;
  /** Empty for a deletion. */
  readonly value: Uint8Array;
  readonly contentType: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly author: string;
  readonly comment: string;
  /** Wall clock of the member that took the request. */
  readonly publishedAtMs: number;
  /** Revision that published it. */
  readonly revision: Revision;
  readonly deleted: boolean;
}

export function configKey(namespace: string, key: string): Key {
  return `${CONFIG_ROOT}${namespace}/${key}` as Key;
}

/** Prefix of all documents of a namespace whose key begins with `prefix`. */
export function configPrefix(namespace: string, prefix: string): Key {
  return configKey(namespace, prefix);
}

export function historyKey(namespace: string, key: string, version: number): Key {
  return `${HISTORY_ROOT}${namespace}/${key}/${String(version).padStart(VERSION_DIGITS, '0')}` as Key;
}

/** Prefix of the history of all documents of a namespace whose key begins with `prefix`. */
export function historyPrefix(namespace: string, prefix: string): Key {
  return `${HISTORY_ROOT}${namespace}/${prefix}` as Key;
}

/** Undefined: not the key of a document. */
export function parseConfigKey(key: Key): { namespace: string; key: string } | undefined {
  return key.startsWith(CONFIG_ROOT) ? splitNamespace(key.slice(CONFIG_ROOT.length)) : undefined;
}

/** Undefined: not the key of a document's version. */
export function parseHistoryKey(key: Key): { namespace: string; key: string; version: number } | undefined {
  const slash = key.length - VERSION_DIGITS - 1;
  if (!key.startsWith(HISTORY_ROOT) || slash <= HISTORY_ROOT.length || key[slash] !== '/') return undefined;
  const version = Number(key.slice(slash + 1));
  const document = splitNamespace(key.slice(HISTORY_ROOT.length, slash));
  if (document === undefined || !Number.isSafeInteger(version) || version < 1) return undefined;
  return { ...document, version };
}

function splitNamespace(path: string): { namespace: string; key: string } | undefined {
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) return undefined;
  return { namespace: path.slice(0, slash), key: path.slice(slash + 1) };
}

/** What a history record says besides the bytes; the order of the fields is part of the format. */
export interface HistoryHead {
  readonly version: number;
  readonly contentType: string;
  readonly sha256: string;
  readonly author: string;
  readonly comment: string;
  readonly publishedAtMs: number;
  readonly deleted: boolean;
}

export function historyRecord(head: HistoryHead, value: Uint8Array): Uint8Array {
  const { version, contentType, sha256, author, comment, publishedAtMs, deleted } = head;
  const line = `${JSON.stringify({ version, contentType, sha256, author, comment, publishedAtMs, deleted })}\n`;
  const record = Buffer.allocUnsafeSlow(Buffer.byteLength(line) + value.byteLength);
  record.set(value, record.write(line));
  return record;
}

/** Reads what historyRecord made. The value is part of the record's memory, not a copy. */
export function parseHistoryRecord(version: KeyVersion): ConfigVersion {
  const name = parseHistoryKey(version.key);
  assert(name !== undefined, 'a history record has a history key');
  const { value: record } = version;
  const lineLength = record.indexOf(LINE_END);
  assert(lineLength > 0, 'a history record begins with a line of JSON');
  const line = Buffer.from(record.buffer, record.byteOffset, lineLength).toString('utf8');
  const head = JSON.parse(line) as HistoryHead;
  return {
    namespace: name.namespace,
    key: name.key,
    version: name.version,
    value: record.subarray(lineLength + 1),
    contentType: head.contentType,
    sha256: head.sha256,
    author: head.author,
    comment: head.comment,
    publishedAtMs: head.publishedAtMs,
    revision: version.modRevision,
    deleted: head.deleted,
  };
}
