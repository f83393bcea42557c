/** Signals that this process gets while it runs a program. */

/** End the program, in order. */
const ending = ['SIGTERM', 'SIGINT'] as const;
/** Are the program's own affair. */
const others = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

export class Signals {
  /** Aborted by the first signal that is to end the program. */
  readonly ended: AbortSignal;
  /** Aborted by the second: whoever sends it does not want to wait. */
  readonly hurried: AbortSignal;
  /** The signal that is to end the program. */
  ending: NodeJS.Signals | undefined;
  private readonly listeners: (readonly [NodeJS.Signals, () => void])[];

  /** @param passOn gets the signals that do not end the program */
  constructor(passOn: (signal: NodeJS.Signals) => void) {
    const first = new AbortController();
    const second = new AbortController();
    this.ended = first.signal;
    this.hurried = second.signal;
    const end = (signal: NodeJS.Signals) => {
      if (first.signal.aborted) second.abort();
      this.ending = signal;
      first.abort();
    };
    this.listeners = [
      ...ending.map((signal) => [signal, () => end(signal)] as const),
      ...others.map((signal) => [signal, () => passOn(signal)] as const),
    ];
    for (const [signal, listener] of this.listeners) process.on(signal, listener);
  }

  close(): void {
    for (const [signal, listener] of this.listeners) process.off(signal, listener);
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
