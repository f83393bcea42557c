/** Real member processes on free loopback ports, for tests in which processes are the point. Stopped by pid, whatever happens to the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectWith } from '../../src/client/client.js';
import { connect, type QuorateClient } from '../../src/client/index.js';
import { until } from './until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const detours = new URL('detours.mjs', import.meta.url).href;

export interface TestMember {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  /** Where it answers DNS queries, if the cluster was asked to. */
  readonly dns?: string;
}

/** Raft's timers: the product's own for measurements, slow ones where no election may happen whatever else the machine does. */
const raftSettings = {
  quick: 'raft: { heartbeat: 100ms, election: 500ms }',
  default: '',
  patient: 'raft: { election: 4s }',
} as const;

export interface TestClusterOptions {
  readonly members?: number;
  /** Name of the cluster; two of one name have the same identity. */
  readonly cluster?: string;
  /** Further lines of the settings file, such as `retention: { log: 1MiB }`. */
  readonly settings?: string;
  /** Quick unless told: tests should not wait for elections. */
  readonly timers?: keyof typeof raftSettings;
  /** Members answer DNS queries. */
  readonly dns?: boolean;
  /** Names the file that tells through which ports a member reaches others (detours.mjs); by default it connects to them. */
  readonly detours?: (directory: string, name: string) => string;
}

export class TestCluster {
  private readonly processes = new Map<string, ChildProcess>();
  private readonly outputs = new Map<string, string>();
  private readonly clients: QuorateClient[] = [];
  /** Members that are started as ones that join. */
  private readonly joining = new Set<string>();

  private constructor(
    readonly directory: string,
    readonly members: TestMember[],
    private readonly detours: TestClusterOptions['detours'],
  ) {}

  /** Boots all members and waits until they have a leader. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = await TestCluster.prepare(options);
    try {
      for (const { name } of cluster.members) cluster.boot(name);
      await cluster.leader();
    } catch (error) {
      const output = [...cluster.outputs.values()].join('');
      await cluster.stop();
      throw new Error(`the cluster did not come up:\n${output}`, { cause: error });
    }
    return cluster;
  }

  /** Writes the settings of a cluster without starting it. */
  static async prepare({
    members: count = 3,
    cluster: clusterName = 'test',
    settings = '',
    timers = 'quick',
    dns = false,
    detours,
  }: TestClusterOptions = {}): Promise<TestCluster> {
    const directory = await mkdtemp(path.join(tmpdir(), 'quorate-'));
    const ports = await freePorts((dns ? 3 : 2) * count);
    const members = Array.from({ length: count }, (_, i) => ({
      name: `n${i + 1}`,
      client: `127.0.0.1:${ports[i]}`,
      peer: `127.0.0.1:${ports[count + i]}`,
      ...(dns ? { dns: `127.0.0.1:${ports[2 * count + i]}` } : {}),
    }));
    const cluster = new TestCluster(directory, members, detours);
    // JSON is YAML.
    const list = members.map((member) => `  - ${JSON.stringify(member)}\n`);
    await writeFile(
      cluster.settingsPath,
      `cluster: ${clusterName}\nmembers:\n${list.join('')}data: data\nlog: { format: json }\n${raftSettings[timers]}\n${settings}\n`,
    );
    return cluster;
  }

  get settingsPath(): string {
    return path.join(this.directory, 'cluster.yml');
  }

  dataDirectory(name: string): string {
    return path.join(this.directory, 'data', name);
  }

  get endpoints(): string[] {
    return this.members.map(({ client }) => client);
  }

  /** Loses everything that a member has on disk. */
  removeData(name: string): Promise<void> {
    return rm(this.dataDirectory(name), { recursive: true, force: true });
  }

  /** Starts a member that is not in the settings: it asks the others to take it in. */
  async join(name: string): Promise<void> {
    await this.newcomer(name);
    this.boot(name);
  }

  /** Finds addresses for a member that will join. */
  async newcomer(name: string): Promise<TestMember> {
    const [client, peer] = await freePorts(2);
    this.rejoin(name, { clientAddress: `127.0.0.1:${client}`, peerAddress: `127.0.0.1:${peer}` });
    return this.member(name);
  }

  /** From now on boot() starts the member as one that joins. */
  rejoin(name: string, newcomer?: { readonly clientAddress: string; readonly peerAddress: string }): void {
    if (newcomer) this.members.push({ name, client: newcomer.clientAddress, peer: newcomer.peerAddress });
    this.joining.add(name);
  }

