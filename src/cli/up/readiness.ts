/** Finds out when a cluster answers. */
import { setTimeout as pause } from 'node:timers/promises';
import { Probe } from '../probe.js';

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
  const probes = addresses.map((address) => new Probe(address));
  let majoritySince: number | undefined;
  try {
    while (!signal.aborted) {
      const seen = await look(probes);
      if (seen && seen.endpoints.length > addresses.length / 2) {
        majoritySince ??= performance.now();
        const complete = seen.endpoints.length >= running() || performance.now() - majoritySince > stragglersMs;
        if (complete && (await reads(probes, seen))) return signal.aborted ? undefined : seen;
      }
      await pause(pollMs, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  } finally {
    for (const probe of probes) probe.close();
  }
}

/** The leader that most members name in the newest term, and who names it. */
async function look(probes: readonly Probe[]): Promise<Ready | undefined> {
  const answers = await Promise.all(probes.map((probe) => probe.status(callMs).catch(() => undefined)));
  let newest = 0;
  for (const answer of answers) if (answer?.leaderId) newest = Math.max(newest, answer.header?.term ?? 0);
  let leader = '';
  const endpoints: string[] = [];
  answers.forEach((answer, i) => {
    if (!answer?.leaderId || answer.header?.term !== newest) return;
    leader = answer.leaderName;
    endpoints.push(probes[i]?.address ?? '');
  });
  return leader === '' ? undefined : { leader, endpoints };
}

async function reads(probes: readonly Probe[], seen: Ready): Promise<boolean> {
  const results = await Promise.all(
    probes
      .filter((probe) => seen.endpoints.includes(probe.address))
      .map((probe) =>
        probe.read(callMs).then(
          () => true,
          () => false,
        ),
      ),
  );
  return results.every(Boolean);
}
