/** A change of the membership as members ask for it, and what the leader makes of it. */
import { createHash } from 'node:crypto';
import { type ClusterId, index, type MemberId } from '../base/ids.js';
import { ChangeAnswer as AnswerMessage, ChangeRequest } from '../proto/peer.js';
import type { Raft } from '../raft/raft.js';
import type { ChangeRefusal, MemberRecord, Membership } from '../raft/types.js';
import type { MemberChange } from './types.js';

export type Refusal = ChangeRefusal | 'exists';

type Description = Omit<MemberChange & { kind: 'describe' }, 'kind' | 'id'>;

export interface Answer {
  /** Undefined: it is under way, or so already. */
  readonly refused: Refusal | undefined;
  readonly why: string;
  /** Entry after which the change counts. */
  readonly index: number;
}

export function encodeRequest(change: MemberChange): Uint8Array {
  if (change.kind === 'promote') return ChangeRequest.encode({ promote: change.id });
  if (change.kind === 'remove') return ChangeRequest.encode({ remove: change.id });
  if (change.kind === 'describe') {
    const { id, name, clientAddress, peerAddress } = change;
    return ChangeRequest.encode({ describe: { id, name, clientAddress, peerAddress } });
  }
  const { name, clientAddress, peerAddress, promote, replaces } = change;
  return ChangeRequest.encode({ add: { id: 0, name, clientAddress, peerAddress, promote, replaces: replaces ?? 0 } });
}

/** Undefined: a change of a kind that this version does not know. */
export function decodeRequest(data: Uint8Array): MemberChange | undefined {
  const { add, promote, remove, describe } = ChangeRequest.decode(data);
  if (add) {
    const { name, clientAddress, peerAddress } = add;
    const replaces = add.replaces === 0 ? undefined : (add.replaces as MemberId);
    return { kind: 'add', name, clientAddress, peerAddress, promote: add.promote, replaces };
  }
  if (describe) {
    const { id, name, clientAddress, peerAddress } = describe;
    return { kind: 'describe', id: id as MemberId, ...said({ name, clientAddress, peerAddress }) };
  }
  if (promote) return { kind: 'promote', id: promote as MemberId };
  return remove ? { kind: 'remove', id: remove as MemberId } : undefined;
}

/** Those that are not empty. */
function said(fields: { readonly [name in keyof Description]-?: string }): Description {
  const { name, clientAddress, peerAddress } = fields;
  return {
    ...(name !== '' && { name }),
    ...(clientAddress !== '' && { clientAddress }),
    ...(peerAddress !== '' && { peerAddress }),
  };
}

export function encodeAnswer({ refused, why, index }: Answer): Uint8Array {
  return AnswerMessage.encode({ refused: refused ?? '', why, index });
}

export function decodeAnswer(data: Uint8Array): Answer {
  const { refused, why, index } = AnswerMessage.decode(data);
  return { refused: refused === '' ? undefined : (refused as Refusal), why, index };
}

/** Whom the change is about, if the membership is as it wants it. */
export function madeSo(
  change: MemberChange,
  { voters, outgoing, records = [], removed = [] }: Membership,
): MemberId | undefined {
  if (outgoing.length > 0) return undefined;
  if (change.kind === 'promote') return voters.includes(change.id) ? change.id : undefined;
  if (change.kind === 'remove') return removed.includes(change.id) ? change.id : undefined;
  if (change.kind === 'describe') {
    const record = records.find(({ id }) => id === change.id);
    return record && isDescribed(record, change) ? change.id : undefined;
  }
  return records.find((record) => isSame(record, change))?.id;
}

function isDescribed(record: MemberRecord, { name, clientAddress, peerAddress }: Description): boolean {
  return (
    (name ?? record.name) === record.name &&
    (clientAddress ?? record.clientAddress) === record.clientAddress &&
    (peerAddress ?? record.peerAddress) === record.peerAddress
  );
}

function isSame(record: MemberRecord, change: MemberChange & { kind: 'add' }): boolean {
  const { name, clientAddress, peerAddress, replaces } = change;
  return (
    record.id !== replaces &&
    record.name === name &&
    record.clientAddress === clientAddress &&
    record.peerAddress === peerAddress
  );
}

