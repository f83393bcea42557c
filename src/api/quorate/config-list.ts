import { present } from '../../base/assert.js';
import type { Key, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import { configKey, configPrefix, parseConfigKey } from '../../machine/config-keys.js';
import type { Machine } from '../../machine/machine.js';
import type { RangeResult } from '../../machine/types.js';
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
    const revision = after?.revision ?? call.replica.machine.revision;
    const keys = readKeys(call.replica.machine, namespace, prefix, after, revision, pageSize);
    const page = new Page(keys, revision, !request.keysOnly);
    call.inTurns(() => {
      // Asked for anew each time: installing an image replaces the machine.
      if (!page.add(call.replica.machine)) return false;
      const { documents, last } = page;
      const nextPageToken = last === undefined ? '' : pageToken(list, { revision, key: last });
      call.reply({ header: headerOf(call.replica, revision), documents, nextPageToken });
      return true;
    });
  });
}

/** A later page shows an old state: any member that has come as far can answer. */
function fromRevision(minRevision: Revision): ReadOptions {
  return { consistency: Consistency.SERIALIZABLE, minRevision };
}

function readKeys(
  machine: Machine,
  namespace: string,
  prefix: string,
  after: PagePosition | undefined,
  revision: Revision,
  limit: number,
): RangeResult {
  const selected = configPrefix(namespace, prefix);
  const start = after ? (`${configKey(namespace, after.key)}\0` as Key) : selected;
  const query = rangeQuery(start, prefixEnd(selected), { revision, limit, keysOnly: true });
  return machine.range(query, Number.POSITIVE_INFINITY, false);
}

/** A page on its way, document by document: reading many large values at once would hold the event loop. */
class Page {
  readonly documents: DocumentIn[] = [];
  /** Key of the last document, if there are more after it. */
  last: string | undefined;
  private next = 0;
  private bytes = 0;

  constructor(
    private readonly keys: RangeResult,
    private readonly revision: Revision,
    private readonly withValues: boolean,
  ) {}

  /** Adds one document. True: the page is complete. */
  add(machine: Machine): boolean {
    const item = this.keys.items[this.next++];
    if (!item) {
      if (!this.keys.more) this.last = undefined;
      return true;
    }
    const { namespace, key } = present(parseConfigKey(item.key), 'every key of the range is that of a document');
    const found = machine.config(namespace, key, this.revision);
    const version = present(found, 'a key that exists at a revision is a document then');
    this.bytes += documentSize(version, this.withValues);
    if (this.documents.length > 0 && this.bytes > limits.pageBytes) return true;
    this.documents.push(documentOf(version, this.withValues));
    this.last = key;
    return false;
  }
}
