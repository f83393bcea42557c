/** Answers of the JSON gateway in a form that is equal if the gateways behave the same. */
import type { GatewayCall } from './gateway-calls.js';

/** Only whether they are there, and whether as a text or as a number, can be compared. */
const masked = new Set([
  ...['cluster_id', 'member_id', 'raft_term', 'leader', 'dbSize', 'dbSizeInUse', 'raftIndex', 'raftTerm', 'hash'],
  ...['raftAppliedIndex', 'version', 'etcdserver', 'etcdcluster', 'peerURLs', 'clientURLs', 'name'],
]);

export async function gatewayAnswer(endpoint: string, { method = 'POST', path, body }: GatewayCall): Promise<string> {
  const response = await fetch(`http://${endpoint}${path}`, {
    method,
    ...(method === 'GET' ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  // The page for a path that is not there is for people.
  const text = response.status === 404 && !isJson(response) ? '' : await response.text();
  return [`HTTP ${response.status}`, ...text.split('\n').flatMap(linesOf)].join('\n');
}

function isJson({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('application/json') ?? false;
}

function linesOf(line: string): string[] {
  if (line === '') return [];
  try {
    return leaves(JSON.parse(line) as unknown, '').sort();
  } catch {
    return [line];
  }
}

function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} ${JSON.stringify(value)}`];
  if (!Array.isArray(value) && Object.keys(value).length === 0) return [`${path} {}`];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const here = `${path}/${name}`;
    if (masked.has(name)) return [`${here} ${typeof field}`];
    // The ids of members; those of leases are chosen by the calls.
    if (name === 'ID' && path.includes('member')) return [`${here} ${typeof field}`];
    return leaves(field, here);
  });
}
