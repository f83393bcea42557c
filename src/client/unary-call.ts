/** One logical call: its attempts on one member after the other, and on a second one when the first hangs. */
import type { ClientUnaryCall } from '@grpc/grpc-js';
import { QuorateError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Method } from '../proto/schema.js';
import type { Backoff } from './backoff.js';
import type { Endpoint } from './endpoint.js';
import { cancelled, type Failure, failureOf } from './errors.js';
import type { Answer, Ring } from './ring.js';
import type { WaitingCall, WaitingCalls } from './waiting.js';

/** A method as the client calls it. */
export interface Procedure<Req extends object, Res extends Answer, Result> {
  readonly method: Method<Req, object, object, Res>;
  /** Makes the caller's result of the response. */
  convert(response: Res): Result;
  /** The answer takes its time: only after so many milliseconds without one is another member asked. */
  readonly hedgeAfterMs?: number;
  /** Turns refusals that are no error to the caller into a result; throws the others. */
  recover?(error: QuorateError): Result;
}

interface Attempt {
  readonly endpoint: Endpoint;
  /** performance.now() milliseconds. */
  readonly begun: number;
  call: ClientUnaryCall | undefined;
}

export class UnaryCall<Res extends Answer, Result> implements WaitingCall {
  /** Encoded once, sent as often as it takes. */
  private request: Buffer | undefined;
  private timeoutMs = 0;
  /** performance.now() milliseconds. */
  private deadline = 0;
  private signal: AbortSignal | undefined;
  private only: Endpoint | undefined;
  /** Those without an answer yet, oldest first. */
  private readonly attempts: Attempt[] = [];
  /** Attempts begun since the last pause. */
  private triedInRound = 0;
  /** Failures of which nobody knows whether asking again helps: one for each endpoint. */
  private doubtful = 0;
  private hedgeAt = 0;
  private backoff: Backoff | undefined;
  private pause: NodeJS.Timeout | undefined;
  /** The failure that tells the caller most, should time run out. */
  private telling: QuorateError | undefined;
  private done = false;

