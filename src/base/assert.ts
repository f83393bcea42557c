/** An assertion that failed: a bug in Quorate, never bad input and never the environment. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** States what must be true here. Stays on in production: going on with broken state could lose data. */
export function assert(condition: unknown, statement: string): asserts condition {
  if (!condition) throw new AssertionFailure(statement);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unexpected value ${JSON.stringify(value)}`);
}

/** Unwraps a value that cannot be absent here. */
export function present<T>(value: T | undefined | null, statement: string): T {
  assert(value !== undefined && value !== null, statement);
  return value;
}
