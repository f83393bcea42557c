/** What a validator says about a history. */
export interface Finding {
  /** One sentence for each promise that was broken, with the facts. */
  readonly violations: string[];
  /** How much was there to check, by kind: a validator that saw nothing proves nothing. */
  readonly checked: Record<string, number>;
}
