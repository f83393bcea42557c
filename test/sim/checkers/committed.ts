/** State machine safety: committed entries never change, and every member that applies one comes to the same writes, revision and clock. */
import type { AppliedEntry } from '../history.js';
import type { World } from '../world.js';

export class Committed {
  constructor(private readonly world: World) {}

  onApplied(known: AppliedEntry, now: AppliedEntry): void {
    const { index, member } = now;
    if (known.term !== now.term || known.batchHash !== now.batchHash) {
      const sentence = `entry ${index} is of term ${now.term} on member ${member} and was of term ${known.term} on member ${known.member}`;
      this.world.violated('committed entries', sentence);
    } else if (known.writesHash !== now.writesHash)
      this.world.violated('state hash', `members ${member} and ${known.member} applied entry ${index} differently`);
  }
}
