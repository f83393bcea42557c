/** What must be true of one member's Raft core at any time, and from one event to the next (src/raft/invariants.ts). */
import type { MemberId } from '../../../src/base/ids.js';
import { checkState, checkStep, type Observation, observe } from '../../../src/raft/invariants.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { World } from '../world.js';

/** Every so many steps the whole log in memory is walked over. */
const deepEvery = 500;

export class Invariants {
  private readonly before = new Map<MemberId, { readonly raft: Raft; readonly observation: Observation }>();
  private steps = 0;

  constructor(private readonly world: World) {}

  onStep(raft: Raft): void {
    const { id } = raft.state;
    try {
      const observation = observe(raft);
      const before = this.before.get(id);
      if (before?.raft === raft) checkStep(before.observation, observation);
      checkState(raft, this.steps++ % deepEvery === 0);
      this.before.set(id, { raft, observation });
    } catch (error) {
      this.world.violated('invariants', `member ${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
