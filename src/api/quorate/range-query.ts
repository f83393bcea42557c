import type { Key, Revision } from '../../base/ids.js';
import type { RangeQuery } from '../../machine/types.js';

const unbounded = 0 as Revision;

/** A plain read of a range in key order; 0 for revision or limit: the current one, no limit. */
export function rangeQuery(
  key: Key,
  end: Key,
  { revision, limit, keysOnly }: { revision: Revision; limit: number; keysOnly: boolean },
): RangeQuery {
  return {
    kind: 'range',
    key,
    end,
    limit,
    revision,
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly,
    countOnly: false,
    minModRevision: unbounded,
    maxModRevision: unbounded,
    minCreateRevision: unbounded,
    maxCreateRevision: unbounded,
  };
}
