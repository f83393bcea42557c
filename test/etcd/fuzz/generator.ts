/** Random sessions: the seed and what the first store answered decide everything. */
import { seededRandom } from '../../../src/base/random.js';
import type { WatchRequestIn } from '../../../src/proto/etcd.js';
import { Dice } from './dice.js';
import { KvRequests } from './kv-requests.js';
import type { NextStep, SessionView } from './session.js';
import type { Step } from './steps.js';
import { anyEnd, anyKey, bytes, chosenId, nearRevision, oddNumber, smallNumber } from './words.js';

const streams = 3;
const members = 3;
/** Seconds: longer than any session. */
const longTtls = ['3600', '86400', '1000000000', '9000000000'];
const refusedTtls = ['9000000001', '9223372036854775807'];
/** What becomes the least TTL there is. */
const shortTtls = ['1', '0', '-5', '2'];

/** Distinct for every session of a run, whatever the seeds of two runs. */
export function sessionSeed(seed: number, session: number): number {
  return Math.imul(seed, 1_000_003) + session;
}

export function generate(seed: number, length: number): NextStep {
  return new Generator(new Dice(seededRandom(seed)), length).next;
}

class Generator {
  private readonly kv: KvRequests;
  private leases = 0;
  /** Ids that were asked for by number. */
  private readonly chosen: string[] = [];
  private planned: Step[] = [];
  private made = 0;

  constructor(
    private readonly dice: Dice,
    private readonly length: number,
  ) {
    this.kv = new KvRequests(dice, () => this.anyLease());
  }

  readonly next = (view: SessionView): Step | undefined => {
    if (this.made >= this.length) return undefined;
    this.made++;
    return this.planned.shift() ?? this.any(view);
  };

  private any(view: SessionView): Step {
    const { dice, kv } = this;
    const via = dice.below(members);
    return dice.weighted<() => Step>([
      [22, () => ({ kind: 'put', via, request: kv.put() })],
      [22, () => ({ kind: 'range', via, request: kv.range(view) })],
      [10, () => ({ kind: 'deleteRange', via, request: kv.deleteRange() })],
      [25, () => ({ kind: 'txn', via, request: kv.txn(view) })],
      [1.5, () => ({ kind: 'compact', via, request: kv.compact(view) })],
      [3, () => this.grant(via, dice.chance(0.95) ? dice.pick(longTtls) : dice.pick(refusedTtls))],
      [1, () => this.shortLease(via)],
      [0.02, () => this.expiringLease(via)],
      [1.5, () => ({ kind: 'revoke', via, request: { ID: this.anyLease() } })],
      [3, () => ({ kind: 'timeToLive', via, request: { ID: this.anyLease(), keys: dice.chance(0.7) } })],
      [2, () => ({ kind: 'keepAlive', via, request: { ID: this.anyLease() } })],
      [1, () => ({ kind: 'leases', via, request: {} })],
      [4, () => this.watch({ create_request: this.create(view) })],
      [1, () => this.cancel(view)],
      [0.5, () => this.watch({ progress_request: {} })],
    ])();
  }

  private grant(via: number, TTL: string): Step {
    const { dice } = this;
    this.leases++;
    const ID = dice.chance(0.6) ? '0' : chosenId(dice);
    if (ID !== '0') this.chosen.push(ID);
    return { kind: 'grant', via, request: { TTL, ID }, lease: this.leases };
  }

  /** One with the least TTL: used and gone before it could run out. */
  private shortLease(via: number): Step {
    const { dice } = this;
    const grant = this.grant(via, dice.pick(shortTtls));
    const ID = `#${this.leases}`;
    this.planned.push({ kind: 'timeToLive', via, request: { ID, keys: true } });
    if (dice.chance(0.7)) this.planned.push(this.attach(via, ID));
    this.planned.push({ kind: 'revoke', via, request: { ID } });
    return grant;
  }

  /** One that runs out while nothing else happens. */
  private expiringLease(via: number): Step {
    this.leases++;
    const grant: Step = { kind: 'grant', via, request: { TTL: '2' }, lease: this.leases };
    const attach = () => this.attach(via, `#${grant.lease}`);
    this.planned.push(attach(), attach(), { kind: 'expire', lease: this.leases });
    return grant;
  }

  private attach(via: number, lease: string): Step {
    return { kind: 'put', via, request: { key: anyKey(this.dice), value: bytes('leased'), lease } };
  }

  /** Mostly one that was granted in this session. */
  private anyLease(): string {
    const { dice } = this;
    if (dice.chance(0.05) || this.leases === 0) return dice.chance(0.5) ? oddNumber(dice) : smallNumber(dice);
    if (this.chosen.length > 0 && dice.chance(0.2)) return dice.pick(this.chosen);
    return `#${Math.max(1, this.leases - dice.below(5))}`;
  }

  private watch(request: WatchRequestIn): Step {
    return { kind: 'watch', stream: this.dice.below(streams), request };
  }

  private create(view: SessionView): NonNullable<WatchRequestIn['create_request']> {
    const { dice } = this;
    const key = anyKey(dice);
    const start = dice.weighted([
      [6, () => '0'],
      [3, () => nearRevision(dice, view)],
      [0.5, () => `@${view.revision + dice.below(20)}`],
      [0.1, () => '-1'],
    ]);
    return {
      key,
      range_end: dice.chance(0.3) ? bytes('') : anyEnd(dice, key),
      start_revision: start(),
      progress_notify: dice.chance(0.2),
      filters: dice.chance(0.2) ? dice.list(2, () => dice.pick([0, 1] as const)) : [],
      prev_kv: dice.chance(0.5),
      watch_id: dice.chance(0.8) ? '0' : String(dice.below(6)),
      fragment: dice.chance(0.2),
    };
  }

  private cancel(view: SessionView): Step {
    const { dice } = this;
    const stream = dice.below(streams);
    const live = view.liveWatches(stream);
    const watch_id = live.length > 0 && dice.chance(0.8) ? dice.pick(live) : String(dice.below(8));
    return { kind: 'watch', stream, request: { cancel_request: { watch_id } } };
  }
}
