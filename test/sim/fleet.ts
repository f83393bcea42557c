/** All members that there ever were, and those of them that are in service: clients ask these, and faults strike them. */
import type { MemberId } from '../../src/base/ids.js';
import type { SimMember } from './members.js';

export class Fleet {
  /** In service. */
  readonly members: SimMember[] = [];
  /** Changes of the membership that operators wait for. */
  changes = 0;
  /** Simulated milliseconds; before it the leader may take a machine that is gone for one that answers. */
  lossNoticedAt = 0;
  private readonly byId = new Map<MemberId, SimMember>();

  add(member: SimMember): void {
    this.byId.set(member.id, member);
    this.members.push(member);
  }

  /** It was removed from the cluster: nobody counts on it any more, though it may still run. */
  retire(member: SimMember): void {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
  }

  get(id: MemberId): SimMember | undefined {
    return this.byId.get(id);
  }

  /** Those in service and those that were. */
  get all(): Iterable<SimMember> {
    return this.byId.values();
  }
}
