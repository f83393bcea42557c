/** What must go on while somebody sends nonsense. */
import { expect } from 'vitest';
import type { QuorateClient } from '../../src/client/index.js';
import type { TestCluster } from './cluster.js';
import { until } from './until.js';

/** The error lines and stack traces in what a member has printed. */
export function complaints(output: string): string[] {
  return output.split('\n').filter((line) => /"level":"error"|"stack"|^error:|^\s+at /.test(line));
}

/** One client for each member, by its name. */
export type Callers = ReadonlyMap<string, QuorateClient>;

export function callersOf(cluster: TestCluster): Callers {
  return new Map(cluster.members.map(({ name }) => [name, cluster.client(name)]));
}

/** The one term that all members are in. */
export function termOf(callers: Callers): Promise<number> {
  return until('all members are in one term', async () => {
    const states = await Promise.all([...callers.values()].map((client) => client.cluster.status()));
    const terms = new Set(states.map(({ term }) => term));
    return terms.size === 1 ? states[0]?.term : undefined;
  });
}

/** Every member writes and reads, no leader was elected since `term`, and no member has complained. */
export async function expectUndisturbed(cluster: TestCluster, callers: Callers, term: number): Promise<void> {
  for (const [name, client] of callers) {
    const { version } = await client.config.put(`undisturbed/${name}`, name);
    expect(await client.config.get(`undisturbed/${name}`)).toMatchObject({ version });
  }
  expect(await termOf(callers)).toBe(term);
  for (const { name } of cluster.members) expect(complaints(cluster.output(name))).toEqual([]);
}

/** One caller at each member that writes and reads all the time, and a watch that follows what they write. */
export class Bystanders {
  readonly failures: string[] = [];
  private running = true;
  private readonly written = new Map<string, number>();
  private readonly seen = new Map<string, number>();
  private readonly callers: Promise<void>[];
  private readonly abort = new AbortController();
  private readonly watching: Promise<void>;

  constructor(cluster: TestCluster, callers: Callers) {
    this.watching = this.watch(cluster.client());
    this.callers = [...callers].map(([member, client]) => this.call(client, `bystanders/${member}`));
  }

  /** Ends them when the watch has seen their last writes. Returns what went wrong, in sentences. */
  async stop(): Promise<string[]> {
    this.running = false;
    await Promise.all(this.callers);
    await until('the watch has seen the last writes', () =>
      [...this.written].every(([name, version]) => this.seen.get(name) === version),
    );
    this.abort.abort();
    await this.watching;
    if (this.written.size === 0) this.failures.push('nobody has written anything');
    return this.failures;
  }

  private async call(client: QuorateClient, name: string): Promise<void> {
    while (this.running) {
      try {
        const { version } = await client.config.put(name, name);
        this.written.set(name, version);
        const read = await client.config.get(name);
        if (read?.version !== version)
          this.failures.push(`${name} is read in version ${read?.version}, not ${version}`);
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  private async watch(client: QuorateClient): Promise<void> {
    const { signal } = this.abort;
    for await (const event of client.config.watch({ namespace: 'bystanders', signal })) {
      if (event.kind === 'progress') continue;
      for (const { name, version } of event.items) {
        const before = this.seen.get(name);
        const gap = before !== undefined && version !== before + 1;
        if (gap && (event.kind === 'snapshot' || !event.conflated))
          this.failures.push(`the watch saw ${name} in version ${version} after ${before}`);
        this.seen.set(name, version);
      }
    }
  }
}
