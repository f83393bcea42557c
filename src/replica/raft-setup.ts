/** The consensus core as the store and the settings have it. */
import { membershipCodec } from '../proto/membership.js';
import { Raft } from '../raft/raft.js';
import type { HardState } from '../raft/types.js';
import { replicaBounds } from './bounds.js';
import type { ReplicaOptions } from './options.js';

/** @param hardState the stored one, or one that says that this member recovers */
export function createRaft(
  { identity, members, founder, stored, ...options }: ReplicaOptions,
  hardState: HardState,
): Raft {
  const voters = founder === false ? [] : members.map(({ id }) => id).sort((a, b) => a - b);
  const bootstrap = { voters, outgoing: [], learners: [] };
  const membership = stored.machine?.membership ?? stored.start.membership;
  const { appendBytes, inflightAppends, inflightBytes, logTailBytes } = options.bounds ?? replicaBounds;
  return new Raft(
    {
      id: identity.memberId,
      electionTicks: options.electionTicks,
      heartbeatTicks: options.heartbeatTicks,
      random: options.random,
      appendBytes,
      inflightAppends,
      inflightBytes,
      logTailBytes,
      membershipCodec,
    },
    {
      hardState,
      start: stored.start,
      applied: stored.machine?.appliedIndex ?? stored.start.index,
      membership: membership.voters.length > 0 ? membership : bootstrap,
      laterMemberships: stored.laterMemberships,
      lastIndex: stored.lastIndex,
      lastTerm: stored.lastTerm,
      tail: stored.tail,
    },
  );
}
