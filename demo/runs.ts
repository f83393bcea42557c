/** Providers under `quorate run`, each a process that runs another one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const quorate = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const provider = fileURLToPath(new URL('provider.ts', import.meta.url));

export class ProviderRun {
  private readonly output: string[] = [];
  private process: number | undefined;

  private constructor(private readonly run: ChildProcess) {}

  /** Resolves when the provider is registered. */
  static async start(id: string, endpoints: string): Promise<ProviderRun> {
    const options = ['--service', 'demo/compute', '--id', id, '--port', 'auto', '--ttl', '2s', '--check', 'grpc'];
    const program = ['--', process.execPath, '--import', 'tsx', provider];
    const child = spawn(process.execPath, [quorate, 'run', ...options, '--endpoints', endpoints, ...program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = new ProviderRun(child);
    await run.registered();
    return run;
  }

  /** The machine dies: neither the provider nor `quorate run` can say anything. */
  kill(): void {
    this.run.kill('SIGKILL');
    if (this.process !== undefined) process.kill(this.process, 'SIGKILL');
  }

  /** Drains, deregisters and stops it. Returns the exit code, null if it was killed. */
  async stop(): Promise<number | null> {
    if (this.run.exitCode === null && this.run.signalCode === null) {
      const exited = once(this.run, 'exit');
      this.run.kill('SIGTERM');
      await exited;
    }
    return this.run.exitCode;
  }

  private registered(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onLine = (line: string) => {
        this.output.push(line);
        const [, pid] = / is process (\d+)$/.exec(line) ?? [];
        if (pid) this.process = Number(pid);
        if (line.includes(': registered at ')) resolve();
      };
      for (const stream of [this.run.stdout, this.run.stderr]) if (stream) createInterface(stream).on('line', onLine);
      this.run.once('exit', () => reject(new Error(`a provider did not start:\n${this.output.join('\n')}`)));
    });
  }
}
