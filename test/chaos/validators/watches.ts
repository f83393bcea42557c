/** "Watches" of docs/guarantees.md: in order, each change once, all of them, all of a revision in one message, resumable on any member. */
import type { History, Version, Watched } from '../history.js';
import type { Finding } from './finding.js';
import { nameOf, Timeline } from './timeline.js';

export function validateWatches(history: History): Finding {
  const timeline = new Timeline(history.versions);
  const watchers = new Map<string, Watcher>();
  const violations: string[] = [];
  const checked = { watchers: 0, events: 0, resumed: 0, resyncs: 0, conflated: 0 };
  for (const event of history.watched) {
    const watcher = watchers.get(event.watcher) ?? new Watcher(event.watcher, timeline, violations);
    watchers.set(event.watcher, watcher);
    watcher.onEvent(event);
    checked.events++;
    if (event.resumedAfter !== undefined) checked.resumed++;
    if (event.resync) checked.resyncs++;
    if (event.conflated) checked.conflated++;
  }
  checked.watchers = watchers.size;
  for (const watcher of watchers.values()) watcher.onEnd();
  return { violations, checked };
}

class Watcher {
  /** Everything up to here was delivered; undefined: nothing yet. */
  private revision: number | undefined;
  private givenUp = false;

  constructor(
    private readonly name: string,
    private readonly timeline: Timeline,
    private readonly violations: string[],
  ) {}

  onEvent(event: Watched): void {
    const { kind, revision, resumedAfter } = event;
    if (kind === 'end') {
      this.givenUp = true;
      return;
    }
    if (resumedAfter !== undefined && resumedAfter !== this.revision)
      this.complain(`resumed after revision ${resumedAfter}, which was not where it ended (${this.revision})`);
    const goesBack =
      this.revision !== undefined && (kind === 'changes' ? revision <= this.revision : revision < this.revision);
    if (goesBack) this.complain(`${kind} at revision ${revision} came after revision ${this.revision}`);
    else if (kind === 'snapshot') this.onSnapshot(event);
    else if (this.revision === undefined) this.complain(`${kind} at revision ${revision} came before any state`);
    else if (kind === 'changes') this.onChanges(event, this.revision);
    else this.mustBeNothing(this.revision, revision, `progress at revision ${revision}`);
    this.revision = Math.max(revision, this.revision ?? 0);
  }

  onEnd(): void {
    const last = this.timeline.lastRevision;
    if (!this.givenUp && (this.revision ?? 0) < last)
      this.complain(`ended at revision ${this.revision}, before the last one, ${last}`);
  }

  private onSnapshot({ revision, resync, items }: Watched): void {
    if (this.revision !== undefined && !resync)
      this.complain(`a second snapshot, at revision ${revision}, is not marked as resync`);
    const expected = new Map<string, Version>();
    for (const key of this.timeline.ofKey.keys()) {
      const version = this.timeline.at(key, revision);
      if (version && !version.deleted) expected.set(key, version);
    }
    this.compare(`the snapshot at revision ${revision}`, items, expected);
  }

  private onChanges({ revision, items, conflated }: Watched, after: number): void {
    if (!conflated) this.mustBeNothing(after, revision - 1, `the changes of revision ${revision}`);
    const expected = new Map<string, Version>();
    for (const { versions } of this.timeline.between(conflated ? after : revision - 1, revision))
      for (const version of versions) expected.set(version.key, version);
    this.compare(`the changes of revision ${revision}`, items, expected);
  }

  private mustBeNothing(after: number, upTo: number, before: string): void {
    for (const { versions } of this.timeline.between(after, upTo))
      this.complain(`missed ${versions.map(nameOf).join(', ')} before ${before}`);
  }

  private compare(what: string, items: readonly Version[], expected: ReadonlyMap<string, Version>): void {
    const seen = new Set<string>();
    for (const item of items) {
      const version = expected.get(item.key);
      const isRight =
        version?.version === item.version &&
        version.revision === item.revision &&
        version.deleted === item.deleted &&
        version.value === item.value &&
        version.rollback === item.rollback;
      if (!isRight)
        this.complain(`${what} have ${nameOf(item)} where ${version ? nameOf(version) : 'nothing'} belongs`);
      if (seen.has(item.key)) this.complain(`${what} have ${item.key} twice`);
      seen.add(item.key);
    }
    for (const version of expected.values())
      if (!seen.has(version.key)) this.complain(`${what} lack ${nameOf(version)}`);
  }

  private complain(sentence: string): void {
    this.violations.push(`watch ${this.name}: ${sentence}`);
  }
}
