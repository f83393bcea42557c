import type { Clock } from '../../src/health/clock.js';
import { failed, type Probe, type ProbeResult, passed } from '../../src/health/probe.js';

/** An instance as its checks see it: a test says how it is. */
export class FakeProbe implements Probe {
  /** What the next probes find; 'silent': no answer. */
  state: 'up' | 'down' | 'silent' | 'unable' = 'up';
  /** How long an answer takes. */
  answerMs = 1;
  /** When each probe began. */
  readonly begun: number[] = [];
  aborted = 0;
  closed = 0;
  running = 0;

  constructor(private readonly clock: Clock) {}

  run(done: (result: ProbeResult) => void): () => void {
    this.begun.push(this.clock.now());
    this.running++;
    const { state } = this;
    const answer = () => {
      this.running--;
      done(resultIn(state));
    };
    const cancel = state === 'silent' ? () => {} : this.clock.after(this.answerMs, answer);
    return () => {
      this.running--;
      this.aborted++;
      cancel();
    };
  }

  close(): void {
    this.closed++;
  }
}

function resultIn(state: FakeProbe['state']): ProbeResult {
  if (state === 'unable') return { kind: 'unable', why: 'no more sockets' };
  return state === 'up' ? passed : failed('connection refused');
}
