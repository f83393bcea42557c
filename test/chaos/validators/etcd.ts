/**
 * etcd's published guarantees of watches (etcd.io/docs, API guarantees): ordered, unique, reliable, atomic, resumable, bookmarkable. Raw keys have no
 * history that can be read when all is over, so the watches are held against each other, against the answers to calls, and against the versions that
 * each key counts.
 */
import type { RawCall, RawEvent, RawFinal, RawWatched } from '../etcd-history.js';
import type { History } from '../history.js';
import { RawTimeline, told } from './etcd-timeline.js';
import type { Finding } from './finding.js';

export function validateEtcd({ etcdCalls, etcdWatched, etcdFinals }: History): Finding {
  const timeline = new RawTimeline(etcdCalls, etcdWatched);
  const violations = [...timeline.conflicts];
  const watches = new Map<string, RawWatch>();
  const acknowledged = etcdCalls.filter(({ outcome }) => outcome === 'ok').length;
  const checked = {
    calls: etcdCalls.length,
    acknowledged,
    watches: 0,
    events: 0,
    resumed: 0,
    progress: 0,
    compacted: 0,
  };
  for (const line of etcdWatched) {
    const watch = watches.get(line.watcher) ?? new RawWatch(line.watcher, violations);
    watches.set(line.watcher, watch);
    if (line.kind === 'begin' && watch.began) checked.resumed++;
    if (line.kind === 'progress') checked.progress++;
    if (line.kind === 'compacted') checked.compacted++;
    checked.events += line.events?.length ?? 0;
    watch.onLine(line);
  }
  checked.watches = watches.size;
  for (const watch of watches.values()) {
    watch.mustHaveAll(timeline);
    watch.mustEndAs(etcdFinals);
  }
  checkMakers(etcdCalls, timeline, violations);
  return { violations, checked };
}

/** One watch over all its streams. */
class RawWatch {
  began = false;
  private prefix = '';
  private first = 0;
  /** Everything up to here was told, or so it was said. */
  private upTo = 0;
  private claim = 'the beginning';
  /** Where the stream that runs began. */
  private asked = 0;
  private readonly seen = new Map<number, Set<string>>();
  /** What a compaction has taken, from and to. */
  private readonly gaps: (readonly [from: number, to: number])[] = [];
  /** The last event of each key; after a gap, only of keys that were seen since. */
  private readonly last = new Map<string, RawEvent>();
  private knowsAll = true;

  constructor(
    private readonly name: string,
    private readonly violations: string[],
  ) {}

  onLine({ kind, revision, prefix = '', events = [] }: RawWatched): void {
    if (kind === 'begin') this.onBegin(revision, prefix);
    else if (kind === 'events') this.onEvents(revision, events);
    else if (kind === 'progress') this.advance(revision, `progress at revision ${revision}`);
    else if (kind === 'compacted') this.onCompacted(revision);
  }

  private onBegin(revision: number, prefix: string): void {
    if (this.began && revision !== this.upTo + 1)
      this.complain(`resumed at revision ${revision}, though it had everything up to ${this.upTo}`);
    if (!this.began) {
      this.first = revision;
      this.upTo = revision - 1;
      this.knowsAll = revision <= 1;
    }
    this.began = true;
    this.prefix = prefix;
    this.asked = revision;
  }

  private onEvents(header: number, events: readonly RawEvent[]): void {
    let before = 0;
    for (const event of events) {
      const { key, revision } = event;
      if (revision <= this.upTo) this.complain(`${nameOf(event)} was told after ${this.claim}`);
      if (revision < before) this.complain(`${nameOf(event)} came after revision ${before} in one message`);
      before = Math.max(before, revision);
      const keys = this.seen.get(revision) ?? new Set<string>();
      this.seen.set(revision, keys);
      if (keys.has(key)) this.complain(`${nameOf(event)} was told twice`);
      keys.add(key);
      if (!key.startsWith(this.prefix)) this.complain(`${nameOf(event)} is not in its range`);
      this.checkLife(event);
      this.last.set(key, event);
    }
    if (header < before) this.complain(`a message with events of revision ${before} says that it is of ${header}`);
    // npm etcd3 resumes after the revision in the header, so it must not be ahead of the events either.
    this.advance(Math.max(header, before), `a message of revision ${header}`);
  }

