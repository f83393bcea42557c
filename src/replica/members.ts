/**
 * Who the members are and where they are. Who they are says the log once the cluster is founded, and the settings before. Where they are says the log
 * too, but a member whose own settings name an address for another goes by that: networks may look different from different places. What a newcomer
 * was told counts only until the log names it.
 */
import { createHash } from 'node:crypto';
import type { MemberId } from '../base/ids.js';
import { noMembers } from '../proto/membership.js';
import { allMembers } from '../raft/membership.js';
import type { MemberRecord, Membership } from '../raft/types.js';
import type { PeerAddress } from '../transport/transport.js';
import type { MemberInfo } from './types.js';

export class Members {
  /** As of the applied index: part of the machine's state, equal on all members. */
  applied: Membership;
  /** The newest in the log, which is what Raft acts by. */
  private effective: Membership = noMembers;
  private infos: readonly MemberInfo[];
  private infosHash: number;

  /**
   * @param first members of the settings, or those that a newcomer was told of
   * @param founder they are of the settings
   */
  constructor(
    private readonly self: MemberId,
    applied: Membership | undefined,
    private readonly first: readonly MemberInfo[],
    private readonly founder: boolean,
  ) {
    this.applied = applied ?? noMembers;
    this.infos = first;
    this.infosHash = hashOf(first);
  }

  get list(): readonly MemberInfo[] {
    return this.infos;
  }

  get hash(): number {
    return this.infosHash;
  }

  /** Returns whether it is another one than before. */
  setEffective(membership: Membership): boolean {
    if (membership === this.effective) return false;
    this.effective = membership;
    if (membership.records) {
      const { learners, records } = membership;
      this.infos = records.map((record) => {
        const { id, name, clientAddress, peerAddress } = this.known(record, records);
        return { id, name, clientAddress, peerAddress, learner: learners.includes(id) };
      });
      this.infosHash = hashOf(this.infos);
    }
    return true;
  }

  get isRemoved(): boolean {
    return this.applied.removed?.includes(this.self) ?? false;
  }

  /** To talk to: also those whose removal is not applied yet. Undefined before the founding: the transport knows the first ones. */
  get peers(): readonly PeerAddress[] | undefined {
    if (!this.effective.records && !this.applied.records) return undefined;
    const peers = new Map<MemberId, PeerAddress>();
    const known = [...(this.applied.records ?? []), ...(this.effective.records ?? [])];
    // A newcomer goes through old memberships before it comes to one that names it: those that it was told of, the leader among them, know more.
    const told = known.some(({ id }) => id === this.self) ? [] : this.first;
    for (const record of [...told, ...known]) {
      const { id, name, peerAddress } = this.known(record, known);
      if (id !== this.self) peers.set(id, { id, name: name === '' ? peerAddress : name, address: peerAddress });
    }
    return [...peers.values()];
  }

  /** What is said of a member here: by the settings, by those who told a newcomer of it, or else by the log. */
  private known(record: MemberInfo, records: readonly MemberInfo[]): MemberInfo {
    if (!this.founder && records.some(({ id }) => id === this.self)) return record;
    return this.first.find(({ id }) => id === record.id) ?? record;
  }

  /** What the first leader writes into the log. Undefined when there is nothing to write, or a member is unknown here. */
  founding(): readonly MemberRecord[] | undefined {
    if (this.effective.records) return undefined;
    const records: MemberRecord[] = [];
    for (const id of allMembers(this.effective)) {
      const info = this.first.find((member) => member.id === id);
      if (!info) return undefined;
      const { name, clientAddress, peerAddress } = info;
      records.push({ id, name, clientAddress, peerAddress, promote: false, replaces: undefined });
    }
    return records;
  }
}

/**
 * Equal for the same members in any order (a member is never the same again once it left). One that was not started yet becomes another when it is:
 * programs can call it from then on.
 */
function hashOf(members: readonly MemberInfo[]): number {
  const ids = members.map(({ id, name }) => (name === '' ? -id : id)).sort((a, b) => a - b);
  // 0 is what an answer without a hash says.
  return createHash('sha256').update(ids.join()).digest().readUInt32LE() || 1;
}