  constructor(
    private readonly ring: Ring,
    private readonly waiting: WaitingCalls,
    private readonly procedure: Procedure<object, Res, Result>,
    private readonly resolve: (result: Result) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  /** @param only ask this endpoint alone, once */
  start(request: Buffer, timeoutMs: number, signal: AbortSignal | undefined, only: Endpoint | undefined): void {
    if (signal?.aborted) {
      this.onAbort();
      return;
    }
    if (request.length > limits.clientMessageBytes) {
      const text = `the request has ${request.length} bytes; at most ${limits.clientMessageBytes} are allowed`;
      this.fail(new QuorateError('REQUEST_TOO_LARGE', text));
      return;
    }
    this.request = request;
    this.timeoutMs = timeoutMs;
    this.deadline = performance.now() + timeoutMs;
    this.signal = signal;
    this.only = only;
    signal?.addEventListener('abort', this.onAbort);
    this.waiting.add(this);
    this.attempt(only ?? this.ring.preferred);
  }

  sweep(now: number): void {
    const newest = this.attempts[this.attempts.length - 1];
    if (!newest || this.only || now < this.hedgeAt) return;
    this.ring.leave(newest.endpoint, 'no answer in time');
    const next = this.idleAfter(newest.endpoint);
    if (next) this.attempt(next);
  }

  abort(error: QuorateError): void {
    this.fail(error);
  }

  private readonly onAbort = (): void => this.fail(cancelled('the call was aborted'));

  private attempt(endpoint: Endpoint): void {
    if (!this.request) return;
    const now = performance.now();
    const attempt: Attempt = { endpoint, begun: now, call: undefined };
    this.attempts.push(attempt);
    this.triedInRound++;
    this.hedgeAt = now + (this.procedure.hedgeAfterMs ?? this.ring.tuning.hedgeAfterMs);
    const deadline = Date.now() + Math.max(1, this.deadline - now);
    attempt.call = endpoint.unary(this.procedure.method, this.request, deadline, (error, response) => {
      if (this.done) return;
      if (error) this.onFailure(attempt, failureOf(error, endpoint.address));
      else if (response) this.onResponse(attempt, response);
    });
  }

  private onResponse(attempt: Attempt, response: Res): void {
    this.remove(attempt);
    this.end();
    this.ring.hear(response);
    try {
      this.resolve(this.procedure.convert(response));
    } catch (error) {
      this.reject(error);
    }
  }

  /** The answer is final and negative. */
  private onRefusal(error: QuorateError): void {
    if (!this.procedure.recover) {
      this.fail(error);
      return;
    }
    this.end();
    try {
      this.resolve(this.procedure.recover(error));
    } catch (unrecovered) {
      this.reject(unrecovered);
    }
  }

  private onFailure(attempt: Attempt, { error, retry }: Failure): void {
    if (error.reason === 'DEADLINE_EXCEEDED') {
      this.timeOut();
      return;
    }
    const { endpoint } = attempt;
    this.remove(attempt);
    if (retry === 'never' || this.only || (retry === 'once' && ++this.doubtful >= this.ring.size)) {
      this.onRefusal(error);
    } else {
      if (!this.telling || !saysMost(this.telling)) this.telling = error;
      if (retry === 'elsewhere') this.ring.leave(endpoint, error.message);
      const next = retry === 'later' || this.triedInRound >= this.ring.size ? undefined : this.idleAfter(endpoint);
      if (next) this.attempt(next);
      else this.pauseRound();
    }
  }

  /** Everyone was asked: wait a little before asking again. */
  private pauseRound(): void {
    if (this.pause) return;
    this.backoff ??= this.ring.backoff();
    const delay = this.backoff.next();
    if (performance.now() + delay >= this.deadline) {
      if (this.attempts.length === 0) this.timeOut();
      return;
    }
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.triedInRound = 0;
      const { preferred } = this.ring;
      const next = this.busy(preferred) ? this.idleAfter(preferred) : preferred;
      if (next) this.attempt(next);
    }, delay);
  }

  /** The next endpoint in the ring on which this call is not waiting already. */
  private idleAfter(endpoint: Endpoint): Endpoint | undefined {
    let next = endpoint;
    for (let tried = 0; tried < this.ring.size; tried++) {
      next = this.ring.after(next);
      if (next !== endpoint && !this.busy(next)) return next;
    }
    return undefined;
  }

  private busy(endpoint: Endpoint): boolean {
    return this.attempts.some((attempt) => attempt.endpoint === endpoint);
  }

  private remove(attempt: Attempt): void {
    this.attempts.splice(this.attempts.indexOf(attempt), 1);
  }

  /** Time is up. A failure that was heard says more than silence, unless the silence was most of it. */
  private timeOut(): void {
    const { telling } = this;
    const oldest = this.attempts[0];
    const silent = oldest !== undefined && performance.now() - oldest.begun > this.timeoutMs / 4;
    if (telling && (!silent || saysMost(telling))) this.fail(telling);
    else this.fail(new QuorateError('DEADLINE_EXCEEDED', `no answer within ${Math.round(this.timeoutMs)} ms`));
  }

  private fail(error: QuorateError): void {
    if (this.done) return;
    this.end();
    this.reject(error);
  }

  private end(): void {
    this.done = true;
    this.waiting.delete(this);
    this.signal?.removeEventListener('abort', this.onAbort);
    clearTimeout(this.pause);
    for (const attempt of this.attempts) attempt.call?.cancel();
    this.attempts.length = 0;
  }
}

/** Of all failures that may pass by themselves, the ones that a caller should hear of first. */
function saysMost(error: QuorateError): boolean {
  return error.reason === 'NO_QUORUM' || error.reason === 'OUTCOME_UNKNOWN';
}
