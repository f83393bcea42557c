/** Questions about who takes part. A membership changes at run time only by entries of kind 'membership', which are carried through the log. */
import type { MemberId } from '../base/ids.js';
import type { Membership } from './types.js';

/** Whether the member's vote counts in at least one of the two groups. */
export function isVoter(membership: Membership, id: MemberId): boolean {
  return membership.voters.includes(id) || membership.outgoing.includes(id);
}

/** Voters of both groups, each once, in the order of the membership. */
export function allVoters(membership: Membership): readonly MemberId[] {
  if (membership.outgoing.length === 0) return membership.voters;
  return [...new Set([...membership.voters, ...membership.outgoing])];
}

/** Everybody who gets the log, each once, in the order of the membership. */
export function allMembers(membership: Membership): readonly MemberId[] {
  return [...new Set([...membership.voters, ...membership.outgoing, ...membership.learners])];
}
