/** Real member processes on free loopback ports, for tests in which processes are the point. Stopped by pid, whatever happens to the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type QuorateClient } from '../../src/client/index.js';
import { until } from './until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface TestMember {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
}

/** Raft's timers: the product's own for measurements, slow ones where no election may happen whatever else the machine does. */
const raftSettings = {
  quick: 'raft: { heartbeat: 100ms, election: 500ms }',
  default: '',
  patient: 'raft: { election: 4s }',
} as const;

export interface TestClusterOptions {
  readonly members?: number;
  /** Further lines of the settings file, such as `retention: { log: 1MiB }`. */
  readonly settings?: string;
  /** Quick unless told: tests should not wait for elections. */
  readonly timers?: keyof typeof raftSettings;
  /** Gives the address at which one member sees the peer port of another; by default the port itself. */
  readonly routes?: (members: readonly TestMember[]) => Promise<(from: TestMember, to: TestMember) => string>;
}

export class TestCluster {
  private readonly processes = new Map<string, ChildProcess>();
  private readonly outputs = new Map<string, string>();
  private readonly clients: QuorateClient[] = [];
  /** Settings files of members that see the others at addresses of their own. */
  private readonly ownSettings = new Map<string, string>();
  /** How members that are not in the settings are started. */
  private readonly joining = new Map<string, readonly string[]>();

  private constructor(
    readonly directory: string,
    readonly members: TestMember[],
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
    settings = '',
    timers = 'quick',
    routes,
  }: TestClusterOptions = {}): Promise<TestCluster> {
    const directory = await mkdtemp(path.join(tmpdir(), 'quorate-'));
    const ports = await freePorts(2 * count);
    const members = Array.from({ length: count }, (_, i) => ({
      name: `n${i + 1}`,
      client: `127.0.0.1:${ports[i]}`,
      peer: `127.0.0.1:${ports[count + i]}`,
    }));
    const cluster = new TestCluster(directory, members);
    const write = (file: string, peerOf: (to: TestMember) => string) => {
      const list = members.map((to) => `  - { name: ${to.name}, client: "${to.client}", peer: "${peerOf(to)}" }\n`);
      return writeFile(
        file,
        `cluster: test\nmembers:\n${list.join('')}data: data\nlog: { format: json }\n${raftSettings[timers]}\n${settings}\n`,
      );
    };
    await write(cluster.settingsPath, ({ peer }) => peer);
    if (routes) {
      const route = await routes(members);
      for (const from of members) {
        const file = path.join(directory, `${from.name}.yml`);
        await write(file, (to) => (to === from ? to.peer : route(from, to)));
        cluster.ownSettings.set(from.name, file);
      }
    }
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
    const [client, peer] = await freePorts(2);
    const member = { name, clientAddress: `127.0.0.1:${client}`, peerAddress: `127.0.0.1:${peer}` };
    this.rejoin(name, member);
    this.boot(name);
  }

  /** From now on boot() starts the member as one that joins. */
  rejoin(name: string, newcomer?: { readonly clientAddress: string; readonly peerAddress: string }): void {
    if (newcomer) this.members.push({ name, client: newcomer.clientAddress, peer: newcomer.peerAddress });
    const { client, peer } = this.members.find((member) => member.name === name) ?? { client: '', peer: '' };
    this.joining.set(name, ['--join', this.endpoints.join(','), '--client', client, '--peer', peer]);
  }

  /** Starts the process of a member. */
  boot(name: string): void {
    const settings = this.ownSettings.get(name) ?? this.settingsPath;
    const joining = this.joining.get(name) ?? [];
    const child = spawn(process.execPath, [main, 'member', '--name', name, '--settings', settings, ...joining], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.processes.set(name, child);
    const collect = (chunk: Buffer) => {
      this.outputs.set(name, ((this.outputs.get(name) ?? '') + chunk.toString()).slice(-65_536));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
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

/** Ports of 127.0.0.1 that nobody listened on a moment ago; drawn at random, since tests run side by side. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>();
  try {
    while (servers.size < count) {
      const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
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
