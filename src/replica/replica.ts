/**
 * The loop of a member: takes what Raft wants done, persists, sends and applies it, and answers the callers that wait. One turn handles
 * everything that arrived since the last one, so batches grow with load (design §1.3).
 */
import { QuorateError } from '../base/errors.js';
import type { ClusterId, MemberId, Revision } from '../base/ids.js';
import type { Machine } from '../machine/machine.js';
import type { Command, MachineMeta } from '../machine/types.js';
import type { Raft } from '../raft/raft.js';
import type { EntriesWanted, Entry, HardState, RaftMessage, RaftStatus, Ready, SnapshotMeta } from '../raft/types.js';
import type { Image } from '../storage/store.js';
import type { IncomingSnapshot, PeerMessage } from '../transport/transport.js';
import type { Hub } from '../watch/hub.js';
import { Subscribers } from '../watch/subscribers.js';
import { decodeBatch } from './batch-codec.js';
import { replicaBounds } from './bounds.js';
import { encodeCommand } from './command-codec.js';
import { Drains } from './drains.js';
import { FirstContact } from './first-contact.js';
import { createHub } from './hub-setup.js';
import { Installer, loadMachine } from './installer.js';
import { Leadership } from './leadership.js';
import type { ReplicaOptions } from './options.js';
import { Outbox } from './outbox.js';
import { Persister } from './persister.js';
import { createRaft } from './raft-setup.js';
import { Reads } from './reads.js';
import { Retention } from './retention.js';
import { Roster } from './roster.js';
import { SnapshotSender } from './snapshots.js';
import { Transfers } from './transfers.js';
import { Trimmer } from './trimmer.js';
import type { MemberChange, MemberInfo, OutcomeCallback, Replica, ReplicaStatus, Waiting } from './types.js';

/** Applying goes on in the next turn after this long, so that heartbeats and callers get their turn. */
const applySliceMs = 5;
export class MemberReplica implements Replica {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly memberName: string;
  readonly hub: Hub;
  readonly subscribers: Subscribers;
  private readonly drains: Drains;
  private raft: Raft;
  private raftStatus: RaftStatus;
  private current: Machine;
  private readonly electionMs: number;
  private readonly leadership: Leadership;
  private readonly persister: Persister;
  private readonly outbox = new Outbox();
  private readonly reads: Reads;
  private readonly transfers: Transfers;
  private readonly roster: Roster;
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
  private readonly firstContact: FirstContact;

  /** Loads the machine from the store. Call start() afterwards. */
  static async open(options: ReplicaOptions): Promise<MemberReplica> {
    const { valueCacheBytes } = options.bounds ?? replicaBounds;
    return new MemberReplica(options, await loadMachine(options.store, options.stored, valueCacheBytes));
  }

