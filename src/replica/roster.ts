/** Membership as a replica lives it: callers who want it changed, what the leader makes of that, and whom to talk to. */
import type { QuorateError } from '../base/errors.js';
import type { Index, MemberId } from '../base/ids.js';
import { membershipCodec } from '../proto/membership.js';
import type { Raft } from '../raft/raft.js';
import type { Entry, Membership } from '../raft/types.js';
import type { ChangeMessage } from '../transport/transport.js';
import { decide, decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './change-request.js';
import { Changes } from './changes.js';
import { Members } from './members.js';
import type { ReplicaOptions } from './options.js';
import type { MemberChange, MemberInfo } from './types.js';

export class Roster {
  private readonly members: Members;
  private readonly changes: Changes;

  constructor(
    private readonly options: ReplicaOptions,
    effective: Membership,
  ) {
    const { identity, stored, members, founder, electionTicks, tickMs } = options;
    this.members = new Members(identity.memberId, stored.machine?.membership, members, founder !== false);
    this.members.setEffective(effective);
    this.changes = new Changes(electionTicks * tickMs);
  }

  get list(): readonly MemberInfo[] {
    return this.members.list;
  }

  get hash(): number {
    return this.members.hash;
  }

  /** As of the applied index. */
  get applied(): Membership {
    return this.members.applied;
  }

  /** Callers wait for a change. */
  get isBusy(): boolean {
    return !this.changes.isEmpty;
  }

  nameOf(id: MemberId): string | undefined {
    return this.list.find((member) => member.id === id)?.name;
  }

  /** Whether one of the others can be reached. */
  get hasConnectedPeer(): boolean {
    const { identity, transport } = this.options;
    return this.list.some(({ id }) => id !== identity.memberId && transport.isConnected(id));
  }

  /** A caller wants a change. Resolves when it is applied here. */
  add(change: MemberChange, deadline: number, now: number): Promise<MemberId> {
    return this.changes.add(change, deadline, now);
  }

  /** Asks the leader, which may be this member, for what callers wait for. */
  ask(raft: Raft, appliedIndex: Index, now: number): void {
    const { leader, id: from } = raft.status();
    if (leader === undefined || !this.isBusy) return;
    const { transport, identity } = this.options;
    for (const { token, change } of this.changes.due(now)) {
      if (leader === from) this.changes.onAnswer(token, decide(raft, identity.clusterId, change), now);
      else transport.send({ kind: 'change', from, to: leader, token, answer: false, data: encodeRequest(change) });
    }
    this.changes.onApplied(appliedIndex, this.applied);
  }

  /** Another member asks for a change, or answers. */
  onMessage(raft: Raft, { from, to, token, answer, data }: ChangeMessage, now: number): void {
    if (answer) {
      this.changes.onAnswer(token, decodeAnswer(data), now);
      return;
    }
    const change = decodeRequest(data);
    if (!change) return;
    const reply = encodeAnswer(decide(raft, this.options.identity.clusterId, change));
    this.options.transport.send({ kind: 'change', from: to, to: from, token, answer: true, data: reply });
  }

  /** A new leader: what the old one said may be void. */
  onLeader(): void {
    this.changes.askAgain();
  }

  /** The first leader of all writes into the log who the members are. */
  found(raft: Raft): void {
    const records = this.members.founding();
    if (records) raft.changeMembership({ kind: 'found', records });
  }

  /** The newest membership in the log. */
  setEffective(membership: Membership): void {
    if (this.members.setEffective(membership)) this.spread();
  }

  /** A membership was reached by the applied index, in an entry or an image. */
  setApplied(membership: Membership): void {
    this.members.applied = membership;
    this.spread();
  }

  /** The entry is about to be applied. */
  onEntry(entry: Entry): void {
    if (entry.kind === 'membership') this.members.applied = membershipCodec.decode(entry.data);
  }

  /** Tells the transport whom to talk to, and the shell if this member is none any more. */
  spread(): void {
    const { peers, applied, isRemoved } = this.members;
    if (peers) this.options.transport.setPeers(peers, applied.removed ?? []);
    if (isRemoved) this.options.onRemoved?.();
  }

  expire(now: number): void {
    this.changes.expire(now);
  }

  failAll(error: QuorateError): void {
    this.changes.failAll(error);
  }
}
