/** A machine's image in memory: fed with its writes, read by version, and given back in the order of Store.loadMachine. */
import { present } from '../../src/base/assert.js';
import type { LeaseId, MemberId } from '../../src/base/ids.js';
import type {
  KeyVersion,
  LeaseState,
  OriginState,
  RequestState,
  VersionReader,
  VersionRef,
  Write,
} from '../../src/machine/types.js';

export type ImageRecord = Exclude<Write, { kind: 'dropVersion' }>;

export class MemoryReader implements VersionReader {
  readonly versions = new Map<string, KeyVersion>();
  readonly leases = new Map<LeaseId, LeaseState>();
  readonly requests = new Map<string, RequestState>();
  readonly origins = new Map<MemberId, OriginState>();
  /** Reads so far. */
  reads = 0;

  feed(writes: readonly Write[]): void {
    for (const write of writes) this.keep(write);
  }

  private keep(write: Write): void {
    switch (write.kind) {
      case 'version':
        this.versions.set(nameOf({ revision: write.version.modRevision, sub: write.version.sub }), write.version);
        return;
      case 'dropVersion':
        if (!this.versions.delete(nameOf(write.ref)))
          throw new Error(`dropped ${nameOf(write.ref)}, which is not there`);
        return;
      case 'lease':
        if (write.lease === undefined) this.leases.delete(write.id);
        else this.leases.set(write.id, write.lease);
        return;
      case 'request':
        if (write.record === undefined) this.requests.delete(write.id);
        else this.requests.set(write.id, write.record);
        return;
      case 'origin':
        this.origins.set(write.member, write.state);
        return;
    }
  }

  read(ref: VersionRef): KeyVersion {
    this.reads++;
    return present(this.versions.get(nameOf(ref)), `version ${nameOf(ref)} is there`);
  }

  /** Versions in revision order, after all others; the others in the order of their ids, as a sorted store has them. */
  records(): ImageRecord[] {
    const others: ImageRecord[] = [
      ...sorted(this.leases).map(([id, lease]) => ({ kind: 'lease', id, lease }) as const),
      ...sorted(this.requests).map(([id, record]) => ({ kind: 'request', id, record }) as const),
      ...sorted(this.origins).map(([member, state]) => ({ kind: 'origin', member, state }) as const),
    ];
    const versions = [...this.versions.values()].sort((a, b) => a.modRevision - b.modRevision || a.sub - b.sub);
    return [...others, ...versions.map((version) => ({ kind: 'version', version }) as const)];
  }

  copy(): MemoryReader {
    const copy = new MemoryReader();
    copy.feed(this.records());
    return copy;
  }
}

function sorted<K extends string | number, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function nameOf(ref: VersionRef): string {
  return `${ref.revision}.${ref.sub}`;
}
