import { QuorateError } from '../../src/base/errors.js';

/** The QuorateError that the act throws. */
export function refusal(act: () => unknown): QuorateError {
  try {
    act();
  } catch (error) {
    if (error instanceof QuorateError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
