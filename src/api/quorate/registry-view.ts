/** What a watch of instances shows, with the checksum of it in every message. */
import { present } from '../../base/assert.js';
import type { Key, Revision } from '../../base/ids.js';
import { instanceShare, withoutShare, withShare } from '../../base/instance-checksum.js';
import type { Machine } from '../../machine/machine.js';
import { instancePath, parseInstanceKey } from '../../machine/registry-keys.js';
import type { Change, KeyVersion } from '../../machine/types.js';
import {
  type Instance,
  type InstanceRefIn,
  type ProgressIn,
  type ResponseHeaderIn,
  WatchRegistryResponse,
} from '../../proto/quorate.js';
import { instanceFromVersion } from './instance.js';
import type { InstanceFilter } from './selector.js';
import { existedBefore } from './watch-backlog.js';
import { KeyPages, type Span } from './watch-pages.js';
import type { News, StateReader, WatchView } from './watch-view.js';

interface Content {
  readonly updated: Instance[];
  readonly removed: InstanceRefIn[];
}

interface Item {
  readonly version: KeyVersion;
  /** Undefined where only the names were asked for. */
  readonly instance: Instance | undefined;
}

export class RegistryView implements WatchView<Item, Content> {
  readonly selection: string;
  /** Without a selector the client holds what exists; with one, `shown` says what. */
  readonly remembers: boolean;
  readonly nothing: Content = { updated: [], removed: [] };
  /** What each instance that the client holds adds to the checksum. */
  private readonly shown = new Map<Key, number>();
  /** Of what the client holds. */
  private checksum = 0;

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

  heldAt(revision: Revision): StateReader<Item> {
    return this.remembers ? this.stateAt(revision) : new NameReader(this.ranges, revision);
  }

  sizeOf({ version }: Item): number {
    return version.key.length + version.value.length;
  }

  forget(): void {
    this.shown.clear();
    this.checksum = 0;
  }

  remember(items: readonly Item[]): void {
    for (const { version } of items) {
      const share = shareOf(version.key, version.modRevision);
      this.checksum = withShare(this.checksum, share);
      if (this.remembers) this.shown.set(version.key, share);
    }
  }

  nameOf(version: KeyVersion): Key {
    return version.key;
  }

  pass(changes: readonly Change[]): boolean {
    if (this.remembers) return true;
    const difference = differenceBy(changes);
    if (difference === undefined) return false;
    this.checksum = withShare(this.checksum, difference);
    return true;
  }

  contentOf(news: Iterable<News>): Content | undefined {
    const updated: Instance[] = [];
    const removed: InstanceRefIn[] = [];
    for (const { current, existed } of news) {
      const { key } = current;
      const instance = current.deleted ? undefined : decoded(current);
      if (instance && this.selects(instance)) {
        updated.push(instance);
        if (this.remembers) this.show(current);
      } else if (this.remembers ? this.hide(key) : existed) {
        const name = parseInstanceKey(key);
        if (name) removed.push({ namespace: name.namespace, service: name.service, id: name.instance });
      }
    }
    return updated.length > 0 || removed.length > 0 ? { updated, removed } : undefined;
  }

  encodeSnapshot(header: ResponseHeaderIn, items: readonly Item[], resync: boolean, more: boolean): Buffer {
    const instances = items.map(({ instance }) => present(instance, 'a snapshot is read with its instances'));
    const checksum = more ? undefined : this.checksum;
    return WatchRegistryResponse.encode({ header, snapshot: { instances, resync, more }, checksum });
  }

  encodeChanges(header: ResponseHeaderIn, { updated, removed }: Content, conflated: boolean): Buffer {
    return WatchRegistryResponse.encode({
      header,
      changes: { updated, removed, conflated },
      checksum: this.checksum,
    });
  }

  encodeProgress(header: ResponseHeaderIn, progress: ProgressIn): Buffer {
    return WatchRegistryResponse.encode({ header, progress, checksum: this.checksum });
  }

  private show({ key, modRevision }: KeyVersion): void {
    this.hide(key);
    const share = shareOf(key, modRevision);
    this.shown.set(key, share);
    this.checksum = withShare(this.checksum, share);
  }

  /** Whether the client held it. */
  private hide(key: Key): boolean {
    const share = this.shown.get(key);
    if (share === undefined) return false;
    this.shown.delete(key);
    this.checksum = withoutShare(this.checksum, share);
    return true;
  }
}

function shareOf(key: Key, revision: Revision): number {
  return instanceShare(instancePath(key), revision);
}

/** By how much changes move the checksum of all instances that they are among: found once for all streams that get the same array. */
const differences = new WeakMap<readonly Change[], number>();

/** Undefined: nobody knows any more which version it was that was replaced, because it is compacted. */
function differenceBy(changes: readonly Change[]): number | undefined {
  const known = differences.get(changes);
  if (known !== undefined) return known;
  let difference = 0;
  for (const { current, previous } of changes) {
    const { key, deleted, modRevision } = current;
    if (previous) difference = withoutShare(difference, shareOf(key, previous.revision));
    else if (existedBefore(current)) return undefined;
    if (!deleted) difference = withShare(difference, shareOf(key, modRevision));
  }
  differences.set(changes, difference);
  return difference;
}

const instancesPerRead = 200;
const namesPerRead = 500;
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

/** For those who select everything: what an instance says need not be read then. */
class NameReader implements StateReader<Item> {
  private readonly pages: KeyPages;

  constructor(spans: readonly Span[], revision: Revision) {
    this.pages = new KeyPages(spans, revision, { keysOnly: true, pageKeys: namesPerRead, pageBytes: bytesPerRead });
  }

  get done(): boolean {
    return this.pages.done;
  }

  read(machine: Machine): readonly Item[] {
    return this.pages.next(machine).map((version) => ({ version, instance: undefined }));
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
