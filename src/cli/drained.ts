/** What became of a drain, in words. */
import type { Drained } from '../client/index.js';

/** `3 of 4 consumers have let go`. */
export function drainedText({ subscribers, acknowledged }: Drained): string {
  if (subscribers === 0) return 'no consumer follows the service';
  if (acknowledged < subscribers) return `${acknowledged} of ${subscribers} consumers have let go of it`;
  return subscribers === 1 ? 'the one consumer has let go of it' : `all ${subscribers} consumers have let go of it`;
}

/** Who may still send to it; empty: nobody. */
export function leftText({ subscribers, acknowledged, missing, silentMembers }: Drained): string {
  const left = subscribers - acknowledged;
  const more = left > missing.length && missing.length > 0 ? ` and ${left - missing.length} more` : '';
  return [
    ...(left > 0 ? [`waited in vain for ${missing.length > 0 ? missing.join(', ') + more : `${left} consumers`}`] : []),
    ...(silentMembers.length > 0 ? [`did not hear of the consumers at ${silentMembers.join(', ')}`] : []),
  ].join('; ');
}
