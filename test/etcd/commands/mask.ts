/** Output of etcdctl without what differs from store to store: ids, sizes, hashes, times, addresses, versions. */
import type { Output } from './etcdctl.js';

/** Fields of which only the presence can be compared. */
const masked = new Set([
  ...['cluster_id', 'member_id', 'raft_term', 'ClusterID', 'MemberID', 'RaftTerm', 'Endpoint'],
  ...['leader', 'dbSize', 'dbSizeInUse', 'raftIndex', 'raftTerm', 'raftAppliedIndex', 'hash'],
  ...['Leader', 'DBSize', 'DBSizeInUse', 'RaftIndex', 'RaftAppliedIndex', 'Hash', 'Version'],
  ...['ID', 'id', 'lease', 'Lease', 'LeaseID', 'ttl', 'peerURLs', 'clientURLs', 'PeerURL', 'ClientURL', 'took'],
]);

const texts: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1:\d+/g, '<address>'],
  [/\b[0-9a-f]{8,16}\b/g, '<id>'],
  // Some commands print ids sixteen wide.
  [/ +<id>/g, ' <id>'],
  [/\b3\.\d+\.\d+\b/g, '<version>'],
  [/\b\d+(\.\d+)? (B|[kMG]B)\b/g, '<size>'],
  [/\b\d+(\.\d+)?(ns|µs|Âµs|ms|s)\b/g, '<time>'],
  [/remaining\(<time>\)/g, 'remaining(<time>)'],
];

/** Members stand in the order of their ids, and which of them leads is chance; etcd has no order for the keys of a lease. */
const inAnyOrder = new Set(['endpoint', 'member', 'lease']);

/** Lines that are equal for stores that behave the same. */
export function maskedLines(
  { stdout, stderr, exitCode }: Output,
  words: readonly string[],
  directory: string,
): string[] {
  const errors = stderr.split('\n').filter((line) => /^(Error|error|FAIL|PASS)/.test(line));
  const lines = [...stdout.split('\n'), ...errors]
    .filter((line) => line.trim() !== '')
    .flatMap((line) => maskLine(line.replaceAll(directory, '<directory>'), words));
  return [`exit code ${exitCode}`, ...(inAnyOrder.has(words[0] ?? '') ? lines.sort() : lines)];
}

function maskLine(line: string, words: readonly string[]): string[] {
  if (line.startsWith('{') || line.startsWith('[')) return maskJson(line, inAnyOrder.has(words[0] ?? ''));
  const [, name, value] = /^"(\w+)" : ?(.*)$/.exec(line) ?? [];
  if (name !== undefined) return [`${name}: ${masked.has(name) ? presence(value ?? '') : maskText(value ?? '')}`];
  if (words[0] === 'endpoint' && words[1] === 'status' && line.includes(', '))
    // Whether the one member that is asked leads is chance.
    return [
      maskColumns(line, words.some((word) => word.startsWith('--endpoints=')) ? [1, 3, 4, 6, 7, 8] : [1, 3, 6, 7, 8]),
    ];
  if (words[0] === 'endpoint' && words[1] === 'hashkv') return [maskColumns(line, [1])];
  // The members stand in the order of their ids.
  const [, before, members] = /^(ETCD_INITIAL_CLUSTER=")(.*)"$/.exec(line) ?? [];
  if (members !== undefined) return [maskText(`${before}${members.split(',').sort().join(',')}"`)];
  // The bars of its progress are no lines.
  if (words[0] === 'check') return [...line.matchAll(/(?:PASS|FAIL): \D+/g)].map(([verdict]) => verdict);
  return [maskText(line)];
}

function maskJson(line: string, anyOrder: boolean): string[] {
  try {
    const lines = leaves(JSON.parse(line) as unknown, '');
    return (anyOrder ? lines.map((leaf) => leaf.replaceAll(/\[\d+\]/g, '[]')) : lines).sort();
  } catch {
    return [maskText(line)];
  }
}

/** One line per value. Numbers too long for JSON are ids, and masked. */
function leaves(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown, i) => leaves(item, `${path}[${i}]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, field]) =>
      masked.has(name) || (name === 'version' && typeof field === 'string')
        ? [`${path}.${name}: ${presence(field)}`]
        : leaves(field, `${path}.${name}`),
    );
  return [`${path}: ${typeof value === 'string' ? maskText(value) : String(value)}`];
}

function presence(value: unknown): string {
  return value === 0 || value === '0' || value === '' ? String(value) : '<set>';
}

function maskColumns(line: string, columns: readonly number[]): string {
  return maskText(
    line
      .split(', ')
      .map((column, i) => (columns.includes(i) ? `<${i}>` : column))
      .join(', '),
  );
}

function maskText(text: string): string {
  return texts
    .reduce((masking, [pattern, by]) => masking.replaceAll(pattern, by), text)
    .replace(/(?<=attached keys\(\[)[^\]]+/, (keys) => keys.split(' ').sort().join(' '));
}
