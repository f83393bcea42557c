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

/** The membership of the first entry of a change of voters: decisions need both groups until the second one (dissertation §4.3). */
export function joint(membership: Membership, voters: readonly MemberId[], learners: readonly MemberId[]): Membership {
  return { ...membership, voters, outgoing: membership.voters, learners };
}

/** The membership of the second entry: the old group no longer counts, and who is in neither group is removed for ever. */
export function settled(membership: Membership): Membership {
  return without(membership, { ...membership, outgoing: [] });
}

/** `after`, with those that were in `before` and are in it no longer noted as removed. */
export function without(before: Membership, after: Membership): Membership {
  const present = new Set(allMembers(after));
  const gone = allMembers(before).filter((id) => !present.has(id));
  const removed = [...(before.removed ?? []), ...gone];
  return { ...after, records: (before.records ?? []).filter(({ id }) => present.has(id)), removed };
}
