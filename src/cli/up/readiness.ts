/** Finds out when a cluster answers. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type QuorateClient } from '../../client/index.js';

export interface Ready {
  readonly leader: string;
  /** Client addresses of the members that answer. */
  readonly endpoints: readonly string[];
}

const pollMs = 50;
const callMs = 1_000;
/** How long the last members may take to answer once a majority has a leader. */
const stragglersMs = 2_000;

/**
 * Resolves when a majority of the members agrees on a leader and a linearizable read works; undefined when aborted first.
 *
 * @param addresses client addresses of all members of the cluster
 * @param running how many of them are still running: the others are not waited for
 */
export async function ready(
  addresses: readonly string[],
  running: () => number,
  signal: AbortSignal,
): Promise<Ready | undefined> {
  const doors = addresses.map((address) => ({ address, client: connect({ endpoints: [address], timeoutMs: callMs }) }));
  let majoritySince: number | undefined;
  try {
    while (!signal.aborted) {
      const seen = await look(doors);
      if (seen && seen.endpoints.length > addresses.length / 2) {
        majoritySince ??= performance.now();
        const complete = seen.endpoints.length >= running() || performance.now() - majoritySince > stragglersMs;
        if (complete && (await reads(doors, seen.endpoints))) return signal.aborted ? undefined : seen;
      }
      await pause(pollMs, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  } finally {
    await Promise.all(doors.map(({ client }) => client.close()));
  }
}

/** One member, and a client that goes to no other. */
interface Door {
  readonly address: string;
  readonly client: QuorateClient;
}

/** The leader of the newest term, and who names it. */
async function look(doors: readonly Door[]): Promise<Ready | undefined> {
  const answers = await Promise.all(
    doors.map(({ address, client }) => client.cluster.status({ endpoint: address }).catch(() => undefined)),
  );
  let newest = 0;
  for (const answer of answers) if (answer?.leaderId) newest = Math.max(newest, answer.term);
  let leader = '';
  const endpoints: string[] = [];
  answers.forEach((answer, i) => {
    if (!answer?.leaderId || answer.term !== newest) return;
    leader = answer.leaderName;
    endpoints.push(doors[i]?.address ?? '');
  });
  return leader === '' ? undefined : { leader, endpoints };
}

/** Whether a linearizable read works through each of the endpoints. */
async function reads(doors: readonly Door[], endpoints: readonly string[]): Promise<boolean> {
  const results = await Promise.allSettled(
    doors
      .filter(({ address }) => endpoints.includes(address))
      .map(({ client }) => client.registry.listServices('quorate')),
  );
  return results.every(({ status }) => status === 'fulfilled');
}
