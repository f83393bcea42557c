/** Steady requests, counted by the phase of the story in which they were asked. */
import type { Answer, Consumer } from './consumer.js';

export interface Phase {
  readonly title: string;
  asked: number;
  answered: number;
  /** Of the answered ones, those that were tried on a second provider. */
  retried: number;
  failed: number;
}

export class Load {
  readonly phases: Phase[] = [];
  /** The first failures, in words. */
  readonly failures: string[] = [];
  /** Sees every answer. */
  onAnswer: (answer: Answer) => void = () => {};
  private readonly timer: NodeJS.Timeout;
  private readonly running = new Set<Promise<void>>();
  private serial = 0;

  constructor(
    private readonly consumer: Consumer,
    readonly perSecond: number,
    firstPhase: string,
  ) {
    this.phase(firstPhase);
    const begin = performance.now();
    // A timer may come late; the number of requests follows the clock.
    this.timer = setInterval(() => {
      const due = ((performance.now() - begin) * perSecond) / 1_000;
      while (this.serial < due) this.send();
    }, 5);
  }

  /** From now on, requests are counted under this title. */
  phase(title: string): void {
    this.phases.push({ title, asked: 0, answered: 0, retried: 0, failed: 0 });
  }

  /** Sends no more and waits for the last answers. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.running);
  }

  private send(): void {
    const phase = this.phases.at(-1);
    if (!phase) return;
    const x = (this.serial++ % 97) + 3;
    const y = (this.serial % 89) + 5;
    phase.asked++;
    const request = this.consumer
      .ask(x, y)
      .then((answer) => {
        const expected = answer.operation === 'add' ? x + y : x * y;
        if (answer.result !== expected) throw new Error(`${answer.operation} of ${x} and ${y} gave ${answer.result}`);
        phase.answered++;
        if (answer.attempt > 1) phase.retried++;
        this.onAnswer(answer);
      })
      .catch((error: Error) => {
        phase.failed++;
        if (this.failures.length < 5) this.failures.push(`${phase.title}: ${error.message}`);
      })
      .finally(() => this.running.delete(request));
    this.running.add(request);
  }
}
