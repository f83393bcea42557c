/** The numbers of one store behind the names of revisions and leases in steps. */

/** For a lease whose grant was refused: nobody has it. */
const nobodysLease = 7_770_000;

export class References {
  private readonly idOfLease = new Map<number, string>();
  private readonly leaseOfId = new Map<string, number>();

  /** @param base revision of the store when the session began */
  constructor(readonly base: number) {}

  granted(lease: number, id: string): void {
    this.idOfLease.set(lease, id);
    // An id that was chosen again keeps its first name: events of both leases may still be on their way.
    if (!this.leaseOfId.has(id)) this.leaseOfId.set(id, lease);
  }

  leaseId(lease: number): string {
    return this.idOfLease.get(lease) ?? String(nobodysLease + lease);
  }

  /** Name of a lease id; an id that no grant of the session has is its own name. */
  leaseName(id: string): string {
    const lease = this.leaseOfId.get(id);
    return lease === undefined ? id : `#${lease}`;
  }

  /** Revisions since the session began. */
  relative(revision: string | number): number {
    return Number(revision) - this.base;
  }

  revisionName(revision: string | number): string {
    return Number(revision) > 0 ? `@${this.relative(revision)}` : String(revision);
  }

  /** The request with this store's numbers. */
  resolve<T extends object>(request: T): T {
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(request)) {
      // An empty end that is sent all the same would mean "to the end of the key space" to etcd.
      if (name === 'range_end' && Buffer.isBuffer(value) && value.length === 0) continue;
      copy[name] = this.resolveValue(value);
    }
    return copy as T;
  }

  private resolveValue(value: unknown): unknown {
    if (typeof value === 'string') {
      if (value.startsWith('@')) return String(Math.max(0, this.base + Number(value.slice(1))));
      return value.startsWith('#') ? this.leaseId(Number(value.slice(1))) : value;
    }
    if (Array.isArray(value)) return value.map((item: unknown) => this.resolveValue(item));
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
    return this.resolve(value);
  }
}
