/** The last version number of every document, deleted ones too. Derived from the history keys of the key space. */

import { configKey, HISTORY_ROOT, historyKey, parseHistoryKey } from './config-keys.js';
import type { KeySpace } from './key-space.js';
import type { KeyVersion } from './types.js';

export class DocumentVersions {
  /** By `{namespace}/{key}`. */
  private readonly last = new Map<string, number>();

  constructor(private readonly keys: KeySpace) {}

  /** 0: never existed. */
  lastVersion(namespace: string, key: string): number {
    return this.last.get(`${namespace}/${key}`) ?? 0;
  }

  /** What `if_version` and preconditions compare with: 0 when the document does not exist now. */
  currentVersion(namespace: string, key: string): number {
    return this.keys.index.get(configKey(namespace, key))?.live ? this.lastVersion(namespace, key) : 0;
  }

  /** The newest version published at or before `revision`; 0: none that is known. */
  versionAt(namespace: string, key: string, revision: number): number {
    let low = 0;
    let high = this.lastVersion(namespace, key);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      // A version without an entry was pruned and compacted away: it is older than any revision that can be asked for.
      const entry = this.keys.index.get(historyKey(namespace, key, middle));
      if (entry === undefined || entry.firstRevision <= revision) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  published(namespace: string, key: string, version: number): void {
    this.last.set(`${namespace}/${key}`, version);
  }

  /** Sees every version of an image, in revision order. */
  load(version: KeyVersion): void {
    if (version.deleted || !version.key.startsWith(HISTORY_ROOT)) return;
    const name = parseHistoryKey(version.key);
    if (name !== undefined) this.published(name.namespace, name.key, name.version);
  }
}
