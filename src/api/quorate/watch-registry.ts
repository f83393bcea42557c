/** The watch of `quorate.v1.RegistryService`. */
import { QuorateError } from '../../base/errors.js';
import type { Key, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import type { Machine } from '../../machine/machine.js';
import { namespacePrefix, parseInstanceKey, servicePrefix } from '../../machine/registry-keys.js';
import type { KeyVersion } from '../../machine/types.js';
import {
  type Instance,
  type InstanceRefIn,
  type InstanceSelector,
  type ProgressIn,
  type ResponseHeaderIn,
  type WatchRegistryRequest,
  WatchRegistryResponse,
} from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { MessageStream, Running } from '../message-stream.js';
import { instanceFromVersion } from './instance.js';
import { type InstanceFilter, instanceFilter } from './selector.js';
import { checkNamespace, checkRevision, checkServiceName } from './validate.js';
import { KeyPages, type Span } from './watch-pages.js';
import { WatchStream } from './watch-stream.js';
import type { News, StateReader, WatchView } from './watch-view.js';

/**
 * Follows the instances of one, many or all services of a namespace until the stream ends.
 * @param fail gets what goes wrong unexpectedly after the call
 * @throws QuorateError INVALID_NAME, INVALID_FIELD
 */
export function watchRegistry(
  replica: Replica,
  request: WatchRegistryRequest,
  stream: MessageStream,
  fail: (thrown: unknown) => void,
): Running {
  const { namespace, selector, afterRevision } = request;
  checkNamespace(namespace);
  if (request.services.length > limits.servicesPerWatch)
    throw new QuorateError(
      'INVALID_FIELD',
      `services of ${request.services.length} entries must have at most ${limits.servicesPerWatch}`,
      { field: 'services' },
    );
  for (const service of request.services) checkServiceName(service, 'services');
  const filter = instanceFilter(selector);
  const after = afterRevision === undefined ? undefined : checkRevision(afterRevision, 'after_revision');
  const services = [...new Set(request.services)].sort();
  const prefixes = services.map((service) => servicePrefix(namespace, service));
  const spans = (services.length > 0 ? prefixes : [namespacePrefix(namespace)]).map(spanOf);
  const view = new RegistryView(spans, canonical(selector), filter);
  return new WatchStream(replica, view, stream, fail).start(after);
}

function spanOf(prefix: Key): Span {
  return { key: prefix, end: prefixEnd(prefix) };
}

/** Equal texts for selectors that select the same; '' for one that selects everything. */
function canonical(selector: InstanceSelector | null): string {
  if (!selector) return '';
  const metadata = Object.entries(selector.metadata).sort();
  const lists = [[...selector.statuses].sort(), [...selector.zones].sort(), metadata];
  return lists.every((list) => list.length === 0) ? '' : JSON.stringify(lists);
}

interface Content {
  readonly updated: Instance[];
  readonly removed: InstanceRefIn[];
}

interface Item {
  readonly version: KeyVersion;
  readonly instance: Instance;
}

class RegistryView implements WatchView<Item, Content> {
  readonly selection: string;
  /** Without a selector the client holds what exists; with one, `shown` says what. */
  readonly remembers: boolean;
  readonly nothing: Content = { updated: [], removed: [] };
  private readonly shown = new Set<Key>();

  constructor(
    readonly ranges: readonly Span[],
    selector: string,
    private readonly selects: InstanceFilter,
  ) {
    this.selection = `instances ${selector}`;
    this.remembers = selector !== '';
  }

  stateAt(revision: Revision): StateReader<Item> {
    return new InstanceReader(this.ranges, revision, this.selects);
  }

  sizeOf({ version }: Item): number {
    return version.key.length + version.value.length;
  }

  forget(): void {
    this.shown.clear();
  }

  remember(items: readonly Item[]): void {
    if (this.remembers) for (const { version } of items) this.shown.add(version.key);
  }

  nameOf(version: KeyVersion): Key {
    return version.key;
  }

  contentOf(news: Iterable<News>): Content | undefined {
    const updated: Instance[] = [];
    const removed: InstanceRefIn[] = [];
    for (const { current, existed } of news) {
      const { key } = current;
      const instance = current.deleted ? undefined : decoded(current);
      if (instance && this.selects(instance)) {
        updated.push(instance);
        if (this.remembers) this.shown.add(key);
      } else if (this.remembers ? this.shown.delete(key) : existed) {
        const name = parseInstanceKey(key);
        if (name) removed.push({ namespace: name.namespace, service: name.service, id: name.instance });
      }
    }
    return updated.length > 0 || removed.length > 0 ? { updated, removed } : undefined;
  }

  encodeSnapshot(header: ResponseHeaderIn, items: readonly Item[], resync: boolean, more: boolean): Buffer {
    const instances = items.map(({ instance }) => instance);
    return WatchRegistryResponse.encode({ header, snapshot: { instances, resync, more } });
  }

  encodeChanges(header: ResponseHeaderIn, { updated, removed }: Content, conflated: boolean): Buffer {
    return WatchRegistryResponse.encode({ header, changes: { updated, removed, conflated } });
  }

  encodeProgress(header: ResponseHeaderIn, progress: ProgressIn): Buffer {
    return WatchRegistryResponse.encode({ header, progress });
  }
}

const instancesPerRead = 200;
const bytesPerRead = 128 * 1024;

class InstanceReader implements StateReader<Item> {
  private readonly pages: KeyPages;

  constructor(
    spans: readonly Span[],
    revision: Revision,
    private readonly selects: InstanceFilter,
  ) {
    this.pages = new KeyPages(spans, revision, {
      keysOnly: false,
      pageKeys: instancesPerRead,
      pageBytes: bytesPerRead,
    });
  }

  get done(): boolean {
    return this.pages.done;
  }

  read(machine: Machine): readonly Item[] {
    const items: Item[] = [];
    for (const version of this.pages.next(machine)) {
      const instance = instanceFromVersion(version);
      if (this.selects(instance)) items.push({ version, instance });
    }
    return items;
  }
}

/** Instances of the last few changes, so that each is decoded once for all streams. */
const recent = new Map<KeyVersion, Instance>();
const recentInstances = 256;

function decoded(version: KeyVersion): Instance {
  const known = recent.get(version);
  if (known) return known;
  const instance = instanceFromVersion(version);
  recent.set(version, instance);
  if (recent.size > recentInstances) {
    const [oldest] = recent.keys();
    if (oldest) recent.delete(oldest);
  }
  return instance;
}
