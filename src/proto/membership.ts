/** Memberships as records: on disk, in images on their way, and in the log. */
import type { MemberId } from '../base/ids.js';
import { Membership, type MembershipIn } from './record.js';

interface MemberRecord {
  readonly id: MemberId;
  readonly name: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly promote: boolean;
  readonly replaces: MemberId | undefined;
}

/** What src/raft/types.ts calls a Membership. */
interface Members {
  readonly voters: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly records?: readonly MemberRecord[];
  readonly removed?: readonly MemberId[];
}

/** Before the founding: nobody. */
export const noMembers: Members = { voters: [], outgoing: [], learners: [] };

export function membershipRecord({ voters, outgoing, learners, records, removed }: Members): MembershipIn {
  return {
    voters: [...voters],
    outgoing: [...outgoing],
    learners: [...learners],
    records: records?.map(({ replaces, ...record }) => ({ ...record, replaces: replaces ?? 0 })) ?? [],
    removed: [...(removed ?? [])],
  };
}

export function membershipOf(record: Membership): Members {
  const members = {
    voters: record.voters as MemberId[],
    outgoing: record.outgoing as MemberId[],
    learners: record.learners as MemberId[],
  };
  if (record.records.length === 0) return members;
  const records = record.records.map(({ id, name, clientAddress, peerAddress, promote, replaces }) => ({
    id: id as MemberId,
    name,
    clientAddress,
    peerAddress,
    promote,
    replaces: replaces === 0 ? undefined : (replaces as MemberId),
  }));
  return { ...members, records, removed: record.removed as MemberId[] };
}

/** The data of an entry of kind 'membership'. */
export const membershipCodec = {
  encode: (members: Members): Uint8Array => Membership.encode(membershipRecord(members)),
  /** @throws DecodeError */
  decode: (data: Uint8Array): Members => membershipOf(Membership.decode(data)),
};
