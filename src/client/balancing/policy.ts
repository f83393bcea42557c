/** How a consumer spreads its calls over the instances of a service. */

/**
 * `pick_first`: one instance as long as it can be reached. `round_robin`: each in turn. `weighted_round_robin`: in turn, by weight.
 * `least_request`: the one of two drawn by weight that has fewer calls under way for its weight (Mitzenmacher, "The Power of Two Choices", 2001).
 * `consistent_hash`: calls of one key to one instance, unless it is busier than the others (Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing
 * with Bounded Loads", 2018).
 */
export const policyNames = [
  'pick_first',
  'round_robin',
  'weighted_round_robin',
  'least_request',
  'consistent_hash',
] as const;
export type PolicyName = (typeof policyNames)[number];

/** Of services whose settings name none. */
export const defaultPolicy: PolicyName = 'weighted_round_robin';

const names: ReadonlySet<string> = new Set(policyNames);

export function isPolicyName(name: string): name is PolicyName {
  return names.has(name);
}
