/** One instance as pickers see it. */
import { hashText } from './hash.js';

export class Slot<T> {
  /** Calls under way; counted by who makes them. */
  inFlight = 0;
  /** Share of the load now: the weight given, times the progress of its slow start. */
  weight = 0;
  /** Round robin: when it is its turn, in rounds of the picker. */
  due = 0;
  /** Round robin: rounds from one turn to the next. */
  period = 0;
  /** Round robin: the last update of the picker that it took part in. */
  update = 0;
  /** Share of the load when it is warm. */
  fullWeight = 1;
  zone = '';
  /** Begin of its slow start, milliseconds of the balancer's clock; -Infinity: it is warm. */
  sinceMs = Number.NEGATIVE_INFINITY;
  readonly hash: number;

  constructor(
    /** Unique in its service. */
    readonly name: string,
    public target: T,
  ) {
    this.hash = hashText(name);
  }
}

/** Chooses among slots. The lists are short, so that one look at each is cheaper than an index that every change must keep. */
export interface Picker<T> {
  /** Other slots than before, or their weights are others. */
  update(slots: readonly Slot<T>[]): void;
  /**
   * @param key 32 bits of the caller's key
   * @param attempt 0 for the first; a retry goes where it has not been, for policies that would choose the same again
   * @param avoid slots that are not to be chosen
   */
  pick(key: number, attempt: number, avoid: Avoid<T> | undefined): Slot<T> | undefined;
}

export type Avoid<T> = (slot: Slot<T>) => boolean;
