/** Runs one check of one instance over and over. */
import type { Check } from './check.js';
import type { Clock } from './clock.js';
import type { Gate } from './gate.js';
import { failed, type Probe, type ProbeResult } from './probe.js';

/** So much of an interval is left out by chance, so that checks that began together do not stay together. */
const jitter = 0.1;
/** A timer that is so late has met a member that stood still: what the instance answered meanwhile may lie unread. */
const lateMs = 100;
const graceMs = 200;

export interface CheckLoopOptions {
  readonly check: Check;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly onResult: (result: ProbeResult) => void;
}

export class CheckLoop {
  /** Takes back what comes next: a timer, a place in line, or the probe and its time limit. */
  private cancel: () => void = () => {};
  private probing = false;
  private stopped = false;

  constructor(private readonly options: CheckLoopOptions) {}

  start(delayMs: number): void {
    this.cancel = this.options.clock.after(delayMs, this.wait);
  }

  /** Probes at once, unless it is under way. */
  hurry(): void {
    if (this.probing || this.stopped) return;
    this.cancel();
    this.wait();
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.cancel();
    if (this.probing) this.options.gate.leave();
    this.options.probe.close();
  }

  private readonly wait = (): void => {
    let entered = false;
    const leaveLine = this.options.gate.enter(() => {
      entered = true;
      this.attempt();
    });
    if (!entered) this.cancel = leaveLine;
  };

  private attempt(): void {
    const { check, clock, probe } = this.options;
    const begin = clock.now();
    this.probing = true;
    const abort = probe.run((result) => {
      stopTimer();
      this.onDone(begin, result);
    });
    const giveUp = () => {
      abort();
      this.onDone(begin, failed(`no answer within ${check.timeoutMs} ms`));
    };
    let stopTimer = clock.after(check.timeoutMs, () => {
      if (clock.now() - begin < check.timeoutMs + lateMs) giveUp();
      else stopTimer = clock.after(graceMs, giveUp);
    });
    this.cancel = () => {
      stopTimer();
      abort();
    };
  }

  private onDone(begin: number, result: ProbeResult): void {
    const { check, clock, gate, onResult } = this.options;
    this.probing = false;
    this.cancel = () => {};
    const pause = check.intervalMs * (1 - jitter * clock.random()) - (clock.now() - begin);
    this.cancel = clock.after(Math.max(0, pause), this.wait);
    gate.leave();
    onResult(result);
  }
}
