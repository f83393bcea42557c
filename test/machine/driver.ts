/** A machine with the storage that it writes to, driven command by command. */
import { assert, present } from '../../src/base/assert.js';
import { clusterTime, index, type MemberId, term } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { Bounds } from '../../src/machine/bounds.js';
import { Machine } from '../../src/machine/machine.js';
import type { Applied, Batch, Command, ErrorResult, Outcome, Request, Result } from '../../src/machine/types.js';
import { MemoryReader } from './memory-reader.js';

/** The wall clock when the cluster clock stands at 0. */
export const WALL = 1_700_000_000_000;
export const SELF = 7 as MemberId;

/** A batch of one run of another member, for the entry that `machine` expects next. */
export function batchFor(machine: Machine, requests: readonly Request[], member = 3 as MemberId): Batch {
  const firstSequence = (machine.originState(member)?.lastSequence ?? 0) + 1;
  const run = { member, incarnation: 1, firstSequence, requests };
  return { index: index(machine.appliedIndex + 1), term: term(1), clock: machine.clock, wallMs: 0, runs: [run] };
}

export class Driver {
  readonly image: MemoryReader;
  readonly machine: Machine;
  clock = 0;
  /** What the last batch did. */
  last: Applied | undefined;
  private sequence = 0;

  /** @param cacheBytes 0: every value is read from the image */
  constructor(
    cacheBytes = 1_000_000,
    private readonly bounds: Bounds = limits,
  ) {
    this.image = new MemoryReader();
    this.machine = new Machine({ reader: this.image, cacheBytes, bounds });
    this.machine.finishLoad(undefined);
  }

  /** Applies the batch and makes its writes readable. */
  apply(batch: Batch): Applied {
    const applied = this.machine.apply(batch, (member) => member === SELF);
    this.image.feed(applied.writes);
    this.machine.persisted(batch.index);
    this.last = applied;
    return applied;
  }

  /** Applies requests in one batch of this member. */
  requests(requests: readonly Request[]): Outcome[] {
    const run = { member: SELF, incarnation: 1, firstSequence: this.sequence + 1, requests };
    this.sequence += requests.length;
    const applied = this.apply({
      index: index(this.machine.appliedIndex + 1),
      term: term(1),
      clock: clusterTime(this.clock),
      wallMs: WALL + this.clock,
      runs: requests.length > 0 ? [run] : [],
    });
    assert(applied.outcomes.length === requests.length, 'every request of this member has an outcome');
    return applied.outcomes.map(({ outcome }) => outcome);
  }

  /** Applies one command in a batch of its own. */
  outcome(command: Command, requestId = ''): Outcome {
    return present(this.requests([{ command, requestId }])[0], 'one outcome');
  }

  run(command: Command, requestId = ''): Result {
    return this.outcome(command, requestId).result;
  }

  /** The command must come to a result of this kind. */
  ok<K extends Result['kind']>(command: Command, kind: K): Extract<Result, { kind: K }> {
    const result = this.run(command);
    assert(isKind(result, kind), `expected ${kind}, got ${JSON.stringify(result)}`);
    return result;
  }

  refused(command: Command): ErrorResult {
    return this.ok(command, 'error');
  }

  /** Batches without commands until the clock stands at `ms`. */
  advance(ms: number): Applied {
    this.clock = ms;
    this.requests([]);
    return present(this.last, 'a batch was applied');
  }

  /** A new machine from the image as it is now. */
  rebuilt(cacheBytes = 1_000_000): Machine {
    const machine = new Machine({ reader: this.image, cacheBytes, bounds: this.bounds });
    for (const record of this.image.records()) machine.load(record);
    machine.finishLoad(this.last?.meta);
    return machine;
  }
}

function isKind<K extends Result['kind']>(result: Result, kind: K): result is Extract<Result, { kind: K }> {
  return result.kind === kind;
}
