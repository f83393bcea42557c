/** All changes of raw keys that anybody was told of, by revision: by the answers to calls, and by any watch. */
import type { RawCall, RawChange, RawWatched } from '../etcd-history.js';

export class RawTimeline {
  /** By revision, then by key. */
  private readonly changes = new Map<number, Map<string, RawChange>>();
  readonly conflicts: string[] = [];
  private order: readonly number[] | undefined;

  constructor(calls: readonly RawCall[], watched: readonly RawWatched[]) {
    for (const { caller, outcome, revision, changes } of calls)
      if (outcome === 'ok' && revision !== undefined)
        for (const change of changes) this.add(revision, change, `the answer to ${caller}`);
    for (const { watcher, events = [] } of watched)
      for (const event of events) this.add(event.revision, event, `watch ${watcher}`);
  }

  private add(revision: number, { key, value }: RawChange, source: string): void {
    const ofRevision = this.changes.get(revision) ?? new Map<string, RawChange>();
    this.changes.set(revision, ofRevision);
    const known = ofRevision.get(key);
    if (!known) ofRevision.set(key, { key, value });
    else if (known.value !== value)
      this.conflicts.push(`revision ${revision} of ${key} is ${told(known)}, but by ${source} ${told({ key, value })}`);
  }

  get revisions(): readonly number[] {
    this.order ??= [...this.changes.keys()].sort((a, b) => a - b);
    return this.order;
  }

  /** What a revision changed of the keys with a prefix. */
  of(revision: number, prefix = ''): readonly RawChange[] {
    return [...(this.changes.get(revision)?.values() ?? [])].filter(({ key }) => key.startsWith(prefix));
  }
}

export function told({ value }: RawChange): string {
  return value === undefined ? 'deleted' : value;
}
