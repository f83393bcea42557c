/**
 * Majorities, plain and joint (dissertation §4.3): a joint decision needs a majority of both groups. An empty group agrees to everything, so that a
 * membership without outgoing voters is the special case of one group. Pure arithmetic over ids; knows nothing of Raft.
 */

export type Tally = 'won' | 'lost' | 'pending';

/** Smallest number of `size` members that is more than half of them. */
export function majority(size: number): number {
  return (size >> 1) + 1;
}

const sorted: number[] = [];

/** The highest value that a majority of the group has reached; Infinity for an empty group. */
export function reachedByMajority<Id>(group: readonly Id[], reached: (id: Id) => number): number {
  const size = group.length;
  if (size === 0) return Number.POSITIVE_INFINITY;
  for (let count = 0; count < size; count++) {
    const value = reached(group[count] as Id);
    let at = count;
    while (at > 0 && (sorted[at - 1] as number) < value) {
      sorted[at] = sorted[at - 1] as number;
      at--;
    }
    sorted[at] = value;
  }
  return sorted[majority(size) - 1] as number;
}

/** The highest value that a majority of each group has reached. */
export function reachedByQuorum<Id>(
  voters: readonly Id[],
  outgoing: readonly Id[],
  reached: (id: Id) => number,
): number {
  const one = reachedByMajority(voters, reached);
  return outgoing.length === 0 ? one : Math.min(one, reachedByMajority(outgoing, reached));
}

function tallyMajority<Id>(group: readonly Id[], votes: ReadonlyMap<Id, boolean>): Tally {
  let granted = 0;
  let open = 0;
  for (const id of group) {
    const vote = votes.get(id);
    if (vote === true) granted++;
    else if (vote === undefined) open++;
  }
  const needed = group.length === 0 ? 0 : majority(group.length);
  if (granted >= needed) return 'won';
  return granted + open >= needed ? 'pending' : 'lost';
}

/** Where an election stands: lost as soon as the missing votes cannot win it any more. */
export function tally<Id>(voters: readonly Id[], outgoing: readonly Id[], votes: ReadonlyMap<Id, boolean>): Tally {
  const one = tallyMajority(voters, votes);
  if (outgoing.length === 0) return one;
  const other = tallyMajority(outgoing, votes);
  if (one === other) return one;
  return one === 'lost' || other === 'lost' ? 'lost' : 'pending';
}

function majorityOf<Id>(group: readonly Id[], has: (id: Id) => boolean): boolean {
  if (group.length === 0) return true;
  let count = 0;
  for (const id of group) if (has(id)) count++;
  return count >= majority(group.length);
}

/** Whether those for whom `has` is true are a quorum. */
export function isQuorum<Id>(voters: readonly Id[], outgoing: readonly Id[], has: (id: Id) => boolean): boolean {
  return majorityOf(voters, has) && majorityOf(outgoing, has);
}
