/** The same steps on two stores, and the first difference. */
import type { Wire } from '../wire.js';
import { type Canonical, differences } from './canonical.js';
import { clean } from './clean.js';
import { allowed, avoided, withoutAllowed } from './differences.js';
import { expectedEvents } from './expected-events.js';
import { References } from './references.js';
import { type Step, show } from './steps.js';
import { Target } from './target.js';
import { startsCompacted, type WatchRecord } from './watches.js';

export interface Connected {
  readonly name: string;
  readonly wires: readonly Wire[];
}

/** What steps are chosen by; of the first store. Revisions since the session began. */
export interface SessionView {
  readonly revision: number;
  readonly compacted: number;
  /** Ids of watches that live, per stream. */
  liveWatches(stream: number): readonly string[];
}

export interface Difference {
  /** Index of the step after which it was seen. */
  readonly step: number;
  readonly what: string;
  readonly answers: readonly string[];
}

/** Gives the next step, or undefined at the end. */
export type NextStep = (view: SessionView) => Step | undefined;

export interface SessionResult {
  readonly steps: readonly Step[];
  readonly difference: Difference | undefined;
  /**
   * The difference says nothing: a store had no quorum or did not answer in time, or the machine stood still while there was a lease with the shortest
   * TTL, which may have run out in one store only.
   */
  readonly stalled: boolean;
}

/** From the grant of a lease that lasts two seconds to its revocation, and how long they may take. */
const shortLeaseSteps = 4;
const stallMs = 1_500;
/** The codes UNAVAILABLE and DEADLINE_EXCEEDED. */
const unavailable = /"code":(14|4)\b/;

export class Session {
  private readonly steps: Step[] = [];
  private readonly begun: number[] = [];
  private compared: number[] = [];

  private constructor(
    private readonly first: Target,
    private readonly second: Target,
  ) {}

  static async run(stores: readonly [Connected, Connected], next: NextStep): Promise<SessionResult> {
    const [first, second] = await Promise.all(stores.map(begin));
    if (!first || !second) throw new Error('two stores are compared');
    const session = new Session(first, second);
    try {
      const difference = (await session.runSteps(next)) ?? (await session.settle());
      return { steps: session.steps, difference, stalled: difference !== undefined && session.hasStalled(difference) };
    } finally {
      first.close();
      second.close();
    }
  }

  private async runSteps(next: NextStep): Promise<Difference | undefined> {
    const { first } = this;
    const view: SessionView = {
      get revision() {
        return first.revision;
      },
      get compacted() {
        return first.compacted;
      },
      liveWatches: (stream) => first.streams.get(stream)?.liveIds ?? [],
    };
    for (let step = next(view); step !== undefined; step = next(view)) {
      this.steps.push(step);
      this.begun.push(performance.now());
      const difference = (needsRest(step) ? await this.settle() : undefined) ?? (await this.runStep(step));
      if (difference) return difference;
    }
    return undefined;
  }

  private hasStalled({ answers }: Difference): boolean {
    if (answers.some((answer) => unavailable.test(answer))) return true;
    const from = Math.max(0, this.steps.length - shortLeaseSteps);
    const grant = this.steps.findIndex((step, i) => i >= from && isShortGrant(step));
    return grant >= 0 && performance.now() - (this.begun[grant] ?? 0) > stallMs;
  }

  private async runStep(step: Step): Promise<Difference | undefined> {
    if (avoided(step, this.first)) return undefined;
    const [a, b] = await Promise.all([this.first.run(step), this.second.run(step)]);
    const path = differences(a, b).find((found) => !allowed(step, found, a, b));
    if (path !== undefined) return this.difference(`the answers differ at ${path}`, a, b);
    return this.violation();
  }

  /** All that watches had to tell is there, and equal. */
  private async settle(): Promise<Difference | undefined> {
    await Promise.all([this.first, this.second].map((target) => target.settle((record) => isComplete(target, record))));
    const history = eventTexts(this.first.history, this.second.history);
    if (history) return this.difference(`the events of all keys differ at ${history.path}`, history.a, history.b);
    const others = this.second.records;
    for (const [i, record] of this.first.records.entries()) {
      const other = others[i];
      if (!other) return this.difference('there are more watches', show(record.request), '');
      const found = this.compareRecords(i, record, other);
      if (found) return found;
    }
    return this.violation();
  }

  private compareRecords(index: number, a: WatchRecord, b: WatchRecord): Difference | undefined {
    const watch = `watch ${show(a.request)} on stream ${a.stream}`;
    if (differences(a.canceled, b.canceled).length > 0)
      return this.difference(`${watch} was cancelled otherwise`, a.canceled ?? 'not', b.canceled ?? 'not');
    const seen = this.compared[index] ?? 0;
    const found = eventTexts(withoutAllowed(a).slice(seen), withoutAllowed(b).slice(seen));
    if (found) return this.difference(`the events of ${watch} differ at ${found.path}`, found.a, found.b);
    this.compared[index] = withoutAllowed(a).length;
    return undefined;
  }

  private violation(): Difference | undefined {
    const [ofFirst = '', ofSecond = ''] = [this.first.violations[0], this.second.violations[0]];
    return ofFirst === '' && ofSecond === ''
      ? undefined
      : this.difference('a watch broke the rules', ofFirst, ofSecond);
  }

  private difference(what: string, a: Canonical, b: Canonical): Difference {
    const answers = [`${this.first.name}: ${show(a)}`, `${this.second.name}: ${show(b)}`];
    return { step: this.steps.length - 1, what, answers };
  }
}

async function begin({ name, wires }: Connected): Promise<Target> {
  const [wire] = wires;
  if (!wire) throw new Error(`${name} has no members`);
  const target = new Target(name, wires, new References(await clean(wire)));
  await target.begin();
  return target;
}

function isShortGrant(step: Step): boolean {
  return step.kind === 'grant' && 'TTL' in step.request && Number(step.request.TTL) <= 2;
}

/** Cancelling and compacting race with events that are on their way, and so does progress. */
function needsRest(step: Step): boolean {
  if (step.kind === 'watch') return !step.request.create_request;
  return step.kind === 'compact' || step.kind === 'settle';
}

function isComplete(target: Target, record: WatchRecord): boolean {
  if (record.canceled !== undefined) return true;
  if (startsCompacted(record)) return false;
  return (
    withoutAllowed(record).length >=
    withoutAllowed({ ...record, events: expectedEvents(record, target.history) }).length
  );
}

function eventTexts(
  a: WatchRecord['events'],
  b: WatchRecord['events'],
): { readonly path: string; readonly a: Canonical; readonly b: Canonical } | undefined {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [path] = differences(a[i]?.text, b[i]?.text);
    if (path !== undefined)
      return { path: `event ${i}${path}`, a: a[i]?.text ?? 'nothing', b: b[i]?.text ?? 'nothing' };
  }
  return undefined;
}
