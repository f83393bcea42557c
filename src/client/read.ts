import { Consistency } from '../proto/gen/quorate/v1/Consistency.js';
import type { ReadOptions as ReadOptionsMessage } from '../proto/gen/quorate/v1/ReadOptions.js';
import type { ReadOptions } from './options.js';

/** The read options of a request; none for the default, which is linearizable. */
export function readMessage(options: ReadOptions | undefined): ReadOptionsMessage | undefined {
  if (options?.consistency !== 'serializable' && !options?.minRevision) return undefined;
  return {
    consistency: options.consistency === 'serializable' ? Consistency.SERIALIZABLE : Consistency.LINEARIZABLE,
    minRevision: options.minRevision ?? 0,
  };
}
