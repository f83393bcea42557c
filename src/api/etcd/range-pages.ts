/** Long ranges in pieces, so that other work goes on between them. */
import { QuorateError } from '../../base/errors.js';
import type { Key, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import type { Machine } from '../../machine/machine.js';
import type { KeyVersion, RangeQuery, RangeResult } from '../../machine/types.js';
import type { UnaryCall } from '../unary-call.js';

/** How often a read of the current revision begins again because that was compacted meanwhile. Then it is done in one piece. */
const attempts = 3;

/**
 * Answers a query as the machine would, and with the store's revision. What is sorted or filtered is answered in one piece: nothing can be left out
 * before all is looked at.
 */
export function readRange(
  call: Pick<UnaryCall<object>, 'replica' | 'inTurns'>,
  query: RangeQuery,
  done: (result: RangeResult, revision: Revision) => void,
): void {
  const { machine } = call.replica;
  if (!inKeyOrder(query)) {
    done(machine.range(query), machine.revision);
    return;
  }
  const pages = new RangePages(query, machine);
  call.inTurns(() => {
    if (!pages.next(call.replica.machine)) return false;
    done(pages.result, pages.current);
    return true;
  });
}

function inKeyOrder(query: RangeQuery): boolean {
  return (
    query.end !== undefined &&
    query.sortTarget === 'key' &&
    query.sortOrder !== 'descend' &&
    query.minModRevision === 0 &&
    query.maxModRevision === 0 &&
    query.minCreateRevision === 0 &&
    query.maxCreateRevision === 0
  );
}

/** A read of one revision, page by page. */
class RangePages {
  /** The store's revision when the read began. */
  current: Revision;
  private items: KeyVersion[] = [];
  private count = 0;
  private from: Key;
  private left = attempts;

  constructor(
    private readonly query: RangeQuery,
    machine: Machine,
  ) {
    this.current = machine.revision;
    this.from = query.key;
  }

  get result(): RangeResult {
    const { items, count, query } = this;
    return { kind: 'range', items, count, more: !query.countOnly && count > items.length };
  }

  /**
   * Reads the next page; true: it was the last.
   * @throws QuorateError REVISION_COMPACTED, REVISION_IN_FUTURE
   */
  next(machine: Machine): boolean {
    try {
      return this.read(machine);
    } catch (thrown) {
      if (!(thrown instanceof QuorateError) || thrown.reason !== 'REVISION_COMPACTED' || this.query.revision !== 0)
        throw thrown;
      return this.beginAgain(machine);
    }
  }

  private read(machine: Machine): boolean {
    const { query } = this;
    const wanted = this.wanted;
    const page = machine.range(
      {
        ...query,
        key: this.from,
        revision: query.revision === 0 ? this.current : query.revision,
        limit: Math.min(limits.pageItems, wanted || limits.pageItems),
        // What is behind the limit is only counted.
        keysOnly: query.keysOnly || wanted === 0,
        countOnly: false,
      },
      limits.pageBytes,
      false,
    );
    for (const item of page.items) if (wanted > 0) this.items.push(item);
    this.count += page.items.length;
    const last = page.items.at(-1);
    if (!page.more || !last) return true;
    this.from = `${last.key}\0` as Key;
    return false;
  }

  /** How many items are still to come. */
  private get wanted(): number {
    const { countOnly, limit } = this.query;
    if (countOnly) return 0;
    return limit > 0 ? limit - this.items.length : Number.POSITIVE_INFINITY;
  }

  private beginAgain(machine: Machine): boolean {
    this.current = machine.revision;
    this.items = [];
    this.count = 0;
    this.from = this.query.key;
    if (this.left-- > 0) return false;
    const { items, count } = machine.range(this.query);
    this.items = [...items];
    this.count = count;
    return true;
  }
}
