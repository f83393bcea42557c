/** A snapshot for people and for programs. */
import type { SnapshotSummary } from '../../../snapshot/inspect.js';
import { size, table } from '../../table.js';

export function summaryJson(file: string, { metadata, state, keys, versions, leases, bytes, sha256 }: SnapshotSummary) {
  return {
    file,
    savedBy: metadata ? `quorate ${metadata.version}` : 'etcdctl',
    savedAt: metadata?.savedAt ?? null,
    clusterId: metadata?.clusterId ?? null,
    members: (state.membership.records ?? []).map(({ name }) => name).sort(),
    revision: state.revision,
    compactedRevision: state.compactedRevision,
    index: state.appliedIndex,
    term: state.appliedTerm,
    keys,
    versions,
    leases,
    bytes,
    sha256,
    verified: true,
  };
}

/** Two columns. */
export function summaryText(file: string, summary: SnapshotSummary): string {
  const shown = summaryJson(file, summary);
  const { clusterId, members, savedAt, savedBy } = shown;
  const rows: [string, string][] = [
    ['SNAPSHOT', file],
    ['cluster', clusterId === null ? 'not in a file of etcdctl' : clusterId.toString(16)],
    ['members', members.join(', ')],
    ['saved', `${savedAt === null ? '' : `${savedAt.slice(0, 19).replace('T', ' ')} `}by ${savedBy}`],
    ['revision', `${shown.revision} (compacted up to ${shown.compactedRevision})`],
    ['index', `${shown.index} of term ${shown.term}`],
    ['keys', `${shown.keys} (${shown.versions} versions)`],
    ['leases', String(shown.leases)],
    ['size', size(shown.bytes)],
    ['sha256', `${shown.sha256}, verified`],
  ];
  const [header = ['', ''], ...rest] = rows;
  return table(header, rest);
}
