/** All traffic of a run: calls and watches of every kind through every member. */
import type { QuorateClient } from '../../../src/client/index.js';
import { until } from '../../support/until.js';
import type { Version } from '../history.js';
import type { World } from '../world.js';
import { Caller, type TrafficOptions } from './caller.js';
import { DocumentCalls, Keys, namespace, versionOf } from './documents.js';
import { keepRegistrations, listInstances, registerBriefly, watchInstances } from './registrations.js';
import { DocumentWatcher } from './watches.js';

/** Callers that know one member each, and callers that know them all. */
const callersPerMember = 2;
const callersOfAll = 4;
const compactEveryMs = 20_000;
const transferEveryMs = 30_000;
const settleMs = 30_000;

export class Traffic {
  private readonly keys = new Keys();
  private readonly running: Promise<void>[] = [];
  private readonly watching: Promise<void>[] = [];
  private readonly watchers: DocumentWatcher[] = [];
  /** Keeps registrations alive. */
  private keeper: QuorateClient | undefined;
  private readonly endWatches = new AbortController();

  constructor(
    private readonly world: World,
    private readonly options: TrafficOptions,
  ) {}

  async start(): Promise<void> {
    const { world, options } = this;
    const { signal } = this.endWatches;
    const each = world.names.map((name) => ({ name, client: world.cluster.client(name) }));
    const ofAll = () => world.cluster.client();
    this.keeper = ofAll();
    await keepRegistrations(this.keeper, options);
    for (const { name, client } of each) {
      for (let n = 0; n < callersPerMember; n++) this.write(`${name}.${n}`, client);
      this.watch(name, [client]);
      this.watching.push(watchInstances(name, client, options, signal));
    }
    for (let n = 0; n < callersOfAll; n++) this.write(`all.${n}`, ofAll());
    this.watch('all', [ofAll()]);
    this.watch('moving', [...each.map(({ client }) => client)]);
    const admin = new Caller('admin', ofAll(), options);
    const any = new Caller('any', ofAll(), options);
    this.running.push(registerBriefly(any), registerBriefly(new Caller('some', ofAll(), options)), listInstances(any));
    this.running.push(
      admin.repeat(compactEveryMs, () =>
        admin.call({ kind: 'compact' }, async () => {
          await admin.client.cluster.compact();
          return {};
        }),
      ),
      admin.repeat(transferEveryMs, () =>
        admin.call({ kind: 'transfer' }, async () => {
          await admin.client.cluster.transferLeadership();
          return {};
        }),
      ),
    );
  }

  private write(name: string, client: QuorateClient): void {
    this.running.push(new DocumentCalls(new Caller(name, client, this.options), this.keys).run());
  }

  private watch(name: string, clients: readonly QuorateClient[]): void {
    const watcher = new DocumentWatcher(name, clients, this.options);
    this.watchers.push(watcher);
    this.watching.push(watcher.run(this.endWatches.signal));
  }

  /** Waits for the last calls, which the signal of the options ends. Nothing is written after this. */
  async finish(): Promise<void> {
    await Promise.all(this.running);
    await this.keeper?.close();
  }

  /** Reads all versions of all documents, and waits until every watch has come as far. */
  async settle(): Promise<void> {
    const client = this.world.cluster.client();
    let last = 0;
    for (const key of this.keys.all) {
      for (const version of await versionsOf(client, key)) {
        this.options.recorder.add('versions', version);
        last = Math.max(last, version.revision);
      }
    }
    // Those that have not come so far are found by the validator.
    await until(
      'all watches have seen the last revision',
      () => this.watchers.every(({ revision }) => revision >= last),
      settleMs,
    ).catch(() => undefined);
  }

  async stopWatches(): Promise<void> {
    this.endWatches.abort();
    await Promise.all(this.watching);
  }
}

async function versionsOf(client: QuorateClient, key: string): Promise<Version[]> {
  const versions: Version[] = [];
  try {
    for (;;) {
      const page = await client.config.history(`${namespace}/${key}`, { beforeVersion: versions.at(-1)?.version });
      versions.push(...page.map(versionOf));
      if (page.length === 0 || versions.at(-1)?.version === 1) return versions;
    }
  } catch (error) {
    if (error instanceof Error && 'reason' in error && error.reason === 'CONFIG_NOT_FOUND') return versions;
    throw error;
  }
}
