/** The newest changes, in memory: most watchers that fell behind are served from here. */
import { assert } from '../base/assert.js';
import type { Revision } from '../base/ids.js';
import type { RevisionChanges } from '../machine/types.js';

/** What a change costs besides key and value, roughly. */
const changeOverheadBytes = 200;
/** Forgotten entries are cut off the array in strides, so that forgetting one costs a constant on average. */
const stride = 1024;

export class RecentChanges {
  private entries: (RevisionChanges | undefined)[] = [];
  private sizes: number[] = [];
  private head = 0;
  private bytes = 0;

  /** @param after every change of a greater revision is here */
  constructor(private start: Revision) {}

  /** Every change of a greater revision is here. */
  get after(): Revision {
    return this.start;
  }

  get length(): number {
    return this.entries.length - this.head;
  }

  at(position: number): RevisionChanges {
    const entry = this.entries[this.head + position];
    assert(entry, 'a recent change that is asked for is in memory');
    return entry;
  }

  push(changes: RevisionChanges): void {
    let bytes = changeOverheadBytes;
    for (const { current } of changes.changes) bytes += changeOverheadBytes + current.key.length + current.value.length;
    this.entries.push(changes);
    this.sizes.push(bytes);
    this.bytes += bytes;
  }

  /** Forgets the oldest while there are more than maxBytes, but nothing after `persisted`: that can be read nowhere else. */
  trim(maxBytes: number, persisted: Revision): void {
    while (this.bytes > maxBytes && this.head < this.entries.length) {
      const { revision } = this.at(0);
      if (revision > persisted) break;
      this.bytes -= this.sizes[this.head] ?? 0;
      this.start = revision;
      this.entries[this.head] = undefined;
      this.head++;
    }
    if (this.head < stride) return;
    this.entries = this.entries.slice(this.head);
    this.sizes = this.sizes.slice(this.head);
    this.head = 0;
  }

  /** Position of the first entry with a greater revision; `length` when there is none. */
  positionAfter(revision: Revision): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets everything: the key space was replaced by an image at this revision. */
  reset(revision: Revision): void {
    this.entries = [];
    this.sizes = [];
    this.head = 0;
    this.bytes = 0;
    this.start = revision;
  }
}
