/** A real etcd on free loopback ports, to compare with. Stopped by pid, whatever happens to the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../support/cluster.js';
import { until } from '../support/until.js';
import type { Store } from './store.js';

const startMs = 20_000;

/** Why nothing can be compared on this machine; undefined when all that is needed is there. */
export function missingEtcd(): string | undefined {
  const missing = ['etcd', 'etcdctl'].filter((program) => spawnSync(program, ['--version']).error);
  if (missing.length === 0) return undefined;
  return `NOT COMPARED WITH ETCD: ${missing.join(' and ')} not installed (Debian: etcd-server and etcd-client)`;
}

export class EtcdCluster implements Store {
  readonly name = 'etcd';
  private readonly processes: ChildProcess[] = [];
  /** The end of what the members have printed. */
  output = '';

  private constructor(
    readonly endpoints: readonly string[],
    private readonly directory: string,
  ) {}

  /** Starts the members and waits until each of them has a leader. */
  static async start(members: number): Promise<EtcdCluster> {
    const directory = await mkdtemp(path.join(tmpdir(), 'etcd-'));
    const ports = await freePorts(2 * members);
    const names = Array.from({ length: members }, (_, i) => `n${i + 1}`);
    const clients = names.map((_, i) => `127.0.0.1:${ports[i]}`);
    const peers = names.map((_, i) => `http://127.0.0.1:${ports[members + i]}`);
    const cluster = new EtcdCluster(clients, directory);
    const founders = names.map((name, i) => `${name}=${peers[i]}`).join(',');
    try {
      names.forEach((name, i) => {
        cluster.boot([
          ...['--name', name, '--data-dir', path.join(directory, name), '--initial-cluster', founders],
          ...['--listen-client-urls', `http://${clients[i]}`, '--advertise-client-urls', `http://${clients[i]}`],
          ...['--listen-peer-urls', `${peers[i]}`, '--initial-advertise-peer-urls', `${peers[i]}`],
          ...['--logger', 'zap', '--log-level', 'error'],
        ]);
      });
      for (const client of clients) await until(`etcd at ${client} is healthy`, () => isHealthy(client), startMs);
    } catch (error) {
      await cluster.stop();
      throw new Error(`etcd did not come up:\n${cluster.output}`, { cause: error });
    }
    return cluster;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map(end));
    await rm(this.directory, { recursive: true, force: true });
  }

  private boot(args: readonly string[]): void {
    const child = spawn('etcd', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.processes.push(child);
    const collect = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-16_384);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
  }
}

async function isHealthy(client: string): Promise<boolean> {
  try {
    return (await fetch(`http://${client}/health`)).ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
