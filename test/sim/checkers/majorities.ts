/** Who decides, counted once more and in another way than the product does it: of joint voters both groups must agree (dissertation §4.3). */
import type { MemberId } from '../../../src/base/ids.js';
import type { Membership } from '../../../src/raft/types.js';

/** Whether these are more than half of the voters, and of the outgoing ones if there are any; learners do not count. */
export function decides({ voters, outgoing }: Membership, those: ReadonlySet<MemberId>): boolean {
  const agree = (group: readonly MemberId[]): boolean =>
    2 * group.filter((voter) => those.has(voter)).length > group.length;
  return agree(voters) && (outgoing.length === 0 || agree(outgoing));
}
