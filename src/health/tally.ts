/** Counts probes in a row, so that a single one that fails or passes changes nothing. */

/** unknown: nothing was seen yet; the first probe decides. */
export type Verdict = 'unknown' | 'passing' | 'failing';

export class Tally {
  private current: Verdict;
  /** Probes in a row that speak against the verdict. */
  private against = 0;

  /** @param verdict that the counting begins from: a member that takes a check over goes on from what the others know */
  constructor(
    private readonly thresholds: { readonly rise: number; readonly fall: number },
    verdict: Verdict,
  ) {
    this.current = verdict;
  }

  get verdict(): Verdict {
    return this.current;
  }

  /** One more probe; returns the verdict after it. */
  add(passed: boolean): Verdict {
    const seen = passed ? 'passing' : 'failing';
    if (this.current === seen) {
      this.against = 0;
      return seen;
    }
    this.against++;
    const { rise, fall } = this.thresholds;
    if (this.current === 'unknown' || this.against >= (passed ? rise : fall)) {
      this.current = seen;
      this.against = 0;
    }
    return this.current;
  }
}

/** All must pass, one that fails is enough to fail. */
export function verdictOfAll(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failing')) return 'failing';
  return verdicts.includes('unknown') ? 'unknown' : 'passing';
}
