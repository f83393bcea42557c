import type { Key, Revision } from '../../base/ids.js';
import type { Change, KeyVersion } from '../../machine/types.js';
import type { News } from './watch-view.js';

/** What a version costs besides key and value, roughly. */
const overheadBytes = 64;

/** What a slow client missed: of each key only the newest change. */
export class Backlog {
  private readonly news = new Map<Key, News>();
  private bytes = 0;
  private revisions = 0;
  private last: Revision | undefined;

  /** @param nameOf see WatchView */
  constructor(private readonly nameOf: (version: KeyVersion) => Key | undefined) {}

  get size(): number {
    return this.news.size;
  }

  /** More than one revision went into it. */
  get conflated(): boolean {
    return this.revisions > 1;
  }

  /** The newest revision that went into it. */
  get lastRevision(): Revision | undefined {
    return this.last;
  }

  /** Whether it stays within maxBytes with these; an empty one takes any. */
  fits(changes: readonly Change[], maxBytes: number): boolean {
    if (this.news.size === 0) return true;
    let bytes = this.bytes;
    for (const { current } of changes) {
      const name = this.nameOf(current);
      if (name === undefined) continue;
      const known = this.news.get(name);
      bytes += sizeOf(current) - (known ? sizeOf(known.current) : 0);
    }
    return bytes <= maxBytes;
  }

  add(revision: Revision, changes: readonly Change[]): void {
    let selected = false;
    for (const { current } of changes) {
      const name = this.nameOf(current);
      if (name === undefined) continue;
      selected = true;
      const known = this.news.get(name);
      if (known) {
        this.bytes -= sizeOf(known.current);
        this.news.delete(name);
      }
      this.bytes += sizeOf(current);
      this.news.set(name, { current, existed: known ? known.existed : existedBefore(current) });
    }
    if (!selected) return;
    this.revisions++;
    this.last = revision;
  }

  /** Hands out everything in the order of the changes, and is empty then. */
  take(): News[] {
    const taken = [...this.news.values()];
    this.news.clear();
    this.bytes = 0;
    this.revisions = 0;
    return taken;
  }
}

/** The changes of one revision. */
export function newsOf(changes: readonly Change[]): News[] {
  return changes.map(({ current }) => ({ current, existed: existedBefore(current) }));
}

/** Only an existing key is deleted, and only the first version after creation has the number 1. */
export function existedBefore(version: KeyVersion): boolean {
  return version.deleted || version.version > 1;
}

function sizeOf(version: KeyVersion): number {
  return version.key.length + version.value.length + overheadBytes;
}
