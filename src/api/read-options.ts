import { QuorateError } from '../base/errors.js';
import type { Revision } from '../base/ids.js';
import { Consistency } from '../proto/gen/quorate/v1/Consistency.js';
import type { ReadOptions } from '../proto/quorate.js';
import { checkRevision } from './quorate/validate.js';

/**
 * What a read asks for: undefined for a linearizable one (the default), else the revision that the member must have reached, 0 for none.
 * @throws QuorateError INVALID_FIELD
 */
export function checkReadOptions(options: ReadOptions | null): Revision | undefined {
  if (!options) return undefined;
  const minRevision = checkRevision(options.minRevision, 'read.min_revision');
  switch (options.consistency) {
    case Consistency.LINEARIZABLE:
      return undefined;
    case Consistency.SERIALIZABLE:
      return minRevision;
    default:
      throw new QuorateError(
        'INVALID_FIELD',
        `read.consistency ${String(options.consistency)} must be LINEARIZABLE (0) or SERIALIZABLE (1)`,
        { field: 'read.consistency' },
      );
  }
}
