/** A member of the simulated cluster: a core with its disk and machine, and the loop that does what each Ready says. */
import { assert, present } from '../../src/base/assert.js';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import { checkState, checkStep, type Observation, observe } from '../../src/raft/invariants.js';
import { Raft } from '../../src/raft/raft.js';
import type { Entry, RaftMessage, RaftOptions, Ready, SnapshotMeta } from '../../src/raft/types.js';
import { type DiskWrite, emptyMachine, type MachineState, SimDisk } from './disk.js';
import { jsonCodec } from './harness.js';
import type { Network } from './network.js';
import { applyTo } from './oracle.js';

export const ticksPerElection = 10;
export const tickTime = 10;

interface QueuedWrite {
  readonly write: DiskWrite;
  readonly token: number | undefined;
  readonly messages: readonly RaftMessage[];
  readonly installed: ((ok: boolean) => void) | undefined;
}

export class SimMember {
  readonly disk: SimDisk;
  raft: Raft | undefined;
  machine: MachineState = emptyMachine;
  /** Counts the losses of its data. */
  epoch = 0;
  /** How long writes take, in units of time. */
  diskTime = 2;
  /** Take the next Ready only when the last write is done. */
  oneWriteAtATime = false;
  /** Probability that an input is not followed at once by taking the Ready. */
  laziness = 0;
  /** Has a write under way: the moment at which a crash loses most. */
  get isWriting(): boolean {
    return this.writing;
  }
  readonly answered: number[] = [];
  readonly failed: number[] = [];
  private incarnation = 0;
  private readonly writes: QueuedWrite[] = [];
  private writing = false;
  private toApply: Entry[] = [];
  private readonly reads = new Map<number, Index>();
  private readonly staged = new Map<Index, { machine: MachineState; installed: (ok: boolean) => void }>();
  /** While paused (SIGSTOP): what arrived meanwhile. */
  private frozen: ((raft: Raft) => void)[] | undefined;
  private before: Observation | undefined;
  private steps = 0;

  constructor(
    readonly network: Network,
    readonly id: MemberId,
    first = network.membership,
  ) {
    this.disk = new SimDisk(first);
  }

  get core(): Raft {
    return present(this.raft, 'the member is not running');
  }

  start(): void {
    if (this.raft) return;
    const { network, disk } = this;
    const options: RaftOptions = {
      id: this.id,
      electionTicks: ticksPerElection,
      heartbeatTicks: 2,
      random: network.random,
      appendBytes: 40,
      inflightAppends: 4,
      inflightBytes: 120,
      logTailBytes: 800,
      membershipCodec: jsonCodec,
      ...network.options,
    };
    this.raft = new Raft(options, disk.restored(network.below(4)));
    this.machine = disk.machine;
    this.before = undefined;
    this.scheduleTick();
    for (const peer of network.running) {
      if (peer === this) continue;
      this.soon(network.latency(), (raft) => raft.peerConnected(peer.id));
      peer.soon(network.latency(), (raft) => raft.peerConnected(this.id));
    }
  }

  /** Loses what is not synced; of the writes under way the first may have been done. */
  crash(): void {
    if (!this.raft) return;
    const { network } = this;
    const underWay = this.writes[0];
    if (underWay && network.chance(0.5)) this.disk.write(underWay.write);
    this.raft = undefined;
    this.incarnation++;
    for (const write of this.writes) write.installed?.(false);
    this.writes.length = 0;
    this.writing = false;
    this.toApply = [];
    this.frozen = undefined;
    this.reads.clear();
    for (const staged of this.staged.values()) staged.installed(false);
    this.staged.clear();
    for (const peer of network.running)
      if (network.chance(0.5)) peer.soon(network.latency(), (raft) => raft.peerGone(this.id));
  }

  /** Stops for a while without knowing it; what arrives meanwhile is waiting when it goes on. */
  pause(duration: number): void {
    if (!this.raft || this.frozen) return;
    this.frozen = [];
    const { incarnation } = this;
    this.network.after(duration, () => {
      if (this.incarnation !== incarnation) return;
      const waiting = this.frozen ?? [];
      this.frozen = undefined;
      // Its own callers and timers may come before what the network holds.
      if (this.network.chance(0.5)) this.read();
      for (const run of waiting) if (this.incarnation === incarnation) this.input(run);
    });
  }

  /** Crashes and loses its data. */
  wipe(): void {
    this.crash();
    this.network.oracle.lost(this.id);
    this.epoch++;
    this.disk.wipe();
  }

  private soon(delay: number, run: (raft: Raft) => void): void {
    const { incarnation } = this;
    this.network.after(delay, () => {
      if (this.incarnation === incarnation) this.input(run);
    });
  }

  private scheduleTick(): void {
    const { network } = this;
    this.soon(tickTime - 2 + network.below(5), (raft) => {
      raft.tick();
      this.scheduleTick();
    });
  }

  /** Gives the core an input, checks it, and does what it says. */
  input(run: (raft: Raft) => void): void {
    const { raft, network } = this;
    if (!raft) return;
    if (this.frozen) {
      this.frozen.push(run);
      return;
    }
    run(raft);
    this.check(raft);
    if (this.laziness > 0 && network.chance(this.laziness)) this.soon(1 + network.below(4), () => {});
    else this.pump(raft);
  }

