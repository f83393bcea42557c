import { present } from '../../base/assert.js';
import type { Key, Revision } from '../../base/ids.js';
import type { Machine } from '../../machine/machine.js';
import type { KeyVersion } from '../../machine/types.js';
import { rangeQuery } from './range-query.js';

/** A range of several keys. */
export interface Span {
  readonly key: Key;
  readonly end: Key;
}

/** Goes through spans of the key space at one revision, page by page. */
export class KeyPages {
  private span = 0;
  private start: Key;

  /** @param spans in key order, at least one */
  constructor(
    private readonly spans: readonly Span[],
    private readonly revision: Revision,
    private readonly options: { readonly keysOnly: boolean; readonly pageKeys: number; readonly pageBytes: number },
  ) {
    this.start = present(spans[0], 'a watch has a range').key;
  }

  get done(): boolean {
    return this.span === this.spans.length;
  }

  /** @throws QuorateError REVISION_COMPACTED */
  next(machine: Machine): readonly KeyVersion[] {
    const span = this.spans[this.span];
    if (!span) return [];
    const { keysOnly, pageKeys, pageBytes } = this.options;
    const query = rangeQuery(this.start, span.end, { revision: this.revision, limit: pageKeys, keysOnly });
    const { items, more } = machine.range(query, pageBytes, false);
    const last = items.at(-1);
    if (more && last) this.start = `${last.key}\0` as Key;
    else {
      const following = this.spans[++this.span];
      if (following) this.start = following.key;
    }
    return items;
  }
}