  private constructor(
    private readonly options: ReplicaOptions,
    machine: Machine,
  ) {
    const { identity, stored, store, bounds = replicaBounds, log } = options;
    this.clusterId = identity.clusterId;
    this.memberId = identity.memberId;
    this.memberName = identity.memberName;
    this.current = machine;
    this.hardState = stored.hardState;
    this.firstContact = new FirstContact(stored.fresh);
    this.persistedMeta = stored.machine;
    this.raft = createRaft(options, stored.hardState);
    this.raftStatus = this.raft.status();
    this.roster = new Roster(options, this.raftStatus.membership);
    this.electionMs = options.electionTicks * options.tickMs;
    this.reads = Reads.ofRun(options.incarnation);
    this.leadership = new Leadership(this.electionMs, bounds.inflightBytes, () => options.scheduler.wall());
    this.transfers = new Transfers(this.electionMs);
    this.retention = options.retentionMs === undefined ? undefined : new Retention(options.retentionMs);
    this.sender = new SnapshotSender(store, options.transport, log);
    this.trimmer = new Trimmer(store, this.sender, options.keepLogBytes, bounds);
    this.installer = new Installer(store, bounds.valueCacheBytes, log);
    this.hub = createHub(
      options,
      () => this.current,
      () => this.persistedMeta?.revision ?? (1 as Revision),
    );
    this.subscribers = new Subscribers(() => this.now());
    this.drains = new Drains(this, options.transport, () => this.now());
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
      onRemoved: () => this.options.onRemoved?.(),
    });
    this.roster.spread();
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
    this.roster.failAll(error);
    this.drains.failAll(error);
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
    return this.roster.list;
  }

  get membersHash(): number {
    return this.roster.hash;
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

  awaitSubscribers(...[query, deadlineMs, done]: Parameters<Replica['awaitSubscribers']>): Waiting {
    return this.drains.add(query, deadlineMs, done);
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
    const handedOver = this.transfers.ask(this.raft, to, this.now());
    this.schedule();
    return handedOver;
  }

  changeMembership(change: MemberChange, deadlineMs: number): Promise<MemberId> {
    if (this.stopped) return Promise.reject(stopping());
    const changed = this.roster.add(change, deadlineMs, this.now());
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
    this.roster.expire(now);
    this.drains.tick();
    if (!this.transfers.isEmpty && !this.roster.hasConnectedPeer)
      this.transfers.failAll('no other member can be reached');
    if (this.outbox.isOverdue(now, this.electionMs)) this.outbox.sendAgain();
    if (this.raftStatus.role === 'leader') this.leaderTick(now);
    this.compactOld(now);
    this.trim();
    // An idle member has nothing to do in most ticks, and should cost next to nothing.
    const busy = this.raft.hasReady() || this.outbox.hasUnsent || this.persister.isWaiting;
    if (busy || this.roster.isBusy) this.schedule();
  }

  private leaderTick(now: number): void {
    if (this.persister.busyFor(now) > this.electionMs && this.raft.status().transferTarget === undefined) {
      this.options.log.warn(
        { ms: Math.round(this.persister.busyFor(now)) },
        'the disk is stuck: handing leadership over',
      );
      this.raft.transferLeadership(undefined);
    }
    this.roster.found(this.raft);
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
    if (this.firstContact.isStranger(message.from)) return;
    if (message.kind === 'subscribers') this.drains.onMessage(message);
    else if (message.kind === 'change') this.roster.onMessage(this.raft, message, this.now());
    else if (message.kind !== 'forward') this.raft.step(message);
    else if (this.raftStatus.role === 'leader') {
      const { from, incarnation, firstSequence, commands } = message;
      this.leadership.add({ member: from, incarnation, firstSequence, commands }, this.current.originState(from));
    }
    this.schedule();
  }

  private onConnected(peer: MemberId, founded: boolean): void {
    if (this.stopped) return;
    if (this.firstContact.onConnected(peer, founded) && !this.raftStatus.recovering) {
      this.options.log.info({}, 'new to a cluster that has been running: catching up before voting');
      this.raft = createRaft(this.options, { ...this.options.stored.hardState, recovering: true });
      this.raftStatus = this.raft.status();
    }
    this.drains.onConnected(peer);
    this.raft.peerConnected(peer);
    if (peer === this.raftStatus.leader) this.outbox.sendAgain();
    this.schedule();
  }

  private onDisconnected(peer: MemberId, refused: boolean): void {
    if (this.stopped) return;
    this.drains.onDisconnected(peer, refused);
    if (refused) this.raft.peerGone(peer);
    this.schedule();
  }

  private onSnapshot(snapshot: IncomingSnapshot): Promise<boolean> {
    if (this.stopped || this.installing || this.firstContact.isStranger(snapshot.from)) return Promise.resolve(false);
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
    this.roster.ask(this.raft, this.current.appliedIndex, now);
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

  private handleReady(ready: Ready): void {
    for (const message of ready.messages) this.options.transport.send(message);
    if (ready.hardState) this.hardState = ready.hardState;
    this.firstContact.onReady(ready);
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
    this.roster.setEffective(status.membership);
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
    this.options.log.info({ leader: this.roster.nameOf(status.leader), term: status.term }, 'leader elected');
    this.outbox.sendAgain();
    this.roster.onLeader();
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
    this.roster.onEntry(entry);
    const applied = machine.apply(decodeBatch(entry), this.isOwn);
    this.persister.addApplied(applied.writes, applied.meta, this.roster.applied, now);
    this.trimmer.onApplied(entry, this.roster.applied);
    if (entry.kind === 'membership') this.roster.spread();
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
    void this.sender.send(to, this.raftStatus, (ok, meta) => {
      if (this.stopped) return;
      this.raft.snapshotSent(to, ok, meta);
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
    this.hub.replacing();
    this.installer
      .install(meta, this.hardState, this.persister.idle())
      .then(({ stored, machine, done }) => {
        this.current = machine;
        this.persistedMeta = stored.machine;
        this.trimmer.reset();
        this.roster.setApplied(meta.membership);
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

  private now(): number {
    return this.options.scheduler.now();
  }
}

function stopping(): QuorateError {
  return new QuorateError('MEMBER_STOPPING', 'this member is stopping; ask another one');
}