  private check(raft: Raft): void {
    const { oracle } = this.network;
    const deep = this.steps++ % 16 === 0;
    checkState(raft, deep);
    const after = observe(raft);
    if (this.before) checkStep(this.before, after);
    this.before = after;
    oracle.onMembership(raft);
    if (after.role === 'leader') oracle.onLeader(raft);
    if (deep) oracle.checkLog(raft);
  }

  read(): number {
    const token = this.network.token();
    this.reads.set(token, this.network.oracle.highest);
    this.input((raft) => raft.readIndex(token));
    return token;
  }

  propose(...labels: string[]): Index | undefined {
    let index: Index | undefined;
    this.input((raft) => {
      index = raft.propose(labels.map((label) => Buffer.from(label, 'latin1')));
    });
    return index;
  }

  private pump(raft: Raft): void {
    for (let rounds = 0; raft.hasReady(); rounds++) {
      if (this.oneWriteAtATime && this.writing) return;
      assert(rounds < 1000, 'Ready never ends');
      this.handle(raft, raft.ready());
      this.check(raft);
    }
  }

  private handle(raft: Raft, ready: Ready): void {
    const { network } = this;
    for (const message of ready.messages) network.send(message);
    for (const { token, index, failed } of ready.readStates) {
      const floor = present(this.reads.get(token), 'an answer to a read that is not open');
      this.reads.delete(token);
      assert(failed || index >= floor, `a read at ${index} misses the committed entry ${floor}`);
      (failed ? this.failed : this.answered).push(token);
    }
    assert(ready.messagesAfterPersist.length === 0 || ready.persistToken !== undefined, 'messages wait for no write');
    if (ready.persistToken !== undefined || ready.hardState || network.chance(0.1)) this.queueWrite(ready);
    if (ready.install) this.toApply = [];
    for (const entry of ready.committed) this.deliver(entry, raft.status().term);
    for (const to of ready.snapshotsWanted) this.sendSnapshot(raft, to);
    for (const wanted of ready.entriesWanted)
      this.soon(1 + network.below(20), (core) =>
        core.entriesLoaded(wanted, this.disk.read(wanted.first, wanted.last, wanted.maxBytes)),
      );
  }

  private deliver(entry: Entry, term: Term): void {
    const { network } = this;
    network.oracle.onDelivered(entry, term);
    this.toApply.push(entry);
    if (this.toApply.length === 1) this.soon(network.below(8), (raft) => this.apply(raft));
  }

  private apply(raft: Raft): void {
    const count = this.toApply.length;
    if (count === 0) return;
    for (const entry of this.toApply) {
      assert(entry.index === this.machine.applied + 1, 'entries are applied out of order');
      const membership = entry.kind === 'membership' ? jsonCodec.decode(entry.data) : this.machine.membership;
      this.machine = { applied: entry.index, membership, hash: applyTo(this.machine.hash, entry) };
    }
    this.toApply = [];
    assert(this.machine.hash === this.network.oracle.hashAt(this.machine.applied), 'machines differ');
    raft.applied(this.machine.applied);
  }

  private queueWrite(ready: Ready): void {
    const { hardState, entries, install: meta, persistToken: token, messagesAfterPersist: messages } = ready;
    const staged = meta && present(this.staged.get(meta.index), 'an image that was not staged is installed');
    if (meta) this.staged.delete(meta.index);
    if (staged) this.machine = staged.machine;
    const install = meta && staged && { meta, machine: staged.machine };
    const machine = staged ? undefined : this.machine;
    this.writes.push({
      write: { hardState, entries, install, machine },
      token,
      messages,
      installed: staged?.installed,
    });
    if (!this.writing) this.startWrite();
  }

  private startWrite(): void {
    const next = this.writes[0];
    this.writing = next !== undefined;
    if (!next) return;
    this.soon(1 + this.network.below(this.diskTime), (raft) => {
      this.writes.shift();
      this.disk.write(next.write);
      this.startWrite();
      if (next.token !== undefined) raft.persisted(next.token);
      for (const message of next.messages) this.network.send(message);
      next.installed?.(true);
    });
  }

  /** Forgets all but the last `keep` entries of what the machine on disk includes. */
  trim(keep: number): void {
    const { disk } = this;
    const start = disk.trim((disk.machine.applied - keep) as Index);
    if (start) this.input((raft) => raft.trimmed(start));
  }

  private sendSnapshot(raft: Raft, to: MemberId): void {
    const { network, disk } = this;
    const { machine } = disk;
    const term = raft.status().term;
    const metaTerm = present(disk.termAt(machine.applied), 'the image has no term');
    const meta: SnapshotMeta = { index: machine.applied, term: metaTerm, membership: disk.applied };
    const { incarnation } = this;
    const report = (ok: boolean): void =>
      network.after(network.latency(), () => {
        if (this.incarnation === incarnation) this.input((core) => core.snapshotSent(to, ok, meta));
      });
    network.after(5 + network.below(60), () => {
      const peer = network.member(to);
      if (network.chance(network.faults.loss) || !network.reachable(this.id, to)) report(false);
      else peer.receiveSnapshot(this.id, term, meta, machine, report);
    });
  }

  private receiveSnapshot(
    from: MemberId,
    term: Term,
    meta: SnapshotMeta,
    machine: MachineState,
    report: (ok: boolean) => void,
  ): void {
    if (this.frozen) {
      report(false);
      return;
    }
    this.input((raft) => {
      if (!raft.snapshotReceived(from, term, meta)) {
        report(false);
        return;
      }
      for (const older of this.staged.values()) older.installed(false);
      this.staged.clear();
      this.staged.set(meta.index, { machine, installed: report });
    });
  }
}
