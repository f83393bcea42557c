/** Which instances have checks: followed through the member's watch hub and read from its machine, so it costs an applied change a glance. */
import { instanceFromVersion } from '../api/quorate/instance.js';
import { settingsFromVersion } from '../api/quorate/service-settings.js';
import { KeyPages, type Span } from '../api/quorate/watch-pages.js';
import type { Key, Revision } from '../base/ids.js';
import { prefixEnd } from '../base/ranges.js';
import { parseInstanceKey, REGISTRY_ROOT, SERVICE_ROOT, servicePrefix } from '../machine/registry-keys.js';
import type { Change, KeyVersion } from '../machine/types.js';
import type { HealthCheck, Instance } from '../proto/quorate.js';
import type { Replica } from '../replica/types.js';
import type { Watcher, WatchSink } from '../watch/types.js';
import { type Check, checksOf } from './check.js';

export interface CatalogueListener {
  /** The instance has these checks, at least one; called for every change of it. */
  onChecked(key: Key, instance: Instance, checks: readonly Check[]): void;
  /** An instance of which onChecked was told is gone, or has no checks any more. */
  onUnchecked(key: Key): void;
}

/** Of one turn of a scan. */
const page = { keysOnly: false, pageKeys: 200, pageBytes: 128 * 1024 };
const checksField = Buffer.from('"checks":');
const instances = spanOf(REGISTRY_ROOT as Key);
const settings = spanOf(SERVICE_ROOT as Key);
const currentRevision = 0 as Revision;

interface Known {
  readonly revision: number;
  /** The scan, or the change after its begin, that saw it last. */
  seen: number;
}

/** One way through a part of the key space, in turns. */
interface Scan {
  readonly pages: KeyPages;
  /** It goes through everything: what it does not see is gone. */
  readonly whole: boolean;
}

export class Catalogue implements WatchSink {
  readonly isOwn = true;
  private watcher: Watcher | undefined;
  private readonly known = new Map<Key, Known>();
  /** Checks of services for all their instances, by prefix of the instances' keys. */
  private readonly ofServices = new Map<Key, readonly HealthCheck[]>();
  private scans: Scan[] = [];
  private scanning = false;
  private round = 0;

  constructor(
    private readonly replica: Pick<Replica, 'machine' | 'hub'>,
    private readonly listener: CatalogueListener,
    /** Runs the callback in a later turn of the event loop. */
    private readonly defer: (callback: () => void) => void,
  ) {}

  /** Begins to follow; what there is already is told over the next turns. */
  start(): void {
    const { machine, hub } = this.replica;
    this.watcher = hub.watch([settings, instances], machine.revision, this);
    this.scanAll();
  }

  stop(): void {
    this.watcher?.cancel();
    this.watcher = undefined;
  }

  onChanges(_revision: number, changes: readonly Change[]): boolean {
    for (const { current } of changes) this.onVersion(current);
    return true;
  }

  /** Changes are lost, as after an image: everything is looked at again. */
  onCompacted(): void {
    this.start();
  }

  private onVersion(version: KeyVersion): void {
    if (!version.key.startsWith(SERVICE_ROOT)) this.onInstance(version);
    else {
      const [namespace = '', service = ''] = version.key.slice(SERVICE_ROOT.length).split('/', 2);
      this.onSettings(namespace, service, version);
    }
  }

  private onSettings(namespace: string, service: string, version: KeyVersion): void {
    const prefix = servicePrefix(namespace, service);
    const before = this.ofServices.has(prefix);
    const { checks } = settingsFromVersion(namespace, service, version.deleted ? undefined : version);
    if (checks.length > 0) this.ofServices.set(prefix, checks);
    else this.ofServices.delete(prefix);
    if (before || checks.length > 0) this.scan([spanOf(prefix)], false);
  }

  private onInstance(version: KeyVersion): void {
    const { key, modRevision: revision, deleted } = version;
    const known = this.known.get(key);
    if (known && revision < known.revision) return;
    const checked = deleted ? undefined : this.checkedInstance(version);
    if (checked) {
      this.known.set(key, { revision, seen: this.round });
      this.listener.onChecked(key, checked.instance, checked.checks);
    } else if (this.known.delete(key)) this.listener.onUnchecked(key);
  }

  /** Most instances have no checks: these are not even parsed. */
  private checkedInstance(version: KeyVersion): { instance: Instance; checks: readonly Check[] } | undefined {
    const ofService = this.checksOfService(version.key);
    const { buffer, byteOffset, byteLength } = version.value;
    if (ofService.length === 0 && !Buffer.from(buffer, byteOffset, byteLength).includes(checksField)) return undefined;
    const instance = instanceFromVersion(version);
    const checks = checksOf(instance, ofService);
    return checks.length > 0 ? { instance, checks } : undefined;
  }

  private checksOfService(key: Key): readonly HealthCheck[] {
    if (this.ofServices.size === 0) return [];
    const name = parseInstanceKey(key);
    return (name && this.ofServices.get(servicePrefix(name.namespace, name.service))) ?? [];
  }

  private scanAll(): void {
    this.round++;
    this.scans = [];
    this.ofServices.clear();
    this.scan([settings, instances], true);
  }

  private scan(spans: readonly Span[], whole: boolean): void {
    this.scans.push({ pages: new KeyPages(spans, currentRevision, page), whole });
    if (this.scanning) return;
    this.scanning = true;
    this.defer(this.readOn);
  }

  private readonly readOn = (): void => {
    const [scan] = this.scans;
    if (!scan || !this.watcher) {
      this.scanning = false;
      return;
    }
    for (const version of scan.pages.next(this.replica.machine)) this.onVersion(version);
    if (scan.pages.done) {
      this.scans.splice(this.scans.indexOf(scan), 1);
      if (scan.whole) this.forgetUnseen();
    }
    this.defer(this.readOn);
  };

  private forgetUnseen(): void {
    for (const [key, { seen }] of this.known) {
      if (seen === this.round) continue;
      this.known.delete(key);
      this.listener.onUnchecked(key);
    }
  }
}

function spanOf(prefix: Key): Span {
  return { key: prefix, end: prefixEnd(prefix) };
}
