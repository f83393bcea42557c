import { type KeepAliveRequest, KeepAliveResponse } from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import { headerOf } from '../header.js';
import type { KeepAliveWords } from '../keep-alive.js';
import { checkLease } from './validate.js';

export function nativeKeepAlive(replica: Replica): KeepAliveWords<KeepAliveRequest> {
  return {
    leaseOf: ({ lease }) => checkLease(lease),
    answer: (lease, ttlMs, revision) => KeepAliveResponse.encode({ header: headerOf(replica, revision), lease, ttlMs }),
  };
}
