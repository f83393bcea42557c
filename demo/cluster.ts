/** A cluster of three for the demo alone, started with `quorate up` on free ports and in a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

export class Cluster {
  private readonly processIds = new Map<string, number>();
  private readonly output: string[] = [];

  private constructor(
    private readonly directory: string,
    readonly endpoints: string,
    private readonly up: ChildProcess,
  ) {}

  /** Resolves when the cluster has said that it is ready. */
  static async start(): Promise<Cluster> {
    const directory = await mkdtemp(path.join(tmpdir(), 'quorate-demo-'));
    const ports = await freePorts(6);
    const members = ['n1', 'n2', 'n3'].map(
      (name, i) => `  - { name: ${name}, client: "127.0.0.1:${ports[i]}", peer: "127.0.0.1:${ports[i + 3]}" }\n`,
    );
    const settings = path.join(directory, 'cluster.yml');
    await writeFile(settings, `cluster: demo\nmembers:\n${members.join('')}`);
    const up = spawn(process.execPath, [command, 'up', '--settings', settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    const endpoints = ports.slice(0, 3).map((port) => `127.0.0.1:${port}`);
    const cluster = new Cluster(directory, endpoints.join(','), up);
    try {
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Ends a member with SIGKILL: it cannot say goodbye. */
  kill(name: string): void {
    const id = this.processIds.get(name);
    if (id === undefined) throw new Error(`no process of ${name} is known`);
    process.kill(id, 'SIGKILL');
  }

  /** Stops all members and removes their data. */
  async stop(): Promise<void> {
    if (this.up.exitCode === null && this.up.signalCode === null) {
      this.up.kill('SIGTERM');
      await once(this.up, 'exit');
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onLine = (line: string) => {
        this.output.push(line);
        const started = /^(\S+) +\| started as process (\d+)$/.exec(line);
        if (started?.[1]) this.processIds.set(started[1], Number(started[2]));
        if (line.startsWith('ready: ')) resolve();
      };
      for (const stream of [this.up.stdout, this.up.stderr]) if (stream) createInterface(stream).on('line', onLine);
      this.up.once('exit', () => reject(new Error(`the cluster did not start:\n${this.output.join('\n')}`)));
    });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address ? address.port : 0;
    }),
  );
  for (const server of servers) server.close();
  return ports;
}
