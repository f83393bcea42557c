/**
 * Concurrent writers whose end state shows whether every acknowledged write was applied exactly once: counters incremented by if_version
 * writes (a write applied twice or lost makes the counter differ from the acknowledgements), and unique documents that must not exist before.
 */

import { QuorateError } from '../../src/base/errors.js';
import type { QuorateClient } from '../../src/client/index.js';

export class Workload {
  private running = true;
  private readonly callers: Promise<void>[] = [];
  private readonly increments = new Map<string, number>();
  private readonly appended = new Set<string>();
  private readonly ackedAt: number[] = [];
  readonly failures: string[] = [];

  /** Begins to write with so many callers through the clients in turn. */
  constructor(
    clients: readonly QuorateClient[],
    callers: number,
    /** Keeps the documents of several loads apart. */
    private readonly name = 'load',
    private readonly timeoutMs = 10_000,
  ) {
    for (let i = 0; i < callers; i++) {
      const client = clients[i % clients.length] as QuorateClient;
      this.callers.push(i % 2 === 0 ? this.count(client, `${this.name}.counters/c${i % 10}`) : this.append(client, i));
    }
  }

  get acknowledged(): number {
    return this.ackedAt.length;
  }

  private async count(client: QuorateClient, name: string): Promise<void> {
    while (this.running) {
      const before = await this.attempt(() => client.config.get(name, { timeoutMs: this.timeoutMs }));
      if (before === failed) continue;
      const value = String(Number(before?.text() ?? '0') + 1);
      const put = () => client.config.put(name, value, { ifVersion: before?.version ?? 0, timeoutMs: this.timeoutMs });
      if ((await this.attempt(put, 'VERSION_MISMATCH')) === failed) continue;
      this.ackedAt.push(performance.now());
      this.increments.set(name, (this.increments.get(name) ?? 0) + 1);
    }
  }

  private async append(client: QuorateClient, caller: number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const name = `${this.name}.appended/${caller}-${n}`;
      const put = () => client.config.put(name, name, { ifVersion: 0, timeoutMs: this.timeoutMs });
      if ((await this.attempt(put)) === failed) continue;
      this.ackedAt.push(performance.now());
      this.appended.add(name);
    }
  }

  private async attempt<T>(call: () => Promise<T>, expected?: string): Promise<T | typeof failed> {
    try {
      return await call();
    } catch (error) {
      const reason = error instanceof QuorateError ? error.reason : String(error);
      if (reason !== expected) this.failures.push(`${reason}: ${String(error)}`);
      // The test is over: its clients are closed.
      if (reason === 'CANCELLED') this.running = false;
      return failed;
    }
  }

  /** Longest time between two acknowledgements since then, ms. */
  longestPause(since: number): number {
    let longest = 0;
    let last = since;
    for (const at of this.ackedAt) {
      if (at < since) continue;
      longest = Math.max(longest, at - last);
      last = at;
    }
    return longest;
  }

  /** Ends the callers; each finishes its last call. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.callers);
  }

  /** What is wrong with the end state, in sentences; empty: nothing. */
  async violations(client: QuorateClient): Promise<string[]> {
    const wrong: string[] = [];
    for (const [name, count] of this.increments) {
      const document = await client.config.get(name);
      if (document?.text() !== String(count) || document.version !== count)
        wrong.push(
          `${name} is ${document?.text()} in version ${document?.version} after ${count} acknowledged increments`,
        );
    }
    const found = new Map<string, number>();
    for await (const document of client.config.list(`${this.name}.appended`))
      found.set(`${document.namespace}/${document.key}`, document.version);
    for (const name of this.appended) {
      if (found.get(name) !== 1) wrong.push(`${name} was acknowledged and has version ${found.get(name)}`);
    }
    return wrong;
  }
}

const failed = Symbol('failed');
