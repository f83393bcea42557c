import type { Key, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import { configKey, configPrefix, parseConfigKey } from '../../machine/config-keys.js';
import type { Machine } from '../../machine/machine.js';
import { Consistency } from '../../proto/gen/quorate/v1/Consistency.js';
import type { DocumentIn, ListConfigRequest, ListConfigResponseIn, ReadOptions } from '../../proto/quorate.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { documentOf, documentSize } from './document.js';
import { type PagePosition, pageToken, parsePageToken } from './page-token.js';
import { rangeQuery } from './range-query.js';
import { checkConfigPrefix, checkLimit, checkNamespace } from './validate.js';

const defaultPageSize = 100;

export function onList(request: ListConfigRequest, call: UnaryCall<ListConfigResponseIn>): void {
  const { namespace, prefix } = request;
  checkNamespace(namespace);
  checkConfigPrefix(prefix);
  const pageSize = checkLimit(request.pageSize, 'page_size', defaultPageSize, limits.pageItems);
  const list = `${namespace}/${prefix}`;
  const after = request.pageToken === '' ? undefined : parsePageToken(list, request.pageToken);
  call.read(after ? fromRevision(after.revision) : request.read, () => {
    const { machine } = call.replica;
    const revision = after?.revision ?? machine.revision;
    const page = readPage(machine, namespace, prefix, after, revision, pageSize, !request.keysOnly);
    call.reply({
      header: headerOf(call.replica, revision),
      documents: page.documents,
      nextPageToken: page.last === undefined ? '' : pageToken(list, { revision, key: page.last }),
    });
  });
}

/** A later page shows an old state: any member that has come as far can answer. */
function fromRevision(minRevision: Revision): ReadOptions {
  return { consistency: Consistency.SERIALIZABLE, minRevision };
}

interface Page {
  readonly documents: DocumentIn[];
  /** Key of the last document, if there are more. */
  readonly last: string | undefined;
}

function readPage(
  machine: Machine,
  namespace: string,
  prefix: string,
  after: PagePosition | undefined,
  revision: Revision,
  pageSize: number,
  withValues: boolean,
): Page {
  const selected = configPrefix(namespace, prefix);
  const start = after ? (`${configKey(namespace, after.key)}\0` as Key) : selected;
  const keys = machine.range(rangeQuery(start, prefixEnd(selected), { revision, limit: pageSize, keysOnly: true }));
  const documents: DocumentIn[] = [];
  let bytes = 0;
  let last: string | undefined;
  for (const item of keys.items) {
    const key = parseConfigKey(item.key)?.key;
    const version = key === undefined ? undefined : machine.config(namespace, key, revision);
    if (!version) continue;
    bytes += documentSize(version, withValues);
    if (documents.length > 0 && bytes > limits.pageBytes) return { documents, last };
    documents.push(documentOf(version, withValues));
    last = key;
  }
  return { documents, last: keys.more ? last : undefined };
}
