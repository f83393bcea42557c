/** Leases end when the cluster clock says so: not before, and with the first entry that is stamped later. The clock itself does not run ahead of time. */
import { type Key, type LeaseId, NO_LEASE } from '../../../src/base/ids.js';
import type { Applied, Batch, KeyVersion, LeaseState, RevisionChanges, Write } from '../../../src/machine/types.js';
import type { World } from '../world.js';

interface Known {
  readonly ttlMs: number;
  readonly deadline: number;
  readonly renewedAt: number;
  readonly ofMachine: boolean;
}

const ending = new Set(['leaseRevoke', 'deregister', 'register']);

export class Leases {
  private readonly known = new Map<LeaseId, Known>();
  private readonly hanging = new Map<Key, LeaseId>();
  private clock = 0;
  /** Virtual time of the call by which a lease was last renewed for sure. */
  private readonly promised = new Map<LeaseId, number>();

  /**
   * @param fastest a clock runs at most so much faster than time; undefined: clocks jump, nothing can be said
   * @param stepMs the most that the cluster clock moves from one commit to the next, whatever the leader's clock does
   */
  constructor(
    private readonly world: World,
    private readonly fastest: number | undefined,
    private readonly stepMs: number,
  ) {}

  get count(): number {
    return this.known.size;
  }

  /** A client was told at this time that its lease was renewed. */
  onRenewed(id: LeaseId, calledAt: number): void {
    this.promised.set(id, Math.max(calledAt, this.promised.get(id) ?? 0));
  }

  /** An entry was applied for the first time. */
  onApplied(batch: Batch, { meta, writes, changes }: Applied): void {
    const { clock } = meta;
    if (batch.runs.length === 0) this.onExpiries(writes, changes, clock);
    for (const each of changes) for (const { current } of each.changes) this.hang(current);
    if (clock < this.clock) this.world.violated('leases', `the cluster clock went back from ${this.clock} to ${clock}`);
    if (clock > this.clock + this.stepMs)
      this.world.violated('leases', `the cluster clock jumped from ${this.clock} to ${clock}`);
    this.clock = clock;
    for (const write of writes) {
      if (write.kind !== 'lease') continue;
      if (write.lease) this.onWritten(write.id, write.lease, clock);
      else this.onEnded(write.id, batch, clock);
    }
    for (const [key, lease] of this.hanging)
      if (!this.known.has(lease)) this.world.violated('leases', `key ${key} outlives its lease ${lease}`);
    for (const [id, { deadline }] of this.known)
      if (deadline <= clock)
        this.world.violated('leases', `lease ${id} lives at ${clock}, its deadline was ${deadline}`);
  }

  private hang({ key, lease, deleted }: KeyVersion): void {
    if (key.startsWith('/quorate/registry/') && lease === NO_LEASE && !deleted)
      this.world.violated('leases', `instance ${key} hangs on no lease`);
    if (lease === NO_LEASE) this.hanging.delete(key);
    else this.hanging.set(key, lease);
  }

  /** Nobody asked for anything: only keys of leases that end may go, and what the guard does with instances is on leases of the machine. */
  private onExpiries(writes: readonly Write[], changes: readonly RevisionChanges[], clock: number): void {
    const ended = new Set<LeaseId>();
    const ofMachine = new Set<LeaseId>();
    for (const [id, known] of this.known) if (known.ofMachine) ofMachine.add(id);
    for (const write of writes) {
      if (write.kind !== 'lease') continue;
      if (!write.lease) ended.add(write.id);
      else if (write.lease.ofMachine) ofMachine.add(write.id);
    }
    const placed = new Map<Key, LeaseId>();
    for (const { changes: ofRevision } of changes)
      for (const { current } of ofRevision) {
        const lease = placed.get(current.key) ?? this.hanging.get(current.key);
        if (!current.deleted) placed.set(current.key, current.lease);
        const right = current.deleted
          ? lease !== undefined && (ended.has(lease) || this.mayLetGo(current.key, lease, ofMachine, clock))
          : ofMachine.has(current.lease) && isGuarded(current.key);
        if (!right) this.world.violated('leases', `key ${current.key} of lease ${lease ?? 'none'} changed by itself`);
      }
  }

  /** A lease of the machine lets go of what the guard remembers at any time, and of what it holds when the time has come. */
  private mayLetGo(key: Key, lease: LeaseId, ofMachine: ReadonlySet<LeaseId>, clock: number): boolean {
    if (!ofMachine.has(lease)) return false;
    return key.startsWith('/quorate/guard/') || (this.known.get(lease)?.deadline ?? 0) <= clock;
  }

  private onWritten(id: LeaseId, { ttlMs, deadline, ofMachine }: LeaseState, clock: number): void {
    const before = this.known.get(id);
    const shortened = ofMachine && before !== undefined && deadline < before.deadline;
    if (deadline !== clock + ttlMs && !shortened)
      this.world.violated('leases', `lease ${id} of ${ttlMs} ms was renewed at ${clock} until ${deadline}`);
    if (ofMachine && before !== undefined && !shortened)
      this.world.violated('leases', `lease ${id} is the machine's own and was renewed`);
    this.known.set(id, { ttlMs, deadline, renewedAt: clock, ofMachine });
  }

  private onEnded(id: LeaseId, batch: Batch, clock: number): void {
    const known = this.known.get(id);
    this.known.delete(id);
    if (!known) {
      this.world.violated('leases', `lease ${id} ended and was not there`);
      return;
    }
    // One of the machine goes with its last key; what hangs on none that lives is checked for all.
    if (known.ofMachine) return;
    if (batch.runs.some(({ requests }) => requests.some(({ command }) => ending.has(command.kind)))) return;
    if (known.deadline > clock)
      this.world.violated('leases', `lease ${id} ended at ${clock}, before its deadline ${known.deadline}`);
    const promised = this.promised.get(id);
    if (promised === undefined || this.fastest === undefined) return;
    const lived = this.world.now - promised;
    if (lived < known.ttlMs / this.fastest - 1)
      this.world.violated('leases', `lease ${id} of ${known.ttlMs} ms ended ${lived} ms after it was renewed`);
  }
}

/** Where the guard writes: what it remembers, and what it lists again. */
function isGuarded(key: Key): boolean {
  return key.startsWith('/quorate/guard/') || key.startsWith('/quorate/registry/');
}
