/** Traffic through the etcd door of every member. */
import { kVService } from '../../../src/proto/etcd.js';
import { Wire } from '../../etcd/wire.js';
import { until } from '../../support/until.js';
import type { World } from '../world.js';
import type { TrafficOptions } from './caller.js';
import { RawCaller, rangeOf, rawPrefix } from './raw-calls.js';
import { RawWatcher } from './raw-watches.js';

const callers = 3;
/** How long the streams of the watches last, about. */
const stays = { staying: Number.POSITIVE_INFINITY, moving: 4_000, restless: 700 };
const settleMs = 30_000;

export class EtcdTraffic {
  private readonly wires = new Map<string, Wire>();
  private readonly running: Promise<void>[] = [];
  private readonly watching: Promise<void>[] = [];
  private readonly watchers: RawWatcher[] = [];
  private readonly endWatches = new AbortController();

  constructor(
    private readonly world: World,
    private readonly options: TrafficOptions,
  ) {}

  start(): void {
    for (const [name, stayMs] of Object.entries(stays)) {
      const watcher = new RawWatcher(`etcd.${name}`, () => this.world.cluster.endpoints, this.options, stayMs);
      this.watchers.push(watcher);
      this.watching.push(watcher.run(this.endWatches.signal));
    }
    for (let n = 0; n < callers; n++)
      this.running.push(new RawCaller(`etcd.${n}`, () => this.wire(), this.options).run());
  }

  /** To any member. */
  private wire(): Wire {
    const { endpoints } = this.world.cluster;
    const address = endpoints[Math.floor(this.options.random() * endpoints.length)] ?? '';
    const wire = this.wires.get(address) ?? new Wire(address);
    this.wires.set(address, wire);
    return wire;
  }

  /** Waits for the last calls. */
  async finish(): Promise<void> {
    await Promise.all(this.running);
  }

  /** Reads all raw keys, and waits until every watch has come as far. */
  async settle(): Promise<void> {
    const { kvs, header } = await until('all raw keys are read', async () => {
      const answer = await this.wire().unary(kVService.range, rangeOf(rawPrefix));
      return 'response' in answer && answer.response;
    });
    for (const { key, value, mod_revision, version } of kvs)
      this.options.recorder.add('etcdFinals', {
        key: key.toString(),
        value: value.toString(),
        revision: Number(mod_revision),
        version: Number(version),
      });
    const last = Number(header?.revision);
    // Those that have not come so far are found by the validator.
    await until(
      'all watches of raw keys have seen the last revision',
      () => this.watchers.every(({ revision }) => revision >= last),
      settleMs,
    ).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.endWatches.abort();
    await Promise.all(this.watching);
    for (const wire of this.wires.values()) wire.close();
  }
}
