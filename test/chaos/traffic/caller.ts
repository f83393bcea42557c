/** Makes calls through the real client and writes down what became of them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.js';
import { type QuorateClient, QuorateError, type Reason } from '../../../src/client/index.js';
import type { Answer, Call, Recorder, Request } from '../history.js';

/** Refusals by the state machine: the call is over and changed nothing. All other failures leave open what became of it. */
const final: ReadonlySet<Reason> = new Set<Reason>([
  'VERSION_MISMATCH',
  'CONFIG_NOT_FOUND',
  'VERSION_NOT_FOUND',
  'INSTANCE_NOT_FOUND',
  'LEASE_MISMATCH',
  'REVISION_COMPACTED',
  'TRANSFER_FAILED',
]);

export interface TrafficOptions {
  readonly recorder: Recorder;
  readonly random: Random;
  /** Ends the traffic; calls under way are finished. */
  readonly signal: AbortSignal;
}

export class Caller {
  constructor(
    readonly name: string,
    readonly client: QuorateClient,
    readonly options: TrafficOptions,
  ) {}

  /** Does this again and again, with pauses of up to so many milliseconds. */
  async repeat(pauseMs: number, step: () => Promise<unknown>): Promise<void> {
    const { signal, random } = this.options;
    while (!signal.aborted) {
      await step();
      await delay(random() * pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async call(request: Request, answer: () => Promise<Answer>): Promise<Answer | undefined> {
    const begin = performance.now();
    const done = (rest: Pick<Call, 'outcome' | 'reason' | 'answer'>) =>
      this.options.recorder.add('calls', { caller: this.name, begin, end: performance.now(), request, ...rest });
    try {
      const found = await answer();
      done({ outcome: 'ok', answer: found });
      return found;
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      done({ outcome: final.has(error.reason) ? 'refused' : 'unknown', reason: error.reason });
      return undefined;
    }
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.options.random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  chance(probability: number): boolean {
    return this.options.random() < probability;
  }
}
