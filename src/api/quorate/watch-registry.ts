import { QuorateError } from '../../base/errors.js';
import type { WatchRegistryRequest } from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { MessageStream, Running } from '../message-stream.js';

/** Not built yet: says so to the caller. */
export function watchRegistry(_replica: Replica, _request: WatchRegistryRequest, stream: MessageStream): Running {
  stream.end(new QuorateError('UNIMPLEMENTED', 'this member does not serve watches yet'));
  return { cancel() {} };
}