  /** A key's puts count up from one within each of its lives; a delete ends one. */
  private checkLife(event: RawEvent): void {
    const last = this.last.get(event.key);
    if (!last && !this.knowsAll) return;
    const alive = last?.value !== undefined ? last : undefined;
    if (event.previous !== undefined && event.previous !== alive?.revision)
      this.complain(`${nameOf(event)} came after revision ${event.previous}, but ${alive?.revision} was told before`);
    if (event.value === undefined) {
      if (!alive) this.complain(`${nameOf(event)}, which was not there`);
      return;
    }
    const version = (alive?.version ?? 0) + 1;
    const created = alive?.created ?? event.revision;
    if (event.version !== version || event.created !== created)
      this.complain(
        `${nameOf(event)} is version ${event.version} of the life since ${event.created}, but ${version} since ${created} belongs there`,
      );
  }

  private onCompacted(revision: number): void {
    if (revision <= this.asked)
      this.complain(`was ended by a compaction at ${revision}, though it began at ${this.asked}`);
    if (revision - 1 > this.upTo) this.gaps.push([this.upTo + 1, revision - 1]);
    this.knowsAll = false;
    this.last.clear();
    this.advance(revision - 1, `a compaction at revision ${revision}`);
  }

  private advance(revision: number, claim: string): void {
    if (revision <= this.upTo) return;
    this.upTo = revision;
    this.claim = claim;
  }

  /** Reliable, resumable and atomic: what anybody was told within what this watch claims to have told, it has told. */
  mustHaveAll(timeline: RawTimeline): void {
    const { revisions } = timeline;
    for (const revision of revisions) {
      if (revision < this.first) continue;
      if (this.gaps.some(([from, to]) => from <= revision && revision <= to)) continue;
      for (const change of timeline.of(revision, this.prefix)) {
        if (this.seen.get(revision)?.has(change.key)) continue;
        const missed = `${change.key} (${told(change)}, revision ${revision})`;
        if (revision <= this.upTo) this.complain(`missed ${missed}`);
        else this.complain(`ended at revision ${this.upTo}, before ${missed}`);
      }
    }
  }

  /** What the events leave is what was read in the end. */
  mustEndAs(finals: readonly RawFinal[]): void {
    const there = new Map(finals.filter(({ key }) => key.startsWith(this.prefix)).map((final) => [final.key, final]));
    for (const [key, event] of this.last) {
      const final = there.get(key);
      if (event.value !== final?.value || (final && event.version !== final.version))
        this.complain(`leaves ${nameOf(event)} where in the end ${final ? told(final) : 'nothing'} was read`);
    }
    for (const { key, value } of there.values())
      if (this.knowsAll && !this.last.has(key)) this.complain(`knows nothing of ${key}, which in the end was ${value}`);
  }

  private complain(sentence: string): void {
    this.violations.push(`watch ${this.name}: ${sentence}`);
  }
}

/** Every change comes from one call that may have made it, and a call's changes have one revision. */
function checkMakers(calls: readonly RawCall[], timeline: RawTimeline, violations: string[]): void {
  const makers = new Map<string, RawCall>();
  const deletes = { keys: new Set<string>(), prefixes: new Set<string>() };
  for (const call of calls) {
    if (call.deletedPrefix !== undefined && call.outcome !== 'refused') deletes.prefixes.add(call.deletedPrefix);
    for (const { key, value } of call.changes)
      if (value !== undefined) makers.set(value, call);
      else if (call.outcome !== 'refused') deletes.keys.add(key);
  }
  const revisionOf = new Map<RawCall, number>();
  const prefixes = [...deletes.prefixes];
  for (const revision of timeline.revisions)
    for (const { key, value } of timeline.of(revision)) {
      if (value === undefined) {
        if (!deletes.keys.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)))
          violations.push(`${key} was deleted in revision ${revision} by nobody`);
        continue;
      }
      const maker = makers.get(value);
      const is = maker?.changes.some((change) => change.key === key && change.value === value);
      if (!maker || !is) {
        violations.push(`${value} in ${key}, revision ${revision}, was written by nobody`);
        continue;
      }
      if (maker.outcome === 'refused')
        violations.push(`${value} in ${key}, revision ${revision}, is there although ${maker.caller} was refused`);
      const known = revisionOf.get(maker) ?? maker.revision ?? revision;
      revisionOf.set(maker, known);
      if (known !== revision)
        violations.push(`a call of ${maker.caller} changed ${key} in revision ${revision}, and others in ${known}`);
    }
  for (const [maker, revision] of revisionOf) {
    const made = new Map(timeline.of(revision).map((change) => [change.key, change.value]));
    for (const { key, value } of maker.changes)
      if (value !== undefined && made.get(key) !== value)
        violations.push(
          `revision ${revision} lacks ${value} in ${key}, which ${maker.caller} wrote with the rest of it`,
        );
  }
}

function nameOf({ key, revision, ...change }: RawEvent): string {
  return `${key} (${told({ key, ...change })}, revision ${revision})`;
}
