/** The calls that wait for an answer. One timer looks after all of them, so that a call needs none of its own. */
import type { QuorateError } from '../base/errors.js';

export interface WaitingCall {
  /** @param now performance.now() milliseconds */
  sweep(now: number): void;
  abort(error: QuorateError): void;
}

export class WaitingCalls {
  private readonly calls = new Set<WaitingCall>();
  private sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly sweepMs: number) {}

  add(call: WaitingCall): void {
    this.calls.add(call);
    // Unreferenced: a call in flight keeps the process alive by its socket.
    this.sweeper ??= setInterval(() => this.sweep(), this.sweepMs).unref();
  }

  delete(call: WaitingCall): void {
    this.calls.delete(call);
  }

  abortAll(error: QuorateError): void {
    for (const call of [...this.calls]) call.abort(error);
    this.stop();
  }

  private sweep(): void {
    // Stopping only here spares callers one after the other a timer each.
    if (this.calls.size === 0) this.stop();
    const now = performance.now();
    for (const call of this.calls) call.sweep(now);
  }

  private stop(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}
