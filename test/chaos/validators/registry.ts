/**
 * The watches of the registry, which "Watches" of docs/guarantees.md is about as well. What happened is what all of them together saw: they must agree,
 * and each must have seen all of it in order.
 */
import type { Call, History, InstanceState, WatchedRegistry } from '../history.js';
import type { Finding } from './finding.js';

/** What became of the instances in one revision. */
interface Fact {
  readonly revision: number;
  readonly updated: ReadonlyMap<string, InstanceState>;
  readonly removed: ReadonlySet<string>;
}

type State = Map<string, InstanceState>;

export function validateRegistry(history: History): Finding {
  const violations: string[] = [];
  const events = history.watchedRegistry;
  const story = new Story(events, violations);
  const checked = { events: events.length, watchers: 0, revisions: story.facts.length, resyncs: 0, acknowledged: 0 };
  const watchers = new Map<string, Watcher>();
  for (const event of events) {
    let watcher = watchers.get(event.watcher);
    if (!watcher) {
      watcher = new Watcher(event.watcher, story, violations);
      watchers.set(event.watcher, watcher);
    }
    if (event.resync) checked.resyncs++;
    watcher.onEvent(event);
  }
  checked.watchers = watchers.size;
  checked.acknowledged = checkAcknowledged(history.calls, story, violations);
  return { violations, checked };
}

/** What all watches together saw. */
class Story {
  /** In the order of revisions. */
  readonly facts: readonly Fact[];
  /** The earliest state that any watch began with. */
  readonly base: WatchedRegistry | undefined;
  /** From the base up to here, every revision was told to some watch that got every change. */
  readonly knownTo: number;
  private readonly ofRevision = new Map<number, Fact>();

  constructor(events: readonly WatchedRegistry[], violations: string[]) {
    const covered: (readonly [number, number])[] = [];
    const reached = new Map<string, number>();
    for (const event of events) {
      const { watcher, kind, revision, conflated } = event;
      if (kind === 'snapshot' && (this.base === undefined || revision < this.base.revision)) this.base = event;
      const before = reached.get(watcher);
      reached.set(watcher, revision);
      if (kind === 'snapshot' || conflated || before === undefined) continue;
      covered.push([before, revision]);
      if (kind === 'changes') this.add(event, violations);
    }
    this.facts = [...this.ofRevision.values()].sort((a, b) => a.revision - b.revision);
    this.knownTo = this.base?.revision ?? 0;
    for (const [from, to] of covered.sort((a, b) => a[0] - b[0])) {
      if (from > this.knownTo) break;
      this.knownTo = Math.max(this.knownTo, to);
    }
  }

  at(revision: number): Fact | undefined {
    return this.ofRevision.get(revision);
  }

  private add({ watcher, revision, updated, removed }: WatchedRegistry, violations: string[]): void {
    const fact = { revision, updated: new Map(updated.map((state) => [state.id, state])), removed: new Set(removed) };
    const known = this.ofRevision.get(revision);
    if (!known) this.ofRevision.set(revision, fact);
    else if (textOf(known) !== textOf(fact))
      violations.push(`watch ${watcher} saw ${textOf(fact)} at revision ${revision}, another saw ${textOf(known)}`);
  }
}

/** One watch, held against the story. */
class Watcher {
  private revision: number | undefined;
  /** What the watch has told of. */
  private readonly view: State = new Map();
  /** What there is, as the story goes. */
  private readonly truth: State = new Map();
  private truthAt = -1;
  private next = 0;

  constructor(
    private readonly name: string,
    private readonly story: Story,
    private readonly violations: string[],
  ) {}

  onEvent(event: WatchedRegistry): void {
    const { kind, revision, resync, conflated, updated, removed } = event;
    const before = this.revision;
    this.revision = Math.max(revision, before ?? 0);
    if (before === undefined && kind !== 'snapshot')
      this.complain(`${kind} at revision ${revision} came before any state`);
    if (before !== undefined && (kind === 'changes' ? revision <= before : revision < before))
      this.complain(`${kind} at revision ${revision} came after revision ${before}`);
    if (kind === 'snapshot') {
      if (before !== undefined && !resync) this.complain(`a second snapshot, at revision ${revision}, is not a resync`);
      this.view.clear();
    } else if (kind === 'changes' && !conflated && updated.length + removed.length === 0)
      this.complain(`the changes of revision ${revision} are empty`);
    for (const id of removed) this.view.delete(id);
    for (const state of updated) this.view.set(state.id, state);
    if (revision > this.story.knownTo) return;
    this.advance(revision);
    this.compare(`${kind} at revision ${revision}`);
  }

  private advance(revision: number): void {
    const { base, facts } = this.story;
    if (this.truthAt < 0 && base) {
      for (const state of base.updated) this.truth.set(state.id, state);
      this.truthAt = base.revision;
    }
    for (let fact = facts[this.next]; fact !== undefined && fact.revision <= revision; fact = facts[++this.next]) {
      if (fact.revision <= this.truthAt) continue;
      for (const id of fact.removed) this.truth.delete(id);
      for (const state of fact.updated.values()) this.truth.set(state.id, state);
    }
  }

  /** After every event the watch has told of all that is there, and of nothing else. */
  private compare(after: string): void {
    for (const [id, state] of this.view) {
      const there = this.truth.get(id);
      if (!there) this.complain(`after ${after} it shows ${nameOf(state)}, which is not there`);
      else if (nameOf(there) !== nameOf(state))
        this.complain(`after ${after} it shows ${nameOf(state)} instead of ${nameOf(there)}`);
    }
    for (const [id, state] of this.truth)
      if (!this.view.has(id)) this.complain(`after ${after} it lacks ${nameOf(state)}`);
    // Told once is enough.
    this.view.clear();
    for (const [id, state] of this.truth) this.view.set(id, state);
  }

  private complain(sentence: string): void {
    this.violations.push(`registry watch ${this.name}: ${sentence}`);
  }
}

/** What was acknowledged at a revision was told by the watches at this revision. */
function checkAcknowledged(calls: readonly Call[], story: Story, violations: string[]): number {
  let checked = 0;
  for (const { request, outcome, answer, caller } of calls) {
    const revision = answer?.revision ?? 0;
    if (outcome !== 'ok' || revision <= (story.base?.revision ?? 0) || revision > story.knownTo) continue;
    if (request.kind !== 'register' && request.kind !== 'deregister' && request.kind !== 'status') continue;
    checked++;
    const fact = story.at(revision);
    const state = fact?.updated.get(request.id);
    const isTold =
      request.kind === 'register'
        ? state?.lease === answer?.lease
        : request.kind === 'status'
          ? state?.status === request.status
          : fact?.removed.has(request.id) === true;
    if (!isTold)
      violations.push(
        `${request.kind} of ${request.id} was acknowledged to ${caller} at revision ${revision}, where the watches saw ${fact ? textOf(fact) : 'nothing'}`,
      );
  }
  return checked;
}

function nameOf({ id, lease, status, revision }: InstanceState): string {
  return `${id} (${status}, lease ${lease}, revision ${revision})`;
}

function textOf({ updated, removed }: Fact): string {
  const told = [...updated.values()].map(nameOf).concat([...removed].map((id) => `${id} gone`));
  return told.sort().join(', ');
}
