/**
 * The loop of a member: takes what Raft wants done, persists, sends and applies it, and answers the callers that wait. One turn handles
 * everything that arrived since the last one, so batches grow with load (design §1.3).
 */
import { QuorateError } from '../base/errors.js';
import type { ClusterId, Index, MemberId, Revision } from '../base/ids.js';
import type { Machine } from '../machine/machine.js';
import type { Command, MachineMeta } from '../machine/types.js';
import { membershipCodec } from '../proto/membership.js';
import type { Raft } from '../raft/raft.js';
import type { EntriesWanted, Entry, HardState, RaftMessage, RaftStatus, Ready, SnapshotMeta } from '../raft/types.js';
import type { Image } from '../storage/store.js';
import type { ChangeMessage, IncomingSnapshot, PeerMessage } from '../transport/transport.js';
import { StoredHistory } from '../watch/history.js';
import { Hub } from '../watch/hub.js';
import { decodeBatch } from './batch-codec.js';
import { replicaBounds } from './bounds.js';
import { decide, decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './change-request.js';
import { Changes } from './changes.js';
import { encodeCommand } from './command-codec.js';
import { Installer, loadMachine } from './installer.js';
import { Leadership } from './leadership.js';
import { Members } from './members.js';
import type { ReplicaOptions } from './options.js';
import { Outbox } from './outbox.js';

import { Persister } from './persister.js';
import { createRaft } from './raft-setup.js';
import { Reads } from './reads.js';
import { Retention } from './retention.js';
import { SnapshotSender } from './snapshots.js';
import { Transfers } from './transfers.js';
import { Trimmer } from './trimmer.js';
import type { MemberChange, MemberInfo, OutcomeCallback, Replica, ReplicaStatus, Waiting } from './types.js';

/** Applying goes on in the next turn after this long, so that heartbeats and callers get their turn. */
const applySliceMs = 5;
/**
 * Rounds of reads between one incarnation and the next, which is a millisecond later at least. The tokens of a run begin after those of earlier ones, or a
 * late answer of the leader to a run that is gone could pass for one of today's.
 */
const roundsPerIncarnation = 1_024;

export class MemberReplica implements Replica {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly memberName: string;
  readonly hub: Hub;
  private raft: Raft;
  private raftStatus: RaftStatus;
  private current: Machine;
  private readonly electionMs: number;
  private readonly leadership: Leadership;
  private readonly persister: Persister;
  private readonly outbox = new Outbox();
  private readonly reads: Reads;
  private readonly transfers = new Transfers();
  private readonly changes: Changes;
  private readonly membership: Members;
  private readonly retention: Retention | undefined;
  private readonly sender: SnapshotSender;
  private readonly installer: Installer;
  private readonly trimmer: Trimmer;
  private toApply: Entry[] = [];
  private hardState: HardState;
  private persistedMeta: MachineMeta | undefined;
  private installing = false;
  private scheduled = false;
  private stopped = false;
  /** Nothing was ever voted or appended here; see onConnected. */
  private pristine: boolean;
  private readonly heard = new Set<MemberId>();

  /** Loads the machine from the store. Call start() afterwards. */
  static async open(options: ReplicaOptions): Promise<MemberReplica> {
    const { valueCacheBytes } = options.bounds ?? replicaBounds;
    return new MemberReplica(options, await loadMachine(options.store, options.stored, valueCacheBytes));
  }

  private constructor(
    private readonly options: ReplicaOptions,
    machine: Machine,
  ) {
    const { identity, stored, store, scheduler, bounds = replicaBounds, log } = options;
    this.clusterId = identity.clusterId;
    this.memberId = identity.memberId;
    this.memberName = identity.memberName;
    this.membership = new Members(identity.memberId, stored.machine?.membership, options.members);
    this.current = machine;
    this.hardState = stored.hardState;
    this.pristine = stored.fresh;
    this.persistedMeta = stored.machine;
    this.raft = createRaft(options, stored.hardState);
    this.raftStatus = this.raft.status();
    this.membership.setEffective(this.raftStatus.membership);
    this.electionMs = options.electionTicks * options.tickMs;
    this.reads = new Reads(options.incarnation * roundsPerIncarnation);
    this.changes = new Changes(this.electionMs);
    this.leadership = new Leadership(this.electionMs);
    this.retention = options.retentionMs === undefined ? undefined : new Retention(options.retentionMs);
    this.sender = new SnapshotSender(store, options.transport, log);
    this.trimmer = new Trimmer(store, this.sender, options.keepLogBytes, bounds);
    this.installer = new Installer(store, bounds.valueCacheBytes, log);
    this.hub = new Hub({
      history: new StoredHistory({
        scan: (after, upTo, maxBytes) => store.scanVersions(after, upTo, maxBytes),
        previous: (key, revision) => this.current.versionBefore(key, revision),
        compacted: () => this.current.compactedRevision,
      }),
      revision: machine.revision,
      compactedRevision: machine.compactedRevision,
      recentBytes: bounds.recentChangesBytes,
      persistedRevision: () => this.persistedMeta?.revision ?? (1 as Revision),
      log,
      now: () => scheduler.now(),
      defer: (callback) => scheduler.defer(callback),
    });
    this.persister = new Persister(store, {
      onPersisted: (token, messages) => this.onPersisted(token, messages),
      onAppliedPersisted: (meta) => {
        this.persistedMeta = meta;
        this.current.persisted(meta.appliedIndex);
      },
    });
  }

  /** Begins to talk to the other members. The shell calls tick() every tickMs from now on. */
  async start(): Promise<void> {
    await this.options.transport.start({
      onMessage: (message) => this.onMessage(message),
      onConnected: (peer, founded) => this.onConnected(peer, founded),
      onDisconnected: (peer, refused) => this.onDisconnected(peer, refused),
      onSnapshot: (snapshot) => this.onSnapshot(snapshot),
      onRemoved: () => this.onRemoved(),
    });
    this.onMembership();
    this.schedule();
  }

  /**
   * Stops the loop, fails everyone who still waits and flushes what was applied. Transport and store are the caller's to close.
   */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const error = stopping();
    this.outbox.failAll(error);
    this.reads.failAll(error);
    this.transfers.failAll('this member stops');
    this.changes.failAll(error);
    this.hub.close();
    await this.persister.idle();
    if (this.installing) return;
    this.persister.flush(this.now(), true);
    await this.persister.idle();
  }

  // ---- for the doors ----

  get machine(): Machine {
    return this.current;
  }

  get members(): readonly MemberInfo[] {
    return this.membership.list;
  }

  /**
   * Whether there was a leader yet, so that votes may have been cast that count: tells a peer with an empty directory that it may have forgotten one. A
   * candidacy alone is no sign: in a cluster that is being founded it would bar the others from the very election it needs.
   */
  get founded(): boolean {
    return this.raft.status().lastIndex > 0;
  }

  submit(command: Command, requestId: string, deadlineMs: number, done: OutcomeCallback): Waiting {
    const waiting = this.outbox.add(encodeCommand(command, requestId), deadlineMs, done);
    if (this.stopped) this.outbox.failAll(stopping());
    else this.schedule();
    return waiting;
  }

  readBarrier(deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting {
    const waiting = this.reads.add(deadlineMs, done);
    if (this.stopped) this.reads.failAll(stopping());
    else this.schedule();
    return waiting;
  }

  waitForRevision(revision: Revision, deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting {
    const waiting = this.reads.addForRevision(revision, deadlineMs, done);
    if (this.stopped) this.reads.failAll(stopping());
    else this.reads.onApplied(this.current.appliedIndex, this.current.revision);
    return waiting;
  }

  status(): ReplicaStatus {
    const { role, term, leader, lastIndex, commit, firstIndex, recovering, leaderSilenceTicks } = this.raft.status();
    return {
      role,
      term,
      leader,
      lastIndex,
      commitIndex: commit,
      appliedIndex: this.current.appliedIndex,
      firstIndex,
      leaderContactAgeMs: leaderSilenceTicks * this.options.tickMs,
      clusterClock: this.current.clock,
      recovering,
    };
  }

  transferLeadership(to: MemberId | undefined): Promise<MemberId> {
    const { membership, leader } = this.raft.status();
    if (to !== undefined && !membership.voters.includes(to))
      return Promise.reject(new QuorateError('MEMBER_NOT_FOUND', `member ${to} is not a voter of this cluster`));
    if (to !== undefined && leader === to) return Promise.resolve(to);
    this.raft.transferLeadership(to);
    this.schedule();
    // The hand-over takes at most one election timeout, learning of the new leader another.
    return this.transfers.add(leader, to, this.now() + 2 * this.electionMs);
  }

  changeMembership(change: MemberChange, deadlineMs: number): Promise<void> {
    if (this.stopped) return Promise.reject(stopping());
    const changed = this.changes.add(change, deadlineMs, this.now());
    this.schedule();
    return changed;
  }

  openImage(): Promise<Image> {
    if (this.persistedMeta) return this.options.store.openImage();
    return Promise.reject(new QuorateError('MEMBER_STARTING', 'this member has not applied anything yet; try again'));
  }
  diskBytes(): Promise<number> {
    return this.options.store.diskBytes();
  }

  // ---- events ----

  /** The shell's clock. */
  tick(): void {
    if (this.stopped) return;
    const now = this.now();
    this.raft.tick();
    this.outbox.expire(now);
    this.reads.expire(now);
    this.transfers.expire(now);
    this.changes.expire(now);
    if (!this.transfers.isEmpty && !this.hasConnectedPeer()) this.transfers.failAll('no other member can be reached');
    if (this.outbox.isOverdue(now, this.electionMs)) this.outbox.sendAgain();
    if (this.raftStatus.role === 'leader') this.leaderTick(now);
    this.compactOld(now);
    this.trim();
    // An idle member has nothing to do in most ticks, and should cost next to nothing.
    const busy = this.raft.hasReady() || this.outbox.hasUnsent || this.persister.isWaiting;
    if (busy || !this.changes.isEmpty) this.schedule();
  }

  private leaderTick(now: number): void {
    if (this.persister.busyFor(now) > this.electionMs && this.raft.status().transferTarget === undefined) {
      this.options.log.warn(
        { ms: Math.round(this.persister.busyFor(now)) },
        'the disk is stuck: handing leadership over',
      );
      this.raft.transferLeadership(undefined);
    }
    const founding = this.membership.founding();
    if (founding) this.raft.changeMembership({ kind: 'found', records: founding });
    if (!this.persister.busy) this.leadership.proposeUpkeep(this.raft, this.current, now);
  }

  /** Every member remembers how old revisions are, so that the retention does not begin anew with a new leader. */
  private compactOld(now: number): void {
    const { clock, revision, compactedRevision } = this.current;
    const old = this.retention?.sample(clock, revision, compactedRevision);
    if (old === undefined || this.raftStatus.role !== 'leader') return;
    this.submit({ kind: 'compact', revision: old }, '', now + this.electionMs, () => {});
  }

  private onMessage(message: PeerMessage): void {
    if (this.stopped) return;
    if (this.isStranger(message.from)) return;
    if (message.kind === 'change') this.onChange(message);
    else if (message.kind !== 'forward') this.raft.step(message);
    else if (this.raftStatus.role === 'leader') {
      const { from, incarnation, firstSequence, commands } = message;
      this.leadership.add({ member: from, incarnation, firstSequence, commands }, this.current.originState(from));
    }
    this.schedule();
  }

  private onChange({ from, to, token, answer, data }: ChangeMessage): void {
    if (answer) {
      this.changes.onAnswer(token, decodeAnswer(data), this.now());
      return;
    }
    const change = decodeRequest(data);
    if (!change) return;
    const reply = encodeAnswer(decide(this.raft, this.clusterId, change));
    this.options.transport.send({ kind: 'change', from: to, to: from, token, answer: true, data: reply });
  }

  private onRemoved(): void {
    if (!this.stopped) this.options.onRemoved?.();
  }

  /** A pristine member must take no part before it knows whether the sender took part in a cluster already; see onConnected. */
  private isStranger(peer: MemberId): boolean {
    return this.pristine && !this.heard.has(peer);
  }

  private onConnected(peer: MemberId, founded: boolean): void {
    if (this.stopped) return;
    this.heard.add(peer);
    if (this.pristine && founded && !this.raftStatus.recovering) {
      // An empty directory in a cluster that has lived: this member may have voted and forgotten it, so it first catches up.
      this.options.log.info({}, 'new to a cluster that has been running: catching up before voting');
      this.raft = createRaft(this.options, { ...this.options.stored.hardState, recovering: true });
      this.raftStatus = this.raft.status();
    }
    this.raft.peerConnected(peer);
    if (peer === this.raftStatus.leader) this.outbox.sendAgain();
    this.schedule();
  }

  private onDisconnected(peer: MemberId, refused: boolean): void {
    if (this.stopped) return;
    if (refused) this.raft.peerGone(peer);
    this.schedule();
  }

  private onSnapshot(snapshot: IncomingSnapshot): Promise<boolean> {
    if (this.stopped || this.installing || this.isStranger(snapshot.from)) return Promise.resolve(false);
    return this.installer.receive(snapshot, () => {
      if (this.stopped) return false;
      const wanted = this.raft.snapshotReceived(snapshot.from, snapshot.term, snapshot.meta);
      this.schedule();
      return wanted;
    });
  }

  // ---- the loop ----

  private schedule(): void {
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    this.options.scheduler.defer(this.runTurn);
  }
  private readonly runTurn = (): void => {
    this.scheduled = false;
    if (this.stopped) return;
    try {
      this.turn();
    } catch (error) {
      // No step may follow one that failed half way.
      this.stopped = true;
      this.options.onFatal(error);
    }
  };

  private turn(): void {
    const now = this.now();
    this.moveCommands(now);
    if (!this.changes.isEmpty) this.askForChanges(now);
    const token = this.reads.nextRound();
    if (token !== undefined) this.raft.readIndex(token);
    while (this.raft.hasReady()) this.handleReady(this.raft.ready());
    this.applyEntries(now);
    if (!this.installing) this.persister.flush(now, false);
  }

  /** Hands new commands to the leader, which may be this member. */
  private moveCommands(now: number): void {
    const { leader, role } = this.raftStatus;
    const { transport, incarnation } = this.options;
    if (role === 'leader') {
      for (let run = this.outbox.take(now); run; run = this.outbox.take(now))
        this.leadership.add({ member: this.memberId, incarnation, ...run }, this.current.originState(this.memberId));
      // While a batch is being written the next one gathers: fewer, larger entries.
      if (!this.persister.busy) this.leadership.propose(this.raft, this.current, now);
    } else if (leader !== undefined && transport.isConnected(leader)) {
      for (let run = this.outbox.take(now); run; run = this.outbox.take(now))
        transport.send({ kind: 'forward', from: this.memberId, to: leader, incarnation, ...run });
    }
  }

  /** Asks the leader, which may be this member, for what callers wait for. */
  private askForChanges(now: number): void {
    const { leader } = this.raft.status();
    if (leader === undefined) return;
    for (const { token, change } of this.changes.due(now)) {
      if (leader === this.memberId) this.changes.onAnswer(token, decide(this.raft, this.clusterId, change), now);
      else {
        const { memberId: from } = this;
        const data = encodeRequest(change);
        this.options.transport.send({ kind: 'change', from, to: leader, token, answer: false, data });
      }
    }
    this.changes.onApplied(this.current.appliedIndex, this.membership.applied);
  }

  /** The membership in the log or the applied one has changed. */
  private onMembership(): void {
    const { peers, applied } = this.membership;
    if (peers) this.options.transport.setPeers(peers, applied.removed ?? []);
    if (this.membership.isRemoved) this.onRemoved();
  }

  private handleReady(ready: Ready): void {
    for (const message of ready.messages) this.options.transport.send(message);
    if (ready.hardState) this.hardState = ready.hardState;
    if (ready.hardState || ready.entries.length > 0) this.pristine = false;
    if (ready.install) this.install(ready.install, ready.persistToken);
    else this.persister.add(ready);
    for (const entry of ready.committed) this.toApply.push(entry);
    for (const { token, index, failed } of ready.readStates)
      this.reads.onReadState(token, index, failed, this.current.appliedIndex);
    for (const to of ready.snapshotsWanted) this.sendSnapshot(to);
    for (const wanted of ready.entriesWanted) this.loadEntries(wanted);
    if (ready.statusChanged) this.onStatusChanged();
  }

  private onStatusChanged(): void {
    const before = this.raftStatus;
    const status = this.raft.status();
    this.raftStatus = status;
    if (this.membership.setEffective(status.membership)) this.onMembership();
    const newTerm = status.term !== before.term;
    if (status.role !== 'leader') this.leadership.end();
    else if (before.role !== 'leader' || newTerm)
      this.leadership.begin(
        this.raft,
        this.current,
        this.members.map(({ id }) => id),
        this.now(),
      );
    if (status.leader === undefined || (status.leader === before.leader && !newTerm)) return;
    const leader = this.members.find(({ id }) => id === status.leader)?.name;
    this.options.log.info({ leader, term: status.term }, 'leader elected');
    this.outbox.sendAgain();
    this.changes.askAgain();
    this.transfers.onLeader(status.leader);
    this.schedule();
  }

  private applyEntries(turnStart: number): void {
    if (this.installing || this.toApply.length === 0) return;
    let applied = 0;
    for (const entry of this.toApply) {
      this.apply(entry, turnStart);
      applied++;
      if (this.now() - turnStart > applySliceMs) break;
    }
    this.toApply = this.toApply.slice(applied);
    const { appliedIndex, revision } = this.current;
    this.raft.applied(appliedIndex);
    this.reads.onApplied(appliedIndex, revision);
    this.schedule();
  }

  private apply(entry: Entry, now: number): void {
    const machine = this.current;
    const compacted = machine.compactedRevision;
    if (entry.kind === 'membership') this.membership.applied = membershipCodec.decode(entry.data);
    const applied = machine.apply(decodeBatch(entry), this.isOwn);
    this.persister.addApplied(applied.writes, applied.meta, this.membership.applied, now);
    this.trimmer.onApplied(entry, this.membership.applied);
    if (entry.kind === 'membership') this.onMembership();
    if (applied.changes.length > 0) this.hub.publish(applied.changes, machine.revision);
    if (machine.compactedRevision !== compacted) this.hub.compacted(machine.compactedRevision);
    for (const { sequence, outcome } of applied.outcomes) this.outbox.settle(sequence, outcome);
  }
  private readonly isOwn = (member: MemberId, incarnation: number): boolean =>
    member === this.memberId && incarnation === this.options.incarnation;

  private onPersisted(token: number | undefined, messages: readonly RaftMessage[]): void {
    if (this.stopped) return;
    if (token !== undefined) this.raft.persisted(token);
    for (const message of messages) this.options.transport.send(message);
    this.schedule();
  }

  private loadEntries(wanted: EntriesWanted): void {
    this.options.store.readEntries(wanted.first, wanted.last, wanted.maxBytes).then(
      (entries) => {
        if (this.stopped) return;
        this.raft.entriesLoaded(wanted, entries);
        this.schedule();
      },
      (error: unknown) => this.options.onFatal(error),
    );
  }

  // ---- images and trimming ----

  private sendSnapshot(to: MemberId): void {
    const { term, membership } = this.raftStatus;
    const nothing: SnapshotMeta = { index: 0 as Index, term, membership };
    void this.sender.send(to, term, (ok, meta) => {
      if (this.stopped) return;
      this.raft.snapshotSent(to, ok, meta ?? nothing);
      this.schedule();
    });
  }

  /**
   * Nothing else is written or applied until the image is the state; reads go on from the old state until the new one is loaded. What Raft wants written
   * meanwhile gathers, and its messages wait for that write.
   * @param token stands for the image and the hard state that goes with it
   */
  private install(meta: SnapshotMeta, token: number | undefined): void {
    this.installing = true;
    this.toApply = [];
    this.persister.dropForInstall();
    this.installer
      .install(meta, this.hardState, this.persister.idle())
      .then(({ stored, machine, done }) => {
        this.current = machine;
        this.persistedMeta = stored.machine;
        this.trimmer.reset();
        this.membership.applied = meta.membership;
        this.onMembership();
        this.installing = false;
        this.onPersisted(token, []);
        this.settleOwn(machine);
        this.hub.reset(machine.revision, machine.compactedRevision);
        this.reads.onApplied(machine.appliedIndex, machine.revision);
        this.schedule();
        return done();
      })
      .catch((error: unknown) => this.options.onFatal(error));
  }

  /** The image holds commands of ours whose outcomes we did not see being made. */
  private settleOwn(machine: Machine): void {
    const origin = machine.originState(this.memberId);
    if (origin?.incarnation === this.options.incarnation) this.outbox.settleUnknown(origin.lastSequence);
  }

  private trim(): void {
    if (this.installing) return;
    this.trimmer.run(this.raft, this.current.appliedIndex)?.catch((error: unknown) => this.options.onFatal(error));
  }

  private hasConnectedPeer(): boolean {
    return this.members.some(({ id }) => id !== this.memberId && this.options.transport.isConnected(id));
  }

  private now(): number {
    return this.options.scheduler.now();
  }
}

function stopping(): QuorateError {
  return new QuorateError('MEMBER_STOPPING', 'this member is stopping; ask another one');
}
