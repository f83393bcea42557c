import type { Revision } from '../../base/ids.js';
import type { ResponseHeaderIn } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';

/** Who answered, and the revision of the key space when it did. */
export function etcdHeader(replica: Replica, revision: Revision): ResponseHeaderIn {
  return {
    cluster_id: replica.clusterId,
    member_id: replica.memberId,
    revision,
    raft_term: replica.status().term,
  };
}
