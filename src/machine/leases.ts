/** The table of leases and the keys that hang on them. */
import { assert } from '../base/assert.js';
import { type ClusterTime, clusterTime, type Key, type LeaseId } from '../base/ids.js';
import { DeadlineHeap, type Timed } from './deadlines.js';
import type { Journal } from './journal.js';
import type { LeaseState } from './types.js';

export interface Lease extends Timed {
  readonly ttlMs: number;
  readonly ofRegistration: boolean;
  readonly ofMachine: boolean;
  /** Keys whose newest version hangs on the lease. */
  readonly keys: Set<Key>;
}

/** Who had it granted: a client by itself, a registration, or the machine for the guard of a service. */
export type LeaseOrigin = 'client' | 'registration' | 'machine';

export class LeaseTable {
  private readonly leases = new Map<LeaseId, Lease>();
  private readonly deadlines = new DeadlineHeap<Lease>();

  constructor(private readonly journal: Journal) {}

  get size(): number {
    return this.leases.size;
  }

  get(id: LeaseId): Lease | undefined {
    return this.leases.get(id);
  }

  has(id: LeaseId): boolean {
    return this.leases.has(id);
  }

  /** As get, for who asks from outside: leases of the machine's own can neither be renewed nor used. */
  ofClients(id: LeaseId): Lease | undefined {
    const lease = this.leases.get(id);
    return lease?.ofMachine ? undefined : lease;
  }

  /** All ids in the order of their text. */
  ids(): LeaseId[] {
    return [...this.leases.keys()].sort();
  }

  idsByDeadline(): LeaseId[] {
    return [...this.leases.values()].sort((a, b) => a.deadline - b.deadline).map(({ id }) => id);
  }

  /** The lease that ends first. */
  get next(): Lease | undefined {
    return this.deadlines.first;
  }

  grant(id: LeaseId, ttlMs: number, now: ClusterTime, origin: LeaseOrigin): Lease {
    const ofRegistration = origin === 'registration';
    const ofMachine = origin === 'machine';
    const lease = this.load(id, { ttlMs, deadline: clusterTime(now + ttlMs), ofRegistration, ofMachine });
    this.record(lease);
    return lease;
  }

  renew(lease: Lease, now: ClusterTime): void {
    lease.deadline = clusterTime(now + lease.ttlMs);
    this.deadlines.moved(lease);
    this.record(lease);
  }

  /** Lets a lease end at `deadline` if that is earlier. */
  shorten(lease: Lease, deadline: ClusterTime): void {
    if (lease.deadline <= deadline) return;
    lease.deadline = deadline;
    this.deadlines.moved(lease);
    this.record(lease);
  }

  /** Forgets a lease that no key hangs on any more. */
  remove(lease: Lease): void {
    assert(lease.keys.size === 0, 'a lease with keys is not removed');
    this.leases.delete(lease.id);
    this.deadlines.remove(lease);
    this.journal.write({ kind: 'lease', id: lease.id, lease: undefined });
  }

  /** The newest version of `key` moves from one lease to another ('' = none). A lease that is gone is passed over: an image holds old versions too. */
  move(key: Key, from: LeaseId, to: LeaseId): void {
    if (from === to) return;
    if (from !== '') this.leases.get(from)?.keys.delete(key);
    if (to !== '') this.leases.get(to)?.keys.add(key);
  }

  /** Puts back a lease of an image. */
  load(id: LeaseId, state: LeaseState): Lease {
    const { ttlMs, deadline, ofRegistration, ofMachine } = state;
    const lease: Lease = { id, ttlMs, deadline, ofRegistration, ofMachine, slot: 0, keys: new Set() };
    this.leases.set(id, lease);
    this.deadlines.add(lease);
    return lease;
  }

  private record(lease: Lease): void {
    const { ttlMs, deadline, ofRegistration, ofMachine } = lease;
    this.journal.write({ kind: 'lease', id: lease.id, lease: { ttlMs, deadline, ofRegistration, ofMachine } });
  }
}
