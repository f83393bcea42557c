/** How much of the load stays in the consumer's own zone. */

/** A zone is short of instances when it has less than its equal part of the capacity, by more than this. */
const headroom = 1.4;

export interface Weighed {
  readonly zone: string;
  readonly fullWeight: number;
}

/**
 * Part of the calls for the own zone, 0 to 1: all of them, unless the zone is short. It is assumed that all zones have about as many calls to make;
 * then a zone that has 1/1.4 of an equal part of the capacity can still carry its own load. From one with less, calls spill over in proportion.
 */
export function ownShare(slots: readonly Weighed[], zone: string): number {
  let own = 0;
  let all = 0;
  const zones = new Set<string>();
  for (const slot of slots) {
    all += slot.fullWeight;
    if (slot.zone === zone) own += slot.fullWeight;
    zones.add(slot.zone);
  }
  return own === 0 ? 0 : Math.min(1, (headroom * own * zones.size) / all);
}
