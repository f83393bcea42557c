/** One instance that this member checks: its checks, what they have found, and what of it the cluster knows. */
import { type Check, describeCheck } from './check.js';
import { CheckLoop } from './check-loop.js';
import type { Clock } from './clock.js';
import type { Gate } from './gate.js';
import type { Probe, ProbeResult } from './probe.js';
import { Tally, type Verdict, verdictOfAll } from './tally.js';

export interface CheckedInstanceOptions {
  readonly checks: readonly Check[];
  /** What the cluster knows of its health. */
  readonly known: Verdict;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly openProbe: (check: Check) => Probe;
  /**
   * Tells the cluster, which is to be followed by onKnown() if it takes effect, and in any case by a call of `done`.
   * @param reason why it fails; '' when it passes
   */
  readonly report: (verdict: 'passing' | 'failing', reason: string, done: () => void) => void;
  /** This member could not probe. */
  readonly onUnable: (check: Check, why: string) => void;
}

interface Examination {
  readonly check: Check;
  readonly loop: CheckLoop;
  tally: Tally;
  /** Why the last probe failed; '' when it passed. */
  failure: string;
}

export class CheckedInstance {
  private readonly examinations: readonly Examination[];
  private known: Verdict;
  private reporting = false;
  private stopped = false;

  constructor(private readonly options: CheckedInstanceOptions) {
    const { known } = options;
    this.known = known;
    this.examinations = options.checks.map((check) => this.examination(check));
  }

  /** Begins: at once with an instance of which nothing is known, else some time within the interval. */
  start(): void {
    const { clock } = this.options;
    for (const { check, loop } of this.examinations)
      loop.start(this.known === 'unknown' ? 0 : clock.random() * check.intervalMs);
  }

  /**
   * The cluster says this of its health. What came from here changes nothing. What somebody else has found, such as another member that checks it as well for
   * a moment, or a new registration, is what the counting begins anew from: so nobody's opinion counts more than the thresholds allow.
   */
  onKnown(verdict: Verdict): void {
    const changed = verdict !== this.known;
    this.known = verdict;
    if (!changed || verdict === this.verdict) return;
    for (const each of this.examinations) each.tally = new Tally(each.check, verdict);
    if (verdict === 'unknown') for (const { loop } of this.examinations) loop.hurry();
  }

  stop(): void {
    this.stopped = true;
    for (const { loop } of this.examinations) loop.stop();
  }

  private get verdict(): Verdict {
    return verdictOfAll(this.examinations.map(({ tally }) => tally.verdict));
  }

  private examination(check: Check): Examination {
    const { clock, gate, openProbe } = this.options;
    const onResult = (result: ProbeResult) => this.onResult(examination, result);
    const loop = new CheckLoop({ check, probe: openProbe(check), clock, gate, onResult });
    const examination: Examination = { check, loop, tally: new Tally(check, this.known), failure: '' };
    return examination;
  }

  private onResult(examination: Examination, result: ProbeResult): void {
    const { check, tally } = examination;
    if (result.kind === 'unable') {
      this.options.onUnable(check, result.why);
      return;
    }
    examination.failure = result.kind === 'failed' ? `${describeCheck(check)}: ${result.why}` : '';
    tally.add(result.kind === 'passed');
    this.reportChange();
  }

  /** A report that failed is made again with the next result. */
  private reportChange(): void {
    const { verdict } = this;
    if (this.reporting || this.stopped || verdict === 'unknown' || verdict === this.known) return;
    this.reporting = true;
    this.options.report(verdict, verdict === 'passing' ? '' : this.reason(), () => {
      this.reporting = false;
    });
  }

  private reason(): string {
    const failing = this.examinations.filter(({ tally }) => tally.verdict === 'failing');
    const told = failing.find(({ failure }) => failure !== '') ?? failing[0];
    return told ? told.failure || `${describeCheck(told.check)} failed` : '';
  }
}
