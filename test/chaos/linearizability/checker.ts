/**
 * Decides whether a history is linearizable: the search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the pruning of Lowe
 * ("Testing for linearizability", 2017): each configuration - the set of operations that have taken effect, and the state - is visited once, and an
 * operation without an answer takes effect only when one that has an answer cannot go on without it.
 */
import type { Model, Operation } from './model.js';

export type Verdict =
  | { readonly kind: 'linearizable' }
  /** `problem` tells how far the longest explanation came and which answer it cannot explain. */
  | { readonly kind: 'violation'; readonly problem: string }
  /** The search was given up. */
  | { readonly kind: 'undecided'; readonly problem: string };

/** A place in the list of calls and returns of operations with an answer, by time. */
interface Place<Input, Output> {
  readonly operation: Operation<Input, Output>;
  /** Number of the operation, for the set of those that have taken effect. */
  readonly id: number;
  /** Undefined: this place is a return. */
  readonly itsReturn: Place<Input, Output> | undefined;
  before: Place<Input, Output> | Head<Input, Output>;
  after: Place<Input, Output> | undefined;
}

/** Stands before the first place. */
interface Head<Input, Output> {
  after: Place<Input, Output> | undefined;
}

/** An operation that has taken effect, and how to undo that. */
type Taken<State, Input, Output> =
  | { readonly place: Place<Input, Output>; readonly state: State }
  | { readonly open: number; readonly state: State };

/** Configurations looked at before a search is given up. */
const defaultBudget = 5_000_000;

/** Checks the history of one object. */
export function checkHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  budget = defaultBudget,
): Verdict {
  return new Search(model, history, budget).run();
}

class Search<State, Input, Output> {
  private readonly head: Head<Input, Output>;
  private readonly closed: number;
  /** Operations without an answer, by time of their call. */
  private readonly open: readonly Operation<Input, Output>[];
  private readonly effective: Uint16Array;
  private readonly visited = new Set<string>();
  private readonly taken: Taken<State, Input, Output>[] = [];
  private state: State;
  /** Of operations with an answer. */
  private effectiveClosed = 0;
  private furthest = -1;
  private problem = '';

  constructor(
    private readonly model: Model<State, Input, Output>,
    history: readonly Operation<Input, Output>[],
    private budget: number,
  ) {
    const closed = history.filter(({ output }) => output !== undefined);
    this.open = history.filter(({ output }) => output === undefined).sort((a, b) => a.call - b.call);
    this.closed = closed.length;
    this.effective = new Uint16Array((history.length >> 4) + 1);
    this.state = model.initial;
    this.head = listOf(closed);
  }

  run(): Verdict {
    let place = this.head.after;
    for (;;) {
      if (this.effectiveClosed === this.closed) return { kind: 'linearizable' };
      if (--this.budget < 0) return { kind: 'undecided', problem: `given up; ${this.problem}` };
      // Some operation with an answer is left, so a return is, and the walk ends there at the latest.
      if (place?.itsReturn !== undefined) {
        place = this.take(place) ? this.start() : place.after;
        continue;
      }
      if (place !== undefined && this.isHopeful(place) && this.takeOpen(0, place.operation.return)) {
        place = this.start();
        continue;
      }
      place = this.back();
      if (place === undefined) return { kind: 'violation', problem: this.problem };
    }
  }

  private start(): Place<Input, Output> | undefined {
    return this.head.after;
  }

  /** Nothing can explain the answers when the next one to return needs a state that is gone. */
  private isHopeful({ operation }: Place<Input, Output>): boolean {
    this.remember(operation);
    const { input, output } = operation;
    return output === undefined || this.model.isPast?.(this.state, input, output) !== true;
  }

  private take(place: Place<Input, Output>): boolean {
    const { operation, id } = place;
    const next = this.model.step(this.state, operation.input, operation.output);
    if (next === undefined) return false;
    if (!this.enter(id, next)) return false;
    this.taken.push({ place, state: this.state });
    this.state = next;
    this.effectiveClosed++;
    unlink(place);
    if (place.itsReturn) unlink(place.itsReturn);
    return true;
  }

