/** At the end all members hold the same: their images are equal byte for byte, and what a machine has in memory is what its disk gives back. */
import type { Key, Revision } from '../../../src/base/ids.js';
import { Machine } from '../../../src/machine/machine.js';
import { hashOf } from '../hash.js';
import type { SimMember } from '../members.js';
import type { World } from '../world.js';
import { everything } from './linearizable.js';

export class Images {
  constructor(private readonly world: World) {}

  /** @param members have applied the same and written it */
  async check(members: readonly SimMember[]): Promise<void> {
    let first: { readonly member: SimMember; readonly hash: string } | undefined;
    for (const member of members) {
      const { store, replica } = member;
      if (!store || !replica || replica.machine.appliedIndex === 0) continue;
      if (store.chainIndex !== replica.machine.appliedIndex) {
        this.world.violated(
          'images',
          `member ${member.id} applied ${replica.machine.appliedIndex} and wrote up to ${store.chainIndex}`,
        );
        return;
      }
      const image = await store.openImage();
      const hash = await image.hash();
      await image.close();
      if (!first) first = { member, hash };
      else if (first.hash !== hash)
        this.world.violated('images', `the images of members ${first.member.id} and ${member.id} differ`);
      await this.compareWithDisk(member);
    }
  }

  private async compareWithDisk(member: SimMember): Promise<void> {
    const { store, replica } = member;
    if (!store || !replica) return;
    const loaded = new Machine({ reader: store, cacheBytes: 0 });
    await store.loadMachine((record) => loaded.load(record));
    const { machine } = replica;
    loaded.finishLoad({
      appliedIndex: machine.appliedIndex,
      appliedTerm: replica.status().term,
      revision: machine.revision,
      compactedRevision: machine.compactedRevision,
      compactionCursor: undefined,
      clock: machine.clock,
    });
    if (hashOf(contents(machine, member)) !== hashOf(contents(loaded, member)))
      this.world.violated('images', `what member ${member.id} has in memory is not what is on its disk`);
  }
}

/** What a machine shows of itself. */
function contents(machine: Machine, member: SimMember): unknown {
  return [
    machine.range({ ...everything, key: '' as Key, end: '\0' as Key, revision: 0 as Revision }).items,
    machine.leaseIds().map((id) => [id, machine.lease(id)]),
    (member.replica?.members ?? []).map(({ id }) => machine.originState(id)),
  ];
}
