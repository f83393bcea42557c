/** The versions of all documents in the order of their revisions: what happened, as the cluster itself tells it in the end. */
import type { Version } from '../history.js';

export class Timeline {
  /** By key, in the order of versions. */
  readonly ofKey = new Map<string, Version[]>();
  /** All versions of one revision, in the order of revisions. */
  readonly revisions: { readonly revision: number; readonly versions: Version[] }[] = [];
  readonly ofRevision = new Map<number, readonly Version[]>();
  /** By the sign of the write that made them. */
  readonly ofSign = new Map<string, Version[]>();

  constructor(versions: readonly Version[]) {
    for (const version of [...versions].sort((a, b) => a.revision - b.revision || a.version - b.version)) {
      push(this.ofKey, version.key, version);
      if (!version.deleted) push(this.ofSign, signOf(version), version);
      let last = this.revisions[this.revisions.length - 1];
      if (last?.revision !== version.revision) {
        last = { revision: version.revision, versions: [] };
        this.revisions.push(last);
        this.ofRevision.set(version.revision, last.versions);
      }
      last.versions.push(version);
    }
  }

  get lastRevision(): number {
    return this.revisions[this.revisions.length - 1]?.revision ?? 0;
  }

  version(key: string, version: number): Version | undefined {
    const found = this.ofKey.get(key)?.[version - 1];
    return found?.version === version ? found : undefined;
  }

  /** The newest version of a document at a revision; may record a deletion. */
  at(key: string, revision: number): Version | undefined {
    return this.ofKey.get(key)?.findLast((version) => version.revision <= revision);
  }

  /** What a condition on the version of a document is compared with at a revision; 0: there is none. */
  currentVersion(key: string, revision: number): number {
    const version = this.at(key, revision);
    return version === undefined || version.deleted ? 0 : version.version;
  }

  /** Revisions after one and up to another in which documents changed. */
  between(after: number, upTo: number): readonly { readonly revision: number; readonly versions: Version[] }[] {
    return this.revisions.slice(this.indexAfter(after), this.indexAfter(upTo));
  }

  /** How many revisions are not above this one. */
  private indexAfter(revision: number): number {
    let [low, high] = [0, this.revisions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.revisions[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** By which a version that is no deletion tells the one write that made it. */
export function signOf({ value, rollback }: Version): string {
  return rollback ?? value;
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** A version in a sentence. */
export function nameOf({ key, version, revision, value, deleted }: Version): string {
  return `${key} version ${version} (${deleted ? 'deleted' : value}, revision ${revision})`;
}
