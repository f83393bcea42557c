import type { Revision } from '../base/ids.js';
import type { ResponseHeaderIn } from '../proto/quorate.js';
import type { Replica } from '../replica/types.js';

/** Who answered, and the revision of the key space that the answer reflects. */
export function headerOf(replica: Replica, revision: Revision): ResponseHeaderIn {
  return {
    clusterId: replica.clusterId,
    memberId: replica.memberId,
    term: replica.status().term,
    revision,
    membersHash: replica.membersHash,
  };
}