  /** Whether boot() starts the member as one that joins. */
  joins(name: string): boolean {
    return this.joining.has(name);
  }

  /** The member was removed from the cluster. */
  leave(name: string): void {
    this.members.splice(this.members.indexOf(this.member(name)), 1);
  }

  member(name: string): TestMember {
    const found = this.members.find((member) => member.name === name);
    if (!found) throw new Error(`there is no member ${name}`);
    return found;
  }

  /** Starts the process of a member. */
  boot(name: string): void {
    const { client, peer } = this.member(name);
    const joining = this.joins(name) ? ['--join', this.endpoints.join(','), '--client', client, '--peer', peer] : [];
    const args = [main, 'member', '--name', name, '--settings', this.settingsPath, ...joining];
    const file = this.detours?.(this.directory, name);
    const detour = file === undefined ? {} : { QUORATE_DETOURS: file };
    const child = spawn(process.execPath, [...(file === undefined ? [] : ['--import', detours]), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...detour },
    });
    this.processes.set(name, child);
    const collect = (chunk: Buffer) => {
      this.outputs.set(name, ((this.outputs.get(name) ?? '') + chunk.toString()).slice(-65_536));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
  }

  /** Names of all that were ever started. */
  get started(): string[] {
    return [...this.processes.keys()];
  }

  /** What a member has printed, over all its starts. */
  output(name: string): string {
    return this.outputs.get(name) ?? '';
  }

  pid(name: string): number {
    const pid = this.processes.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} is not running`);
    return pid;
  }

  /** Sends a signal and, unless it only pauses or resumes, waits for the end of the process. Returns the exit code. */
  async signal(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.processes.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return null;
    await ended;
    return child.exitCode;
  }

  kill(name: string): Promise<number | null> {
    return this.signal(name, 'SIGKILL');
  }

  async exitCode(name: string): Promise<number | null> {
    const child = this.processes.get(name);
    if (!child) throw new Error(`${name} was never started`);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  /** A client of all members, or of those named; closed with the cluster. */
  client(...names: string[]): QuorateClient {
    const endpoints = this.members.filter(({ name }) => names.length === 0 || names.includes(name));
    const client = connect({ endpoints: endpoints.map(({ client: address }) => address) });
    this.clients.push(client);
    return client;
  }

  /** A client that asks this member alone, whatever it hears of others; closed with the cluster. */
  pinned(name: string): QuorateClient {
    const client = connectWith({ endpoints: [this.member(name).client] }, { membersMs: Number.POSITIVE_INFINITY });
    this.clients.push(client);
    return client;
  }

  /** The leader that all running members agree on. */
  async leader(): Promise<string> {
    const running = this.members.filter(({ name }) => {
      const child = this.processes.get(name);
      return child && child.exitCode === null && child.signalCode === null;
    });
    const clients = running.map(({ client }) => connect({ endpoints: [client], timeoutMs: 1_000 }));
    try {
      return await until('all running members agree on a leader', async () => {
        const states = await Promise.all(clients.map((client) => client.cluster.status().catch(() => undefined)));
        const leaders = new Set(states.map((state) => state?.leaderName ?? ''));
        const [leader] = leaders;
        return leaders.size === 1 && running.some(({ name }) => name === leader) ? leader : undefined;
      });
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  }

  others(name: string): string[] {
    return this.members.map((member) => member.name).filter((other) => other !== name);
  }

  /** Ends every process and removes the data. */
  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await Promise.all([...this.processes.keys()].map((name) => this.kill(name)));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Below those that systems give to outgoing connections, of which one could take the port before its member does. */
const lowestPort = 12_000;
const highestPort = 32_000;
/** Files of tests that run side by side draw from different ports: one may be taken between a draw and its use. */
const slices = 8;
const slice = (highestPort - lowestPort) / slices;
const lowestOfSlice = lowestPort + (Number(process.env.VITEST_POOL_ID ?? 0) % slices) * slice;

/** Ports of 127.0.0.1 that nobody listened on a moment ago; drawn at random, since runs of tests may overlap. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>();
  try {
    while (servers.size < count) {
      const port = lowestOfSlice + Math.floor(Math.random() * slice);
      const server = createServer();
      server.listen(port, '127.0.0.1');
      // Taken: another one is tried.
      if (
        await once(server, 'listening').then(
          () => true,
          () => false,
        )
      )
        servers.set(port, server);
    }
    return [...servers.keys()];
  } finally {
    for (const server of servers.values()) server.close();
  }
}
