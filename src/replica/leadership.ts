/** What this member does while it leads: gives commands their place in the log under a stamp of the cluster clock. */
import type { ClusterTime, Index, MemberId } from '../base/ids.js';
import type { Machine } from '../machine/machine.js';
import type { OriginState } from '../machine/types.js';
import type { Raft } from '../raft/raft.js';
import { type EncodedRun, encodeBatch, inspectBatch } from './batch-codec.js';
import { ClusterClock } from './cluster-clock.js';
import { Intake } from './intake.js';

interface Proposed {
  /** Index of the last entry. */
  readonly last: Index;
  readonly bytes: number;
}

export class Leadership {
  private readonly intake = new Intake();
  private readonly clock: ClusterClock;
  /** Encoded entries that Raft would not take yet, because leadership is being handed over. */
  private unproposed: Uint8Array[] = [];
  private lastProposalAt = 0;
  /** What this leadership proposed and the machine has not applied, oldest first. */
  private unapplied: Proposed[] = [];
  private unappliedBytes = 0;

  /**
   * @param electionMs also the most that the cluster clock moves between two commits
   * @param maxUnappliedBytes above it nothing is proposed: what comes gathers and makes fewer, larger entries, as etcd bounds its uncommitted size
   * @param wall the wall clock
   */
  constructor(
    private readonly electionMs: number,
    private readonly maxUnappliedBytes: number,
    private readonly wall: () => number,
  ) {
    this.clock = new ClusterClock(electionMs);
  }

  /** A new term of ours begins: the clock goes on from the newest stamp in the log, and so do the origins' sequences. */
  begin(raft: Raft, machine: Machine, members: readonly MemberId[], now: number): void {
    this.end();
    let newest: ClusterTime = machine.clock;
    for (const member of members) {
      const origin = machine.originState(member);
      if (origin) this.intake.note(member, origin.incarnation, origin.lastSequence);
    }
    for (const entry of raft.tailAfter(machine.appliedIndex)) {
      const { clock, origins } = inspectBatch(entry);
      if (clock > newest) newest = clock;
      for (const { member, incarnation, lastSequence } of origins) this.intake.note(member, incarnation, lastSequence);
    }
    this.clock.begin(newest, now);
    this.lastProposalAt = now;
  }

  /** Leadership is lost: what waits here will be sent again by its origins. */
  end(): void {
    this.intake.reset();
    this.unproposed = [];
    this.unapplied = [];
    this.unappliedBytes = 0;
  }

  /**
   * Commands of this or another member.
   * @param applied what the machine has of that origin: entries that were applied since this leadership began may hold more than we knew
   */
  add(run: EncodedRun, applied: OriginState | undefined): void {
    if (applied) this.intake.note(run.member, applied.incarnation, applied.lastSequence);
    this.intake.add(run);
  }

  /** Appends everything that waits, unless too much is on its way already. */
  propose(raft: Raft, machine: Machine, now: number): void {
    if (!this.hasRoom(machine.appliedIndex)) return;
    if (this.unproposed.length === 0) {
      if (this.intake.isEmpty) return;
      for (const runs of this.intake.take()) this.unproposed.push(this.encode(runs, machine, now));
    }
    this.append(raft, now);
  }

  /**
   * Appends an empty batch if the machine wants one: leases are due or there is other work left, or there are leases and the cluster clock, which moves only
   * by commits, would fall behind.
   */
  proposeUpkeep(raft: Raft, machine: Machine, now: number): void {
    if (!this.intake.isEmpty || this.unproposed.length > 0 || !this.hasRoom(machine.appliedIndex)) return;
    const { nextDeadline, backlog } = machine.status();
    const due = nextDeadline !== undefined && nextDeadline <= this.clock.peek(now, machine.clock);
    const behind = nextDeadline !== undefined && now - this.lastProposalAt >= this.electionMs / 2;
    if (!due && !behind && !backlog) return;
    this.unproposed.push(this.encode([], machine, now));
    this.append(raft, now);
  }

  private hasRoom(applied: Index): boolean {
    let done = 0;
    for (const { last, bytes } of this.unapplied) {
      if (last > applied) break;
      this.unappliedBytes -= bytes;
      done++;
    }
    if (done > 0) this.unapplied.splice(0, done);
    return this.unappliedBytes < this.maxUnappliedBytes;
  }

  private append(raft: Raft, now: number): void {
    const last = raft.propose(this.unproposed);
    if (last === undefined) return;
    let bytes = 0;
    for (const entry of this.unproposed) bytes += entry.length;
    this.unapplied.push({ last, bytes });
    this.unappliedBytes += bytes;
    this.unproposed = [];
    this.lastProposalAt = now;
  }

  private encode(runs: readonly EncodedRun[], machine: Machine, now: number): Uint8Array {
    return encodeBatch(this.clock.stamp(now, machine.clock), Math.floor(this.wall()), runs);
  }
}
