/** Placeholder signature of the state machine for the other parts while it is written. */
export abstract class Machine {}