/** What the leader does when it is asked. */
export function decide(raft: Raft, clusterId: ClusterId, change: MemberChange): Answer {
  const { membership, membershipIndex, role, id, term, lastIndex } = raft.status();
  if (role !== 'leader') return { refused: 'notLeader', why: 'this member does not lead', index: 0 };
  // The founding names the first members; a change made before it would leave them out.
  if (membership.records === undefined)
    return { refused: 'inProgress', why: 'the first members are not in the log yet', index: 0 };
  if (madeSo(change, membership) !== undefined) return { refused: undefined, why: '', index: membershipIndex };
  if (change.kind === 'add') {
    const unstarted = unstartedAt(change, membership);
    const why = conflict(change, membership, unstarted?.id);
    if (why) return { ...why, index: 0 };
    const { name, clientAddress, peerAddress, promote, replaces } = change;
    // It was added before it had a name: what was asked for then stays.
    if (unstarted) {
      const { id: same } = unstarted;
      return answerOf(raft.changeMembership({ kind: 'describe', id: same, name, clientAddress, peerAddress }));
    }
    const fresh = newMemberId(clusterId, name, `${term}/${lastIndex + 1}`);
    return answerOf(
      raft.changeMembership({
        kind: 'add',
        record: { id: fresh, name, clientAddress, peerAddress, promote, replaces },
      }),
    );
  }
  if (change.kind === 'remove' && change.id === id && membership.voters.length > 1) {
    // Whoever leads next removes it: so nobody waits for an election.
    raft.transferLeadership(undefined);
    return { refused: 'notLeader', why: 'the leader hands over before it is removed', index: 0 };
  }
  if (change.kind !== 'describe') return answerOf(raft.changeMembership(change));
  const record = membership.records.find((each) => each.id === change.id);
  if (!record) return { refused: 'unknownMember', why: 'the cluster has no such member', index: 0 };
  const why = taken(change, membership.records, record.id);
  if (why) return { ...why, index: 0 };
  const { name, clientAddress, peerAddress } = { ...record, ...change };
  return answerOf(raft.changeMembership({ kind: 'describe', id: change.id, name, clientAddress, peerAddress }));
}

/** The learner without a name that a member at this peer address is: nobody has started it yet, so it has promised nothing. */
function unstartedAt(
  { name, peerAddress, replaces }: MemberChange & { kind: 'add' },
  { learners, records = [] }: Membership,
): MemberRecord | undefined {
  if (name === '' || replaces !== undefined) return undefined;
  return records.find(
    (record) => record.name === '' && record.peerAddress === peerAddress && learners.includes(record.id),
  );
}

/** @param self the one that the change is about already */
function conflict(
  change: MemberChange & { kind: 'add' },
  { voters, records = [] }: Membership,
  self: MemberId | undefined,
): { refused: Refusal; why: string } | undefined {
  const { replaces } = change;
  if (replaces !== undefined && !voters.includes(replaces))
    return { refused: 'unknownMember', why: 'the member to replace is not a voter of the cluster' };
  return taken(change, records, self ?? replaces);
}

/** Which name or address another member has. */
function taken(
  { name, clientAddress, peerAddress }: Description,
  records: readonly MemberRecord[],
  except: MemberId | undefined,
): { refused: Refusal; why: string } | undefined {
  for (const record of records) {
    if (record.id === except) continue;
    if (name && record.name.toLowerCase() === name.toLowerCase())
      return { refused: 'exists', why: `the cluster has a member ${record.name} already, at other addresses` };
    for (const address of [clientAddress, peerAddress])
      if (address && (record.clientAddress === address || record.peerAddress === address))
        return { refused: 'exists', why: `${address} is an address of ${nameOf(record)}` };
  }
  return undefined;
}

function nameOf({ id, name }: MemberRecord): string {
  return name === '' ? `member ${id.toString(16)}, which was not started yet` : `member ${name}`;
}

function answerOf({ index: at, refused, why }: ReturnType<Raft['changeMembership']>): Answer {
  return { refused, why, index: at ?? index(0) };
}

/** 48 bits that no member before had: the place in the log at which it is added is part of them. */
function newMemberId(clusterId: ClusterId, name: string, place: string): MemberId {
  const hash = createHash('sha256').update(`member\0${clusterId}\0${name}\0${place}`, 'utf8').digest();
  return (hash.readUIntBE(0, 6) || 1) as MemberId;
}
