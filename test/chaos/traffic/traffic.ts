/** All traffic of a run: calls and watches of every kind through every member. */
import { setMaxListeners } from 'node:events';
import type { QuorateClient } from '../../../src/client/index.js';
import { until } from '../../support/until.js';
import type { Version } from '../history.js';
import type { World } from '../world.js';
import { Caller, type TrafficOptions } from './caller.js';
import { DocumentCalls, Keys, namespace, versionOf } from './documents.js';
import { EtcdTraffic } from './etcd.js';
import { changeStatus, InstanceWatcher, keepRegistrations, listInstances, registerBriefly } from './registrations.js';
import { DocumentWatcher } from './watches.js';

/** Callers that know all members. */
const callersOfAll = 4;
const compactEveryMs = 10_000;
const transferEveryMs = 30_000;
const settleMs = 30_000;
/** How long slow consumers of watches take nothing, up to. */
const napMs = 8_000;

export class Traffic {
  private readonly keys = new Keys();
  private readonly running: Promise<void>[] = [];
  private readonly watching: Promise<void>[] = [];
  private readonly watchers = new Map<string, DocumentWatcher>();
  /** What goes through each member ends with it. */
  private readonly stays = new Map<string, AbortController>();
  /** Keeps registrations alive. */
  private keeper: QuorateClient | undefined;
  private readonly endWatches = new AbortController();
  private readonly etcd: EtcdTraffic;

  constructor(
    private readonly world: World,
    private readonly options: TrafficOptions,
  ) {
    this.etcd = new EtcdTraffic(world, options);
  }

  async start(): Promise<void> {
    const { world, options } = this;
    const ofAll = () => world.cluster.client();
    this.keeper = ofAll();
    await keepRegistrations(this.keeper, options);
    world.guests = this;
    for (const name of world.names) this.come(name);
    for (let n = 0; n < callersOfAll; n++) this.running.push(this.documents(`all.${n}`, ofAll(), options).run());
    this.running.push(this.documents('bulk', ofAll(), options).runInBursts());
    this.watch('all', [ofAll()]);
    this.watch('moving', [ofAll(), ofAll(), ofAll()]);
    this.watch('slow', [ofAll()], napMs);
    this.watch('slower', [ofAll()], 2 * napMs);
    this.watching.push(new InstanceWatcher('all', ofAll(), options).run(this.endWatches.signal));
    this.etcd.start();
    const admin = new Caller('admin', ofAll(), options);
    const any = new Caller('any', ofAll(), options);
    this.running.push(registerBriefly(any), registerBriefly(new Caller('some', ofAll(), options)), listInstances(any));
    this.running.push(changeStatus(new Caller('status', ofAll(), options)));
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

  /**
   * Traffic through one member: some callers never ask another, so that they are heard by a member that is cut off or lags; one begins there, and moves on
   * when it must.
   */
  come(name: string): void {
    const { cluster } = this.world;
    const stay = new AbortController();
    this.stays.set(name, stay);
    setMaxListeners(0, stay.signal);
    const options = { ...this.options, signal: AbortSignal.any([this.options.signal, stay.signal]) };
    const pinned = cluster.pinned(name);
    const moving = cluster.client(name);
    this.running.push(this.documents(`${name}.pinned`, pinned, options).run());
    this.running.push(this.documents(`${name}.reads`, pinned, options).runAfterOthers());
    this.running.push(this.documents(`${name}.moving`, moving, options).run());
    this.watch(name, [moving], 0, stay.signal);
    const ends = AbortSignal.any([this.endWatches.signal, stay.signal]);
    this.watching.push(new InstanceWatcher(name, moving, options).run(ends));
  }

  go(name: string): void {
    this.stays.get(name)?.abort();
    this.watchers.delete(name);
  }

  private documents(name: string, client: QuorateClient, options: TrafficOptions): DocumentCalls {
    return new DocumentCalls(new Caller(name, client, options), this.keys);
  }

  private watch(name: string, clients: readonly QuorateClient[], nap = 0, givenUp?: AbortSignal): void {
    const watcher = new DocumentWatcher(name, clients, this.options, nap);
    this.watchers.set(name, watcher);
    this.watching.push(watcher.run(this.endWatches.signal, givenUp));
  }

  /** Waits for the last calls, which the signal of the options ends. Nothing is written after this. */
  async finish(): Promise<void> {
    await Promise.all([...this.running, this.etcd.finish()]);
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
    for (const watcher of this.watchers.values()) watcher.hurry();
    // Those that have not come so far are found by the validator.
    await until(
      'all watches have seen the last revision',
      () => [...this.watchers.values()].every(({ revision }) => revision >= last),
      settleMs,
    ).catch(() => undefined);
    await this.etcd.settle();
  }

  async stopWatches(): Promise<void> {
    this.endWatches.abort();
    await Promise.all([...this.watching, this.etcd.stop()]);
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
