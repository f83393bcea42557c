/** What the checker knows of an object: how one copy of it, used by one caller at a time, answers. */

/** One call to the object as its caller saw it. */
export interface Operation<Input, Output> {
  readonly input: Input;
  /** Undefined: nobody knows. The operation may take effect at any time after its call, or never. */
  readonly output: Output | undefined;
  /** Times of one clock; a call at the time of another's return counts as concurrent. */
  readonly call: number;
  /** Of no meaning without an output. */
  readonly return: number;
}

export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after the operation; undefined: from this state it does not answer so. Without an output every answer is right. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal states have equal texts. */
  keyOf(state: State): string;
  /**
   * True when from this state no operations whatever can lead to one in which the operation answers so. Never needed for the verdict; where states only
   * move forward it saves the checker from trying in vain.
   */
  isPast?(state: State, input: Input, output: Output): boolean;
  describe(input: Input, output: Output | undefined): string;
  describeState(state: State): string;
}
