/** The cluster under chaos: its processes, the links between them, and what must not happen to either. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/base/random.js';
import type { MemberStatus, QuorateClient } from '../../src/client/index.js';
import { TestCluster, type TestMember } from '../support/cluster.js';
import { until } from '../support/until.js';
import { Network } from './network.js';

/** Time for all members to be one cluster again after a fault. */
const wholeWithinMs = 60_000;
/** Time for a member to say how it is, and to read its whole state for that. */
const statusWithinMs = 2_000;
const hashWithinMs = 20_000;
/** Time for a process that was told to stop, or that must give up. */
export const endWithinMs = 30_000;

export class World {
  /** What went wrong, in sentences; the run ends at the first. */
  readonly problems: string[] = [];
  private readonly broken = new AbortController();
  private readonly expectedEnds = new Set<string>();
  private readonly probes = new Map<string, QuorateClient>();
  private made: number;
  /** Members that are never removed. */
  readonly stays = new Set<string>();
  /** Knows all members, for those who change them. */
  readonly operator: QuorateClient;
  /** Told of members that come and go. */
  guests: { come(name: string): void; go(name: string): void } = { come() {}, go() {} };

  private constructor(
    readonly cluster: TestCluster,
    readonly network: Network,
    readonly random: Random,
  ) {
    this.made = cluster.members.length;
    this.operator = cluster.client();
    for (const name of this.names) this.probes.set(name, cluster.pinned(name));
  }

  /** Prepares a cluster; nothing runs yet. */
  static async prepare(random: Random, members: number): Promise<World> {
    const network = new Network();
    const settings = 'retention: { log: 4MiB }';
    const { detours } = network;
    const cluster = await TestCluster.prepare({ members, settings, timers: 'default', detours });
    for (const member of cluster.members) await network.add(member, cluster.directory);
    return new World(cluster, network, random);
  }

  /** Aborted at the first problem. */
  get signal(): AbortSignal {
    return this.broken.signal;
  }

  get names(): string[] {
    return this.cluster.members.map(({ name }) => name);
  }

  problem(sentence: string): void {
    this.problems.push(sentence);
    this.broken.abort();
  }

  async boot(name: string): Promise<void> {
    await this.network.memberStarts(name);
    this.expectedEnds.delete(name);
    this.start(name);
  }

  /** Starts a member that may end by itself. */
  async bootToEnd(name: string): Promise<void> {
    await this.network.memberStarts(name);
    this.expectEnd(name);
    this.start(name);
  }

  private start(name: string): void {
    const printed = this.cluster.output(name).length;
    this.cluster.boot(name);
    const pid = this.cluster.pid(name);
    void this.cluster.exitCode(name).then((code) => {
      this.network.memberGone(name);
      if (!this.expectedEnds.has(name))
        this.problem(
          `${name} (pid ${pid}) ended by itself with ${code}: ${lastLine(this.cluster.output(name).slice(printed))}`,
        );
    });
  }

  /** Finds a name and addresses for a member that will join; it is not started. */
  async newcomer(): Promise<TestMember> {
    const member = await this.cluster.newcomer(`n${++this.made}`);
    await this.network.add(member, this.cluster.directory);
    return member;
  }

  /** A newcomer is one of the members. */
  joined(name: string): void {
    this.probes.set(name, this.cluster.pinned(name));
    this.guests.come(name);
  }

  /** A member was removed from the cluster: it must end by itself, cleanly, saying why. */
  async removed(name: string): Promise<void> {
    this.expectEnd(name);
    const code = await Promise.race([this.cluster.exitCode(name), delay(endWithinMs, 'none' as const)]);
    const said = this.cluster.output(name).includes(`${name} was removed from the cluster, so it stops`);
    if (code !== 0 || !said)
      this.problem(
        `${name}, which was removed, ${code === 'none' ? 'goes on' : `ended with ${code}`}: ${lastLine(this.cluster.output(name))}`,
      );
    await this.cluster.kill(name);
    this.guests.go(name);
    this.probes.delete(name);
    this.cluster.leave(name);
    this.network.remove(name);
  }

  /** From now on this member may end. */
  expectEnd(name: string): void {
    this.expectedEnds.add(name);
  }

  async kill(name: string): Promise<void> {
    this.expectEnd(name);
    await this.cluster.kill(name);
  }

  /** Asks a member to stop, and insists on a clean end. */
  async stop(name: string): Promise<void> {
    this.expectEnd(name);
    const code = await Promise.race([this.cluster.signal(name, 'SIGTERM'), delay(endWithinMs, 'late' as const)]);
    if (code === 'late') {
      this.problem(`${name} did not stop within ${endWithinMs} ms of SIGTERM`);
      await this.cluster.kill(name);
    } else if (code !== 0)
      this.problem(`${name} stopped with exit code ${code}: ${lastLine(this.cluster.output(name))}`);
  }

  /** What all members say; undefined for those that do not answer. */
  statuses(withStateHash = false): Promise<(MemberStatus | undefined)[]> {
    const timeoutMs = withStateHash ? hashWithinMs : statusWithinMs;
    return Promise.all(
      this.names.map((name) =>
        this.probes
          .get(name)
          ?.cluster.status({ timeoutMs, withStateHash })
          .catch(() => undefined),
      ),
    );
  }

  /** Waits until all members run, follow one leader, vote, and have applied what was committed when they agreed. */
  async whole(): Promise<void> {
    let goal: number | undefined;
    try {
      await until(
        'all members are one cluster again',
        async () => {
          const states = (await this.statuses()).filter((state) => state !== undefined);
          const leaders = new Set(states.map(({ leaderId, term }) => `${leaderId} ${term}`));
          const agree = states.length === this.names.length && leaders.size === 1 && !leaders.has('0 0');
          if (!agree || states.some(({ leaderId, recovering }) => leaderId === 0 || recovering)) return false;
          goal ??= Math.max(...states.map(({ commitIndex }) => commitIndex));
          const reached = goal;
          return states.every(({ appliedIndex }) => appliedIndex >= reached);
        },
        wholeWithinMs,
      );
    } catch {
      const states = await this.statuses();
      const told = this.names.map((name, i) => {
        const state = states[i];
        return state
          ? `${name} ${state.role} term ${state.term} leader ${state.leaderName} applied ${state.appliedIndex}${state.recovering ? ' recovering' : ''}`
          : `${name} silent`;
      });
      this.problem(`the cluster is not whole ${wholeWithinMs} ms after the fault ended: ${told.join('; ')}`);
    }
  }

  async leader(): Promise<string | undefined> {
    const states = await this.statuses();
    return states.find((state) => state?.role === 'LEADER')?.name;
  }

  /** How much each member has on its disk. */
  async diskUse(): Promise<string> {
    const told: string[] = [];
    for (const name of this.names) {
      const directory = this.cluster.dataDirectory(name);
      let bytes = 0;
      for (const file of await readdir(directory)) {
        const found = await stat(path.join(directory, file)).catch(() => undefined);
        bytes += found?.size ?? 0;
      }
      told.push(`${name} ${(bytes / 2 ** 20).toFixed(1)} MiB`);
    }
    return told.join(', ');
  }

  /** Ends everything and removes the members' files. */
  async close(): Promise<void> {
    for (const name of this.names) this.expectEnd(name);
    await this.cluster.stop();
    this.network.close();
  }
}

/** The last error that a member told, or else the last thing that it said. */
export function lastLine(output: string): string {
  const lines = output.trimEnd().split('\n');
  return lines.findLast((line) => line.includes('"level":"error"')) ?? lines.at(-1) ?? '';
}
