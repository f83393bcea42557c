/** The cluster itself: its members, its leader, its upkeep. */
import { QuorateError } from '../base/errors.js';
import {
  type CompactResponse,
  clusterService,
  type ListMembersResponse,
  type Member,
  type StatusResponse,
  type TransferLeadershipResponse,
} from '../proto/quorate.js';
import type { Connection } from './connection.js';
import { cancelled, failureOf } from './errors.js';
import type { CallOptions } from './options.js';
import type { Answer } from './ring.js';

export interface StatusOptions extends CallOptions {
  /** One of the endpoints: that member alone is asked, once. Otherwise any member answers. */
  readonly endpoint?: string;
  /** Also compute the hash of the whole state, which reads all of it. */
  readonly withStateHash?: boolean;
}

/** What a member says about itself. */
export interface MemberStatus extends Omit<StatusResponse, 'header'> {
  readonly clusterId: number;
  readonly memberId: number;
  readonly term: number;
  readonly revision: number;
}

export interface ClusterMember {
  readonly id: number;
  /** Empty, like its client address, if it was added by its peer address alone (by an etcd client) and never started. */
  readonly name: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  /** It answers reads and watches but does not vote. */
  readonly learner: boolean;
}

/** A member that is to be added. */
export interface NewMember {
  readonly name: string;
  /** host:port where programs connect. */
  readonly clientAddress: string;
  /** host:port where the other members connect. */
  readonly peerAddress: string;
}

/** `quorate.cluster`. Every call fails with a QuorateError. */
export class ClusterClient {
  /** Made by connect(). */
  constructor(private readonly connection: Connection) {}

  /** The state of one member; works without a quorum. */
  status(options?: StatusOptions): Promise<MemberStatus> {
    const { endpoint } = options ?? {};
    const only = endpoint === undefined ? undefined : this.connection.ring.find(endpoint);
    if (endpoint !== undefined && !only)
      return Promise.reject(new QuorateError('INVALID_FIELD', `'${endpoint}' is none of the client's endpoints`));
    const request = { withStateHash: options?.withStateHash ?? false };
    return this.connection.unary(procedures.status, request, options, only);
  }

  /** The members and which of them leads (0: none known). */
  members(options?: CallOptions): Promise<{ readonly members: readonly ClusterMember[]; readonly leaderId: number }> {
    return this.connection.unary(procedures.members, {}, options);
  }

  /**
   * Hands leadership to a member, or to the most up-to-date one.
   * @throws QuorateError TRANSFER_FAILED, MEMBER_NOT_FOUND
   */
  transferLeadership(
    to?: string,
    options?: CallOptions,
  ): Promise<{ readonly leaderId: number; readonly leaderName: string }> {
    return this.connection.unary(procedures.transferLeadership, { to }, options);
  }

  /**
   * Adds a member as a learner; it becomes a voter once it has caught up, unless `stayLearner`. Adding what is there already is no error.
   * @throws QuorateError MEMBER_EXISTS, TOO_MANY_MEMBERS
   */
  addMember(member: NewMember, options?: CallOptions & { readonly stayLearner?: boolean }): Promise<ClusterMember> {
    const request = { ...member, stayLearner: options?.stayLearner ?? false };
    return this.connection.unary(procedures.add, request, options);
  }

  /**
   * Makes a learner a voter.
   * @throws QuorateError MEMBER_NOT_FOUND, MEMBER_NOT_READY, QUORUM_AT_RISK
   */
  promoteMember(name: string, options?: CallOptions): Promise<void> {
    return this.connection.unary(procedures.promote, { name }, options);
  }

  /**
   * Removes a member, also the leader or a dead one. It stops by itself. One without a name is called by its id in hexadecimal digits.
   * @throws QuorateError MEMBER_NOT_FOUND, QUORUM_AT_RISK
   */
  async removeMember(name: string, options?: CallOptions): Promise<void> {
    // By id, so that a repeated call means the same member.
    const id = await this.idOf(name, options);
    await this.connection.unary(procedures.remove, { id }, options);
  }

