/** What all members of a cluster say of themselves. */
import { type ClusterMember, connect, type MemberStatus, type QuorateClient } from '../client/index.js';

/** A member, and what it said if it answered. */
export interface MemberView {
  /** Empty: it was never started, and is known by its peer address alone. */
  readonly address: string;
  readonly name: string | undefined;
  readonly status: MemberStatus | undefined;
}

/** Asks every endpoint, and if one answers, every further member of its cluster. */
export async function memberViews(
  endpoints: readonly string[],
  timeoutMs: number,
  hash: boolean,
): Promise<MemberView[]> {
  const asked = await ask(endpoints, timeoutMs, hash);
  const answering = asked.filter(({ status }) => status).map(({ address }) => address);
  if (answering.length === 0) return asked;
  const members = await knownMembers(answering, timeoutMs);
  const started = members.filter(({ name }) => name !== '');
  const others = await ask(
    started.map(({ clientAddress }) => clientAddress).filter((address) => !endpoints.includes(address)),
    timeoutMs,
    hash,
  );
  const views = new Map([...asked, ...others].map((view) => [view.address, view]));
  const named = started.map(({ name, clientAddress: address }) => ({
    status: undefined,
    ...views.get(address),
    address,
    name,
  }));
  // An endpoint may be another name of a member's address, or of no member at all.
  const seen = new Set(named.flatMap(({ status }) => status?.memberId ?? []));
  const rest = asked.filter(({ address, status }) =>
    status ? !seen.has(status.memberId) : !named.some((member) => member.address === address),
  );
  const unstarted = members
    .filter(({ name }) => name === '')
    .map(() => ({ address: '', name: undefined, status: undefined }));
  return [...named, ...rest, ...unstarted];
}

async function ask(addresses: readonly string[], timeoutMs: number, hash: boolean): Promise<MemberView[]> {
  if (addresses.length === 0) return [];
  return withConnection(addresses, (client) =>
    Promise.all(
      addresses.map(async (address) => {
        const asked = client.cluster.status({ endpoint: address, timeoutMs, withStateHash: hash });
        const status = await asked.catch(() => undefined);
        return { address, name: status?.name, status };
      }),
    ),
  );
}

async function knownMembers(endpoints: readonly string[], timeoutMs: number): Promise<readonly ClusterMember[]> {
  return withConnection(endpoints, async (client) => {
    const { members } = await client.cluster.members({ timeoutMs });
    return members;
  }).catch(() => []);
}

async function withConnection<T>(
  endpoints: readonly string[],
  work: (client: QuorateClient) => Promise<T>,
): Promise<T> {
  const client = connect({ endpoints });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** The leader that more than half of the members that were ever started name, in one and the same term. */
export function leaderOf(members: readonly MemberView[]): string | undefined {
  const started = members.filter(({ address }) => address !== '').length;
  const votes = new Map<string, number>();
  for (const { status } of members) {
    if (!status?.leaderId) continue;
    const vote = `${status.term}/${status.leaderId}`;
    const count = (votes.get(vote) ?? 0) + 1;
    if (count > started / 2) return status.leaderName;
    votes.set(vote, count);
  }
  return undefined;
}
