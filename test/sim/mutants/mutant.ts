/** A planted bug: a small edit of the product that makes a classic mistake, and what finds it. */

/** `find` occurs exactly once in the file. */
export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** The mistake, and where it is described or was made. */
  readonly why: string;
  /** More than one where the product guards a rule twice. */
  readonly edits: readonly Edit[];
  /** Found within so many seeds, or it counts as survived. */
  readonly seeds: number;
  /** The checkers of which one must find it; undefined: any may. */
  readonly expect?: readonly string[];
  /**
   * Nothing that the simulator checks shows it, for the reason given; these tests fail instead. The runner runs them on the planted copy.
   */
  readonly unit?: { readonly test: string; readonly because: string };
}
