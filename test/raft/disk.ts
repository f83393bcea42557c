/** A simulated disk of one member: ordered atomic writes that take time; a crash loses what is not done yet. */
import { assert } from '../../src/base/assert.js';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import type { Entry, HardState, Membership, Restored, SnapshotMeta } from '../../src/raft/types.js';

/** The state machine of the simulation: which entries were applied, as a chained hash. */
export interface MachineState {
  readonly applied: Index;
  /** As of `applied`; undefined: the first one. */
  readonly membership: Membership | undefined;
  readonly hash: number;
}

/** One atomic write. */
export interface DiskWrite {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  /** Replaces log and machine. */
  readonly install: { readonly meta: SnapshotMeta; readonly machine: MachineState } | undefined;
  readonly machine: MachineState | undefined;
}

export const emptyMachine: MachineState = { applied: 0 as Index, membership: undefined, hash: 0 };

export function emptyHardState(): HardState {
  return { term: 0 as Term, votedFor: undefined as MemberId | undefined, commit: 0 as Index, recovering: false };
}

export class SimDisk {
  hardState: HardState = emptyHardState();
  start: SnapshotMeta;
  machine: MachineState = emptyMachine;
  entries: Entry[] = [];

  /** Its data was lost once and the member has not caught up since. */
  get recovering(): boolean {
    return this.hardState.recovering;
  }

  constructor(readonly membership: Membership) {
    this.start = { index: 0 as Index, term: 0 as Term, membership };
  }

  /** The membership that the machine on disk has. */
  get applied(): Membership {
    return this.machine.membership ?? this.membership;
  }

  get lastIndex(): Index {
    return (this.start.index + this.entries.length) as Index;
  }

  get lastTerm(): Term {
    return this.entries[this.entries.length - 1]?.term ?? this.start.term;
  }

  entryAt(index: Index): Entry | undefined {
    return this.entries[index - this.start.index - 1];
  }

  termAt(index: Index): Term | undefined {
    return index === this.start.index ? this.start.term : this.entryAt(index)?.term;
  }

  /** Whether the entry, or an image that stands for it, would survive a crash now. */
  holds(index: Index, term: Term): boolean {
    return index <= this.machine.applied || this.termAt(index) === term;
  }

  write(write: DiskWrite): void {
    if (write.install) {
      this.start = write.install.meta;
      this.machine = write.install.machine;
      this.entries = [];
    }
    if (write.hardState) {
      assert(write.hardState.term >= this.hardState.term, 'the disk gets an older term');
      this.hardState = write.hardState;
    }
    const first = write.entries[0];
    if (first) {
      const keep = first.index - this.start.index - 1;
      assert(keep >= 0 && keep <= this.entries.length, 'a write leaves a gap on disk');
      this.entries.length = keep;
      for (const entry of write.entries) this.entries.push(entry);
    }
    if (write.machine && write.machine.applied > this.machine.applied) this.machine = write.machine;
    assert(this.machine.applied <= this.lastIndex, 'the machine on disk is ahead of the log on disk');
    assert(this.machine.applied >= this.start.index, 'the machine on disk is behind the log on disk');
  }

  /** Forgets entries up to `index`, which the machine on disk includes. */
  trim(index: Index): SnapshotMeta | undefined {
    const term = this.termAt(index);
    if (index <= this.start.index || index > this.machine.applied || term === undefined) return undefined;
    this.entries.splice(0, index - this.start.index);
    this.start = { index, term, membership: this.applied };
    return this.start;
  }

  read(first: Index, last: Index, maxBytes: number): Entry[] {
    const found: Entry[] = [];
    let bytes = 0;
    for (let index = first; index <= last; index++) {
      const entry = this.entryAt(index);
      if (!entry) break;
      bytes += entry.data.length;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(entry);
    }
    return found[0]?.index === first ? found : [];
  }

  /** What a member that starts finds; the tail has `spare` entries more than it must have. */
  restored(spare: number): Restored {
    const { hardState, start, machine, lastIndex, lastTerm } = this;
    const settled = Math.max(hardState.commit, machine.applied, start.index);
    const tail = this.entries.slice(Math.max(0, settled - start.index - spare));
    const { applied } = machine;
    const laterMemberships = this.entries.filter(({ kind, index }) => kind === 'membership' && index > applied);
    const membership = this.applied;
    return { hardState, start, applied, membership, laterMemberships, lastIndex, lastTerm, tail };
  }

  /** Everything is gone. */
  wipe(): void {
    this.hardState = { ...emptyHardState(), recovering: true };
    this.start = { index: 0 as Index, term: 0 as Term, membership: this.membership };
    this.machine = emptyMachine;
    this.entries = [];
  }
}