  /**
   * Adds a learner that takes the place of a voter once it has caught up. Returns the learner.
   * @throws QuorateError MEMBER_NOT_FOUND, MEMBER_EXISTS
   */
  async replaceMember(name: string, successor: NewMember, options?: CallOptions): Promise<ClusterMember> {
    const id = await this.idOf(name, options);
    return this.connection.unary(procedures.replace, { id, successor }, options);
  }

  private async idOf(name: string, options?: CallOptions): Promise<number> {
    const { members } = await this.members(options);
    const found = members.filter((member) => name !== '' && name === (member.name || member.id.toString(16)));
    const { id } = found.find(({ learner }) => !learner) ?? found[0] ?? {};
    if (id === undefined)
      throw new QuorateError('MEMBER_NOT_FOUND', `the cluster has no member '${name}'`, { member: name });
    return id;
  }

  /**
   * Forgets all revisions below the one given (or the current one), except the newest version of each live key.
   * @throws QuorateError REVISION_COMPACTED, REVISION_IN_FUTURE
   */
  compact(revision?: number, options?: CallOptions): Promise<{ readonly compactedRevision: number }> {
    const request = { revision, requestId: this.connection.nextRequestId() };
    return this.connection.unary(procedures.compact, request, options);
  }

  /**
   * A consistent image of a member's state, in chunks. Returns its SHA-256, lower-case hex. A member that fails on the way ends it with
   * UNREACHABLE: an image cannot be continued on another member.
   */
  async *snapshot(options?: { readonly signal?: AbortSignal }): AsyncGenerator<Uint8Array, string, undefined> {
    if (this.connection.closed) throw cancelled('the client is closed');
    const endpoint = this.connection.ring.preferred;
    const stream = endpoint.serverStream(clusterService.snapshot, {});
    const stop = { close: () => stream.cancel() };
    this.connection.adopt(stop);
    options?.signal?.addEventListener('abort', stop.close);
    try {
      if (options?.signal?.aborted) stream.cancel();
      for await (const { chunk, sha256 } of stream) {
        if (chunk.length > 0) yield chunk;
        if (sha256 !== '') return sha256;
      }
      throw new QuorateError('UNREACHABLE', `${endpoint.address}: the image ended early`);
    } catch (error) {
      if (options?.signal?.aborted || this.connection.closed) throw cancelled('the snapshot was aborted');
      throw isServiceError(error) ? failureOf(error, endpoint.address).error : error;
    } finally {
      options?.signal?.removeEventListener('abort', stop.close);
      this.connection.release(stop);
      stream.cancel();
    }
  }
}

function isServiceError(error: unknown): error is Parameters<typeof failureOf>[0] {
  return error instanceof Error && 'metadata' in error && 'code' in error && 'details' in error;
}

function clusterMember({ id, name, clientAddress, peerAddress, learner }: Member): ClusterMember {
  return { id, name, clientAddress, peerAddress, learner };
}

function added({ member }: Answer & { readonly member: Member | null }): ClusterMember {
  if (!member)
    throw new QuorateError('UNKNOWN', 'the member was added, but the one that was asked does not know it yet');
  return clusterMember(member);
}

const procedures = {
  add: { method: clusterService.addMember, convert: added },
  promote: { method: clusterService.promoteMember, convert: () => undefined },
  remove: { method: clusterService.removeMember, convert: () => undefined },
  replace: { method: clusterService.replaceMember, convert: added },
  status: {
    method: clusterService.status,
    convert({ header, ...status }: StatusResponse): MemberStatus {
      return {
        ...status,
        clusterId: header?.clusterId ?? 0,
        memberId: header?.memberId ?? 0,
        term: header?.term ?? 0,
        revision: header?.revision ?? 0,
      };
    },
  },
  members: {
    method: clusterService.listMembers,
    convert: ({ members, leaderId }: ListMembersResponse) => ({
      members: members.map(clusterMember),
      leaderId,
    }),
  },
  transferLeadership: {
    method: clusterService.transferLeadership,
    convert: ({ leaderId, leaderName }: TransferLeadershipResponse) => ({ leaderId, leaderName }),
  },
  compact: {
    method: clusterService.compact,
    convert: ({ compactedRevision }: CompactResponse) => ({ compactedRevision }),
  },
};
