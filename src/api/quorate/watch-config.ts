/** The watch of `quorate.v1.ConfigService`. */
import type { Key, Revision } from '../../base/ids.js';
import { prefixEnd } from '../../base/ranges.js';
import {
  type ConfigVersion,
  configKey,
  configPrefix,
  historyPrefix,
  parseConfigKey,
  parseHistoryKey,
  parseHistoryRecord,
} from '../../machine/config-keys.js';
import type { Machine } from '../../machine/machine.js';
import type { KeyVersion } from '../../machine/types.js';
import {
  type DocumentIn,
  type ProgressIn,
  type ResponseHeaderIn,
  type WatchConfigRequest,
  WatchConfigResponse,
} from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { KeyRange } from '../../watch/types.js';
import type { MessageStream, Running } from '../message-stream.js';
import { documentOf, documentSize } from './document.js';
import { checkConfigKey, checkConfigPrefix, checkNamespace, checkRevision } from './validate.js';
import { KeyPages, type Span } from './watch-pages.js';
import { WatchStream } from './watch-stream.js';
import type { News, StateReader, WatchView } from './watch-view.js';

/**
 * Follows a document, a prefix or a namespace until the stream ends.
 * @param fail gets what goes wrong unexpectedly after the call
 * @throws QuorateError INVALID_NAME, INVALID_KEY, INVALID_FIELD
 */
export function watchConfig(
  replica: Replica,
  request: WatchConfigRequest,
  stream: MessageStream,
  fail: (thrown: unknown) => void,
): Running {
  const { namespace, key, prefix, afterRevision } = request;
  checkNamespace(namespace);
  if (key !== undefined) checkConfigKey(key);
  if (prefix !== undefined) checkConfigPrefix(prefix);
  const after = afterRevision === undefined ? undefined : checkRevision(afterRevision, 'after_revision');
  const view = key === undefined ? prefixView(namespace, prefix ?? '') : keyView(namespace, key);
  return new WatchStream(replica, view, stream, fail).start(after);
}

function keyView(namespace: string, key: string): ConfigView {
  // Only versions of this very document: ten digits follow, and ':' comes after the digits.
  const history = historyPrefix(namespace, `${key}/`);
  const range = { key: `${history}0` as Key, end: `${history}:` as Key };
  const document = configKey(namespace, key);
  const span = { key: document, end: `${document}\0` as Key };
  return new ConfigView(`key ${namespace}/${key}`, range, span, (other) => other === key);
}

function prefixView(namespace: string, prefix: string): ConfigView {
  // Each version of a document is a key with all of its metadata, so the history says more than the documents' own keys.
  const history = historyPrefix(namespace, prefix);
  const documents = configPrefix(namespace, prefix);
  return new ConfigView(
    `prefix ${namespace}/${prefix}`,
    { key: history, end: prefixEnd(history) },
    { key: documents, end: prefixEnd(documents) },
    (key) => key.startsWith(prefix),
  );
}

class ConfigView implements WatchView<ConfigVersion, DocumentIn[]> {
  readonly ranges: readonly KeyRange[];
  readonly remembers = false;
  readonly nothing: DocumentIn[] = [];

  constructor(
    readonly selection: string,
    range: KeyRange,
    private readonly span: Span,
    private readonly selects: (key: string) => boolean,
  ) {
    this.ranges = [range];
  }

  stateAt(revision: Revision): StateReader<ConfigVersion> {
    return new DocumentReader(this.span, revision);
  }

  heldAt(): undefined {}

  pass(): boolean {
    return true;
  }

  sizeOf(version: ConfigVersion): number {
    return documentSize(version, true);
  }

  forget(): void {}

  remember(): void {}

  nameOf(version: KeyVersion): Key | undefined {
    // A deleted history key is a version too old to be kept: no news about the document.
    if (version.deleted) return undefined;
    const name = parseHistoryKey(version.key);
    return name && this.selects(name.key) ? configKey(name.namespace, name.key) : undefined;
  }

  contentOf(news: Iterable<News>): DocumentIn[] | undefined {
    const documents: DocumentIn[] = [];
    for (const { current } of news)
      if (this.nameOf(current) !== undefined) documents.push(documentOf(parseHistoryRecord(current), true));
    return documents.length > 0 ? documents : undefined;
  }

  encodeSnapshot(header: ResponseHeaderIn, items: readonly ConfigVersion[], resync: boolean, more: boolean): Buffer {
    const documents = items.map((item) => documentOf(item, true));
    return WatchConfigResponse.encode({ header, snapshot: { documents, resync, more } });
  }

  encodeChanges(header: ResponseHeaderIn, documents: DocumentIn[], conflated: boolean): Buffer {
    return WatchConfigResponse.encode({ header, changes: { documents, conflated } });
  }

  encodeProgress(header: ResponseHeaderIn, progress: ProgressIn): Buffer {
    return WatchConfigResponse.encode({ header, progress });
  }
}

/** Documents loaded in one go: each may be a read of the disk. */
const documentsPerRead = 32;
const bytesPerRead = 256 * 1024;
const keysPerPage = 500;

class DocumentReader implements StateReader<ConfigVersion> {
  private readonly pages: KeyPages;
  private keys: readonly KeyVersion[] = [];
  private next = 0;

  constructor(
    span: Span,
    private readonly revision: Revision,
  ) {
    this.pages = new KeyPages([span], revision, { keysOnly: true, pageKeys: keysPerPage, pageBytes: bytesPerRead });
  }

  get done(): boolean {
    return this.next === this.keys.length && this.pages.done;
  }

  read(machine: Machine): readonly ConfigVersion[] {
    if (this.next === this.keys.length) {
      this.keys = this.pages.next(machine);
      this.next = 0;
    }
    const found: ConfigVersion[] = [];
    let bytes = 0;
    while (this.next < this.keys.length && found.length < documentsPerRead && bytes < bytesPerRead) {
      const key = this.keys[this.next++]?.key;
      const name = key === undefined ? undefined : parseConfigKey(key);
      const document = name && machine.config(name.namespace, name.key, this.revision);
      if (!document) continue;
      bytes += document.value.length;
      found.push(document);
    }
    return found;
  }
}
