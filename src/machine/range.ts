/** Range queries with all of etcd's options. */
import { unreachable } from '../base/assert.js';
import type { Key, Revision } from '../base/ids.js';
import { upperBound } from '../base/ranges.js';
import { failure } from './failure.js';
import type { KeyEntry } from './key-index.js';
import type { KeySpace } from './key-space.js';
import type { ErrorResult, KeyVersion, RangeQuery, RangeResult } from './types.js';
import { EMPTY_VALUE } from './values.js';

/** Whether a read at `revision` (0 = current) can be answered. */
export function checkRevision(keys: KeySpace, revision: Revision): ErrorResult | undefined {
  if (revision <= 0) return undefined;
  if (revision > keys.revision) {
    return failure('REVISION_IN_FUTURE', `revision ${revision} is in the future, the current one is ${keys.revision}`, {
      revision: String(revision),
      current: String(keys.revision),
    });
  }
  return revision < keys.compactedRevision ? compacted(keys, revision) : undefined;
}

/** The same in a txn, where etcd takes a negative revision for an old one and not for the current one. */
export function checkRevisionInTxn(keys: KeySpace, revision: Revision): ErrorResult | undefined {
  return revision < 0 ? compacted(keys, revision) : checkRevision(keys, revision);
}

function compacted(keys: KeySpace, revision: Revision): ErrorResult {
  return failure(
    'REVISION_COMPACTED',
    `revision ${revision} is compacted, the oldest that can be read is ${keys.compactedRevision}`,
    { revision: String(revision), compacted: String(keys.compactedRevision) },
  );
}

/**
 * Answers a query whose revision was checked. At revision 0 it sees the changes of the revision that is being made (a txn reads its own
 * writes). `maxBytes` bounds keys and values returned, but one item is always let through. Without `counting`, `count` stops at the page's end.
 */
export function rangeOf(keys: KeySpace, query: RangeQuery, maxBytes: number, counting: boolean): RangeResult {
  return isPlain(query) ? plainRange(keys, query, maxBytes, counting) : arrangedRange(keys, query, maxBytes);
}

/** In key order and unfiltered: answered in one pass, stopping to load values at the limit. */
function isPlain(query: RangeQuery): boolean {
  return query.sortTarget === 'key' && query.sortOrder !== 'descend' && isUnfiltered(query);
}

function isUnfiltered(query: RangeQuery): boolean {
  return (
    query.minModRevision === 0 &&
    query.maxModRevision === 0 &&
    query.minCreateRevision === 0 &&
    query.maxCreateRevision === 0
  );
}

function plainRange(keys: KeySpace, query: RangeQuery, maxBytes: number, counting: boolean): RangeResult {
  const { limit, revision, keysOnly, countOnly } = query;
  const items: KeyVersion[] = [];
  let count = 0;
  let bytes = 0;
  let more = false;
  eachKey(keys, query.key, query.end, (key, entry) => {
    if (!entry.existsAt(revision)) return true;
    count++;
    if (countOnly) return true;
    if (!more && limit > 0 && items.length >= limit) more = true;
    if (more) return counting;
    const item = keysOnly ? keys.headerAt(key, entry, revision) : keys.at(entry, revision);
    if (item === undefined) return true;
    bytes += sizeOf(item);
    if (bytes > maxBytes && items.length > 0) more = true;
    else items.push(item);
    return counting || !more;
  });
  return { kind: 'range', items, count, more };
}

/**
 * Filtered, then sorted, then limited; `count` is taken before all that (etcd). With a sort target but no order etcd means the order to be ascending, but
 * has then looked at one key more than the limit only: so it answers the least ones of the first keys, and so does this.
 */
function arrangedRange(keys: KeySpace, query: RangeQuery, maxBytes: number): RangeResult {
  const { limit, revision, keysOnly, countOnly, sortTarget } = query;
  const headersOnly = sortTarget !== 'value';
  const looked = query.sortOrder === 'none' && limit > 0 && isUnfiltered(query) ? limit + 1 : Number.POSITIVE_INFINITY;
  const found: { readonly entry: KeyEntry; readonly version: KeyVersion }[] = [];
  let count = 0;
  eachKey(keys, query.key, query.end, (key, entry) => {
    if (!entry.existsAt(revision)) return true;
    count++;
    if (countOnly || found.length >= looked) return true;
    const version = headersOnly ? keys.headerAt(key, entry, revision) : keys.at(entry, revision);
    if (version !== undefined && passes(version, query)) found.push({ entry, version });
    return true;
  });
  found.sort((a, b) => order(a.version, b.version, query));
  const length = limit > 0 ? Math.min(limit, found.length) : found.length;
  const items: KeyVersion[] = [];
  let bytes = 0;
  for (const { entry, version } of found) {
    if (items.length === length) break;
    let item: KeyVersion | undefined = version;
    if (keysOnly) item = withoutValue(version);
    else if (headersOnly) item = keys.at(entry, revision);
    if (item === undefined) continue;
    bytes += sizeOf(item);
    if (bytes > maxBytes && items.length > 0) break;
    items.push(item);
  }
  return { kind: 'range', items, count, more: items.length < found.length };
}

/** Visits the index entries of a range in key order; a range with `end` before `key` has none. */
export function eachKey(
  keys: KeySpace,
  key: Key,
  end: Key | undefined,
  visit: (key: Key, entry: KeyEntry) => boolean,
): void {
  if (end !== undefined) keys.index.scan(key, upperBound(key, end), visit);
  else {
    const entry = keys.index.get(key);
    if (entry !== undefined) visit(key, entry);
  }
}

function passes(version: KeyVersion, query: RangeQuery): boolean {
  return (
    version.modRevision >= query.minModRevision &&
    (query.maxModRevision === 0 || version.modRevision <= query.maxModRevision) &&
    version.createRevision >= query.minCreateRevision &&
    (query.maxCreateRevision === 0 || version.createRevision <= query.maxCreateRevision)
  );
}

/** A sort target without an order means ascending (etcd); equal ones stay in key order. */
function order(a: KeyVersion, b: KeyVersion, query: RangeQuery): number {
  const ascending = compareBy(a, b, query.sortTarget);
  return query.sortOrder === 'descend' ? -ascending : ascending;
}

function compareBy(a: KeyVersion, b: KeyVersion, target: RangeQuery['sortTarget']): number {
  switch (target) {
    case 'key':
      return a.key < b.key ? -1 : a.key === b.key ? 0 : 1;
    case 'version':
      return a.version - b.version;
    case 'create':
      return a.createRevision - b.createRevision;
    case 'mod':
      return a.modRevision - b.modRevision;
    case 'value':
      return Buffer.compare(a.value, b.value);
    default:
      return unreachable(target);
  }
}

function sizeOf(item: KeyVersion): number {
  return item.key.length + item.value.byteLength;
}

function withoutValue(version: KeyVersion): KeyVersion {
  return version.value.byteLength === 0 ? version : { ...version, value: EMPTY_VALUE };
}
