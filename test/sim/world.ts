/** Virtual time: one queue of events, drained of promises after each, and one seed behind every random number. */
import { type Random, seededRandom } from '../../src/base/random.js';
import { Trace } from './trace.js';

/** What events belong to: a run of a member, or the world itself. Events of one that is dead never happen, those of a paused one wait. */
export class Scope {
  alive = true;
  paused = false;
  held: Event[] = [];

  constructor(readonly name: string) {}
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly scope: Scope;
  readonly run: () => void;
}

/** Something that must not be. */
export interface Violation {
  readonly checker: string;
  readonly sentence: string;
}

export class World {
  /** Virtual milliseconds since the world began. */
  now = 0;
  events = 0;
  readonly trace = new Trace(() => this.now);
  readonly always = new Scope('world');
  /** Looks at the world after every event, and what it settled, of this scope. */
  afterEvent: (scope: Scope) => void = () => {};
  private happened: Scope | undefined;
  private first: Violation | undefined;
  private readonly heap: Event[] = [];
  private order = 0;

  constructor(readonly seed: number) {}

  get violation(): Violation | undefined {
    return this.first;
  }

  /** The first one counts: what follows may come of it. */
  violated(checker: string, sentence: string): void {
    if (this.first) return;
    this.first = { checker, sentence };
    this.trace.note('VIOLATION', '', `${checker}: ${sentence}`);
  }

  /** A stream of random numbers of its own for each name, so that one part's draws do not move another's. */
  random(name: string): Random {
    let hash = this.seed >>> 0;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
    return seededRandom(Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ this.seed);
  }

  /** Does something after so many milliseconds. */
  after(delay: number, scope: Scope, run: () => void): void {
    this.push({ at: this.now + delay, order: this.order++, scope, run });
  }

  /** Resolves after so many milliseconds; never when the scope dies meanwhile. */
  sleep(delay: number, scope: Scope): Promise<void> {
    return new Promise((resolve) => this.after(delay, scope, resolve));
  }

  pause(scope: Scope): void {
    scope.paused = true;
  }

  resume(scope: Scope): void {
    scope.paused = false;
    for (const { scope: owner, run } of scope.held.splice(0)) this.after(0, owner, run);
  }

  /** Lets events happen, each with all promises that it settles, until the condition holds, a violation is found or the time has come. */
  advance(until: number, condition: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          const next = this.heap[0];
          if (this.first || condition() || !next || next.at > until) {
            if (!this.first && (!next || next.at > until) && this.now < until) this.now = until;
            resolve();
            return;
          }
          this.happen(this.pop());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        queueMicrotask(drained);
      };
      // A tick asked for by a microtask comes after all microtasks.
      const drained = (): void => process.nextTick(seen);
      const seen = (): void => {
        try {
          if (this.happened) this.afterEvent(this.happened);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        step();
      };
      queueMicrotask(() => process.nextTick(step));
    });
  }

  /** Lets events happen until the promise settles. */
  async during(promise: Promise<void>): Promise<void> {
    let settled = false;
    const ends = (): void => {
      settled = true;
    };
    promise.then(ends, ends);
    await this.advance(Number.POSITIVE_INFINITY, () => settled);
    if (!this.first) await promise;
  }

  private happen(event: Event): void {
    this.now = event.at;
    const { scope } = event;
    this.happened = undefined;
    if (!scope.alive) return;
    if (scope.paused) {
      scope.held.push(event);
      return;
    }
    this.events++;
    this.happened = scope;
    try {
      event.run();
    } catch (error) {
      this.trace.note('stack', scope.name, error instanceof Error ? (error.stack ?? '') : '');
      this.violated('assertion', `${scope.name}: ${String(error)}`);
    }
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = heap[parent] as Event;
      if (before(other, event)) break;
      heap[at] = other;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): Event {
    const { heap } = this;
    const top = heap[0] as Event;
    const last = heap.pop() as Event;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && before(right, heap[child] as Event)) child++;
      const smaller = heap[child] as Event;
      if (before(last, smaller)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
