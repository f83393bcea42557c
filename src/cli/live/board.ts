/** What a live table of instances shows: those that are there, and for a moment those that have just gone. */
import type { RegistryEvent } from '../../client/events.js';
import { type Instance, instanceName } from '../../client/instance.js';

/** How long a change stands out, milliseconds. */
const freshMs = 4_000;

export interface BoardRow {
  readonly instance: Instance;
  /** Not listed any more. */
  readonly gone: boolean;
  /** It came, changed or went a moment ago. */
  readonly fresh: boolean;
}

interface Entry {
  readonly instance: Instance;
  readonly gone: boolean;
  readonly changedAt: number;
}

export class Board {
  revision = 0;
  /** When something was last heard of the cluster; undefined before the first state. */
  heardAt: number | undefined;
  private readonly entries = new Map<string, Entry>();

  /** @param now milliseconds of any clock, the same for all calls */
  take(event: RegistryEvent, now: number): void {
    const first = this.heardAt === undefined;
    this.heardAt = now;
    this.revision = Math.max(this.revision, event.revision);
    if (event.kind === 'snapshot') {
      const there = new Set(event.items.map(instanceName));
      for (const [name, { gone }] of this.entries) if (!gone && !there.has(name)) this.remove(name, now);
      // What was there already when one begins to look is no news.
      for (const instance of event.items) this.put(instance, first ? Number.NEGATIVE_INFINITY : now);
    } else if (event.kind === 'changes') {
      for (const ref of event.removed) this.remove(instanceName(ref), now);
      for (const instance of event.updated) this.put(instance, now);
    }
  }

  /** By service and id. Forgets what has gone some time ago. */
  rows(now: number): BoardRow[] {
    for (const [name, { gone, changedAt }] of this.entries)
      if (gone && now - changedAt > freshMs) this.entries.delete(name);
    return [...this.entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { instance, gone, changedAt }]) => ({ instance, gone, fresh: now - changedAt <= freshMs }));
  }

  private put(instance: Instance, now: number): void {
    const name = instanceName(instance);
    const before = this.entries.get(name);
    if (before && !before.gone && before.instance.revision === instance.revision) return;
    this.entries.set(name, { instance, gone: false, changedAt: now });
  }

  private remove(name: string, now: number): void {
    const before = this.entries.get(name);
    if (before) this.entries.set(name, { instance: before.instance, gone: true, changedAt: now });
  }
}
