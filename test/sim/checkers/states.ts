/** The state of a member stands for exactly its applied index: chain hash on disk, revision, clock; and revisions only grow. */
import type { Index, MemberId, Revision } from '../../../src/base/ids.js';
import type { History } from '../history.js';
import type { SimMember } from '../members.js';
import type { World } from '../world.js';

export class States {
  private readonly chains = new Map<Index, { readonly hash: string; readonly member: MemberId }>();
  private readonly chainSeen = new Map<MemberId, Index>();
  private readonly revisions = new Map<MemberId, Revision>();

  constructor(
    private readonly world: World,
    private readonly history: History,
  ) {}

  /** All chain hashes in one: what two runs of a seed must share. */
  get hash(): string {
    return [...this.chains].map(([index, { hash }]) => `${index}:${hash}`).at(-1) ?? '';
  }

  /** A machine was loaded from disk, at a start or after an image. */
  onLoaded(member: SimMember): void {
    const machine = member.replica?.machine;
    if (!machine || machine.appliedIndex === 0) return;
    const entry = this.history.entries[machine.appliedIndex];
    if (!entry) {
      this.world.violated('states', `member ${member.id} loaded index ${machine.appliedIndex}, which nobody applied`);
      return;
    }
    if (
      entry.revision !== machine.revision ||
      entry.clock !== machine.clock ||
      entry.compacted !== machine.compactedRevision
    )
      this.world.violated(
        'states',
        `member ${member.id} loaded index ${entry.index} with revision ${machine.revision}, clock ${machine.clock}, compacted ${machine.compactedRevision}; it was ${entry.revision}, ${entry.clock}, ${entry.compacted}`,
      );
  }

  onDown(member: SimMember): void {
    this.revisions.delete(member.id);
    this.chainSeen.delete(member.id);
  }

  onStep(member: SimMember): void {
    const { replica, store, id } = member;
    if (!replica || !store) return;
    const { revision } = replica.machine;
    const before = this.revisions.get(id) ?? 0;
    if (revision < before)
      this.world.violated('revisions', `member ${id} went back from revision ${before} to ${revision}`);
    this.revisions.set(id, revision);
    const { chainIndex, chainHash } = store;
    if (this.chainSeen.get(id) === chainIndex) return;
    this.chainSeen.set(id, chainIndex);
    const known = this.chains.get(chainIndex);
    if (!known) this.chains.set(chainIndex, { hash: chainHash, member: id });
    else if (known.hash !== chainHash)
      this.world.violated('state hash', `members ${known.member} and ${id} differ on disk at index ${chainIndex}`);
  }
}