  /** Lets the first of the operations from number `from` on that can take effect before this time do so. */
  private takeOpen(from: number, before: number): boolean {
    for (let i = from; i < this.open.length; i++) {
      const operation = this.open[i];
      if (operation === undefined || operation.call > before) return false;
      const id = this.closed + i;
      if (this.has(id)) continue;
      const next = this.model.step(this.state, operation.input, undefined);
      if (next === undefined || !this.enter(id, next)) continue;
      this.taken.push({ open: i, state: this.state });
      this.state = next;
      return true;
    }
    return false;
  }

  /** Undoes the last step and returns where to go on; undefined: everything was tried. */
  private back(): Place<Input, Output> | undefined {
    for (;;) {
      const last = this.taken.pop();
      if (last === undefined) return undefined;
      this.state = last.state;
      if ('place' in last) {
        this.flip(last.place.id);
        this.effectiveClosed--;
        if (last.place.itsReturn) relink(last.place.itsReturn);
        relink(last.place);
        return last.place.after;
      }
      this.flip(this.closed + last.open);
      const blocked = this.firstReturn();
      if (blocked !== undefined && this.takeOpen(last.open + 1, blocked.operation.return)) return this.start();
    }
  }

  private firstReturn(): Place<Input, Output> | undefined {
    let place = this.head.after;
    while (place?.itsReturn !== undefined) place = place.after;
    return place;
  }

  /** Marks the operation as effective, unless this configuration was visited before. */
  private enter(id: number, next: State): boolean {
    this.flip(id);
    const { buffer, byteLength } = this.effective;
    const configuration = `${Buffer.from(buffer, 0, byteLength).toString('latin1')}${this.model.keyOf(next)}`;
    if (!this.visited.has(configuration)) {
      this.visited.add(configuration);
      return true;
    }
    this.flip(id);
    return false;
  }

  private has(id: number): boolean {
    return (((this.effective[id >> 4] ?? 0) >> (id & 15)) & 1) === 1;
  }

  private flip(id: number): void {
    this.effective[id >> 4] = (this.effective[id >> 4] ?? 0) ^ (1 << (id & 15));
  }

  private remember({ input, output }: Operation<Input, Output>): void {
    if (this.effectiveClosed <= this.furthest) return;
    this.furthest = this.effectiveClosed;
    this.problem =
      `${this.effectiveClosed} of ${this.closed} answers can be explained, up to ${this.model.describeState(this.state)}; ` +
      `not this one: ${this.model.describe(input, output)}`;
  }
}

/** Calls and returns by time, behind an entry that stands for the beginning; a call comes before a return at the same time. */
function listOf<Input, Output>(operations: readonly Operation<Input, Output>[]): Head<Input, Output> {
  const head: Head<Input, Output> = { after: undefined };
  const places: Place<Input, Output>[] = [];
  operations.forEach((operation, id) => {
    const itsReturn = { operation, id, itsReturn: undefined, before: head, after: undefined };
    places.push({ operation, id, itsReturn, before: head, after: undefined }, itsReturn);
  });
  const timeOf = ({ operation, itsReturn }: Place<Input, Output>) => (itsReturn ? operation.call : operation.return);
  places.sort((a, b) => timeOf(a) - timeOf(b) || Number(!a.itsReturn) - Number(!b.itsReturn));
  let last: Place<Input, Output> | Head<Input, Output> = head;
  for (const place of places) {
    place.before = last;
    last.after = place;
    last = place;
  }
  return head;
}

function unlink<Input, Output>({ before, after }: Place<Input, Output>): void {
  before.after = after;
  if (after) after.before = before;
}

/** Undoes unlink(), in the reverse order of several. */
function relink<Input, Output>(place: Place<Input, Output>): void {
  place.before.after = place;
  if (place.after) place.after.before = place;
}
