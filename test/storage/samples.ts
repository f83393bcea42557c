/** Small builders of what a store is given. */
import {
  type ClusterId,
  clusterTime,
  index,
  keyOfText,
  type LeaseId,
  type MemberId,
  NO_LEASE,
  revision,
  term,
} from '../../src/base/ids.js';
import type { KeyVersion, MachineMeta, Write } from '../../src/machine/types.js';
import type { Entry, HardState, Membership, SnapshotMeta } from '../../src/raft/types.js';
import type { AppliedWrites, Identity, Store, StoreBatch } from '../../src/storage/store.js';

export const member = (id: number): MemberId => id as MemberId;
export const lease = (id: string): LeaseId => id as LeaseId;

export const identity: Identity = { clusterId: 77 as ClusterId, memberId: member(1), memberName: 'n1' };
export const membership: Membership = { voters: [member(1), member(2), member(3)], outgoing: [], learners: [] };

export function entry(at: number, inTerm = 1, data: Uint8Array = Buffer.from(`entry ${at} of term ${inTerm}`)): Entry {
  return { index: index(at), term: term(inTerm), kind: 'commands', data };
}
export function entries(first: number, last: number, inTerm = 1): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, inTerm));
}

export function hardState(inTerm: number, votedFor: number | undefined, commit: number, recovering = false): HardState {
  return {
    term: term(inTerm),
    votedFor: votedFor === undefined ? undefined : member(votedFor),
    commit: index(commit),
    recovering,
  };
}

export function version(at: number, sub = 0, fields: Partial<KeyVersion> = {}): KeyVersion {
  return {
    key: keyOfText(`/key/${at}/${sub}`),
    value: Buffer.from(`value ${at}.${sub}`),
    createRevision: revision(at),
    modRevision: revision(at),
    sub,
    version: 1,
    lease: NO_LEASE,
    deleted: false,
    ...fields,
  };
}
export const put = (at: number, sub = 0, fields: Partial<KeyVersion> = {}): Write => ({
  kind: 'version',
  version: version(at, sub, fields),
});
export const drop = (at: number, sub = 0): Write => ({ kind: 'dropVersion', ref: { revision: revision(at), sub } });

export function meta(at: number, fields: Partial<MachineMeta> = {}): MachineMeta {
  return {
    appliedIndex: index(at),
    appliedTerm: term(1),
    revision: revision(at + 1),
    compactedRevision: revision(0),
    compactionCursor: undefined,
    clock: clusterTime(1_700_000_000_000 + at),
    ...fields,
  };
}
export function applied(at: number, writes: readonly Write[], fields: Partial<MachineMeta> = {}): AppliedWrites {
  return { writes, meta: meta(at, fields), membership };
}
/** Entry `at` applied with one put at revision at + 1. */
export const onePut = (at: number): AppliedWrites => applied(at, [put(at + 1)]);

export const start = (at: number, inTerm = 1): SnapshotMeta => ({ index: index(at), term: term(inTerm), membership });

export function write(store: Store, batch: Partial<StoreBatch>): Promise<void> {
  return new Promise((resolve) => {
    store.write({ entries: [], hardState: undefined, syncHardState: false, applied: [], ...batch }, resolve);
  });
}
