/** Versions that were applied and are not yet readable from storage: they stay in memory until persisted() says so. */
import type { Index } from '../base/ids.js';
import { Fifo } from './fifo.js';
import type { KeyVersion, VersionRef } from './types.js';

export class PendingVersions {
  private readonly versions = new Fifo<KeyVersion>();
  /** After each batch that added versions: its index and how many were added in all. */
  private readonly batches = new Fifo<{ readonly index: Index; readonly added: number }>();
  private added = 0;
  private addedAtLastBatch = 0;
  private removed = 0;

  get length(): number {
    return this.versions.length;
  }

  /** Versions come in order of revision and sub. */
  add(version: KeyVersion): void {
    this.versions.push(version);
    this.added++;
  }

  /** All versions added since the last call belong to the batch at `index`. */
  endBatch(index: Index): void {
    if (this.added === this.addedAtLastBatch) return;
    this.addedAtLastBatch = this.added;
    this.batches.push({ index, added: this.added });
  }

  persisted(upTo: Index): void {
    for (let batch = this.batches.at(0); batch !== undefined && batch.index <= upTo; batch = this.batches.at(0)) {
      this.batches.shift();
      for (; this.removed < batch.added; this.removed++) this.versions.shift();
    }
  }

  find(ref: VersionRef): KeyVersion | undefined {
    let low = 0;
    let high = this.versions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const version = this.versions.at(middle);
      if (version === undefined) return undefined;
      if (version.modRevision < ref.revision || (version.modRevision === ref.revision && version.sub < ref.sub)) {
        low = middle + 1;
      } else high = middle;
    }
    const found = this.versions.at(low);
    return found?.modRevision === ref.revision && found.sub === ref.sub ? found : undefined;
  }
}
