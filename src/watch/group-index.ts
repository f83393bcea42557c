/** Watchers by what they watch: finds those that a change concerns without asking the others. */
import type { Key } from '../base/ids.js';
import { TO_THE_END } from '../base/ranges.js';
import type { Change, RevisionChanges } from '../machine/types.js';
import { IntervalTree } from './interval-tree.js';
import type { KeyRange } from './types.js';
import type { HubWatcher } from './watcher.js';

/** All watchers with identical ranges. What one revision means to them is filtered once and shared. */
export class Group {
  readonly watchers = new Set<HubWatcher>();
  /** Changes of the revision being matched; empty between matches. */
  matched: Change[] = [];

  constructor(
    readonly id: string,
    readonly ranges: readonly KeyRange[],
  ) {}

  /** The matched changes, never to be changed again. */
  take(): readonly Change[] {
    const changes = this.matched;
    this.matched = [];
    return changes;
  }
}

export class GroupIndex {
  private readonly byId = new Map<string, Group>();
  private readonly exact = new Map<Key, Group[]>();
  private readonly ranged = new IntervalTree<Group>();
  private readonly found: Group[] = [];
  size = 0;

  join(ranges: readonly KeyRange[], watcher: HubWatcher): Group {
    const id = idOf(ranges);
    let group = this.byId.get(id);
    if (!group) {
      group = new Group(id, ranges);
      this.byId.set(id, group);
      this.index(group);
    }
    group.watchers.add(watcher);
    this.size++;
    return group;
  }

  leave(group: Group, watcher: HubWatcher): void {
    if (!group.watchers.delete(watcher)) return;
    this.size--;
    if (group.watchers.size > 0) return;
    this.byId.delete(group.id);
    this.unindex(group);
  }

  /** Groups that the changes concern; each must be asked to take() its share. */
  match({ changes }: RevisionChanges): readonly Group[] {
    if (this.byId.size === 0) return none;
    const touched: Group[] = [];
    for (const change of changes) {
      const key = change.current.key;
      const exact = this.exact.get(key);
      if (exact) for (const group of exact) give(group, change, touched);
      this.ranged.collect(key, this.found);
      for (const group of this.found) give(group, change, touched);
      this.found.length = 0;
    }
    return touched;
  }

  *watchers(): Iterable<HubWatcher> {
    for (const group of this.byId.values()) yield* group.watchers;
  }

  private index(group: Group): void {
    for (const { key, end } of group.ranges) {
      if (end === undefined) {
        const others = this.exact.get(key);
        if (others) others.push(group);
        else this.exact.set(key, [group]);
      } else if (end === TO_THE_END || key < end) this.ranged.insert(key, end === TO_THE_END ? undefined : end, group);
    }
  }

  private unindex(group: Group): void {
    for (const { key, end } of group.ranges) {
      if (end !== undefined) {
        this.ranged.remove(key, end === TO_THE_END ? undefined : end, group);
        continue;
      }
      const others = this.exact.get(key)?.filter((other) => other !== group) ?? [];
      if (others.length > 0) this.exact.set(key, others);
      else this.exact.delete(key);
    }
  }
}

const none: readonly Group[] = [];

function give(group: Group, change: Change, touched: Group[]): void {
  const { matched } = group;
  if (matched.length === 0) touched.push(group);
  // A group with overlapping ranges meets the same change twice in a row.
  else if (matched[matched.length - 1] === change) return;
  matched.push(change);
}

function idOf(ranges: readonly KeyRange[]): string {
  let id = '';
  for (const { key, end } of ranges)
    id += end === undefined ? `${key.length}:${key}` : `${key.length}-${end.length}:${key}${end}`;
  return id;
}
