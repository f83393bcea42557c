import { QuorateError } from '../base/errors.js';
import type { DocumentName } from './parse.js';

/** For reads that the client answers with nothing: the same reasons that the members use. */
export function notFound({ namespace, key }: DocumentName, version?: number): QuorateError {
  return version === undefined
    ? new QuorateError('CONFIG_NOT_FOUND', `there is no document ${namespace}/${key}`)
    : new QuorateError('VERSION_NOT_FOUND', `${namespace}/${key} has no version ${version}, or it is no longer kept`);
}
