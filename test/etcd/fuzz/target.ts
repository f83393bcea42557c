/** One store during a session: calls with its own numbers, and answers without them. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type LeaseGrantResponse,
  type LeaseKeepAliveRequestIn,
  type LeaseKeepAliveResponse,
  leaseService,
  type WatchRequestIn,
} from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import type { Wire, WireStream } from '../wire.js';
import { type Canonical, canonical, canonicalAnswer } from './canonical.js';
import type { References } from './references.js';
import { type CallName, calls, type Step } from './steps.js';
import { type WatchRecord, WatchStream } from './watches.js';

const answerMs = 10_000;
const expiryMs = 20_000;
const settleMs = 5_000;
/**
 * A watch that starts in the past is behind for up to 100 ms in etcd, and compacting cancels it then. If there is nothing for it to tell, nobody sees
 * when it has caught up.
 */
const catchUpMs = 300;
/** Also those of keys that no watch of the session is for. */
const everything = { key: Buffer.from('\0'), range_end: Buffer.from('\0'), prev_kv: true };
const anyKey = { key: Buffer.from('a') };

export class Target {
  readonly streams = new Map<number, WatchStream>();
  private readonly keepAlives: (WireStream<LeaseKeepAliveRequestIn> | undefined)[] = [];
  private keepAliveAnswers: Canonical[] = [];
  private readonly all: WatchStream;
  /** The member that the last call went to. */
  private lastVia = 0;
  /** Highest revision that an answer has shown, since the session began. */
  revision = 0;
  compacted = 0;

  constructor(
    readonly name: string,
    private readonly wires: readonly Wire[],
    readonly references: References,
  ) {
    this.all = new WatchStream(this.wireOf(0), -1, references);
  }

  async begin(): Promise<void> {
    await this.all.create({ ...everything, start_revision: '@1' }, 0);
  }

  /** Every event of the session. */
  get history(): WatchRecord['events'] {
    return this.all.records[0]?.events ?? [];
  }

  get records(): WatchRecord[] {
    return [...this.streams.values()].flatMap(({ records }) => records);
  }

  get violations(): string[] {
    return [this.all, ...this.streams.values()].flatMap(({ violations }) => violations);
  }

  /** @throws when the store cannot be talked to at all */
  async run(step: Step): Promise<Canonical> {
    switch (step.kind) {
      case 'keepAlive':
        return this.keepAlive(step.via, step.request);
      case 'watch':
        return this.watch(step.stream, step.request);
      case 'settle':
        return '';
      case 'expire':
        return this.expire(step.lease);
      default:
        return this.call(step.kind, step.via, step.request, step.lease);
    }
  }

  /** Waits until the stream of everything has told the last revision. */
  async settle(isComplete: (record: WatchRecord) => boolean): Promise<void> {
    await until('all is told', () => (this.history.at(-1)?.revision ?? 0) >= this.revision, settleMs).catch(
      () => undefined,
    );
    await until('all watches have told all', () => this.records.every(isComplete), settleMs).catch(() => undefined);
    await this.catchUp();
  }

  close(): void {
    for (const stream of [this.all, ...this.streams.values()]) stream.close();
    for (const stream of this.keepAlives) stream?.cancel();
  }

  private async catchUp(): Promise<void> {
    const since = Math.max(0, ...this.records.filter(isSilent).map(({ createdAt }) => createdAt));
    const left = since + catchUpMs - performance.now();
    if (left > 0) await delay(left);
  }

  private async call(kind: CallName, via: number, request: object, lease?: number): Promise<Canonical> {
    await this.freshen(via);
    const answer = await this.wireOf(via).unary(calls[kind], this.references.resolve(request));
    if (lease !== undefined && 'response' in answer)
      this.references.granted(lease, (answer.response as LeaseGrantResponse).ID);
    const made = canonicalAnswer(answer, this.references);
    this.note(made);
    if (kind === 'compact' && 'response' in answer) this.compacted = compactedBy(request, this.compacted);
    return made;
  }

  /** A member that did not take the last call may lag behind it; a linearizable read makes it catch up, so that serializable ones can be compared. */
  private async freshen(via: number): Promise<void> {
    if (via % this.wires.length === this.lastVia % this.wires.length) return;
    this.lastVia = via;
    await this.wireOf(via).unary(calls.range, anyKey);
  }

  private async keepAlive(via: number, request: LeaseKeepAliveRequestIn): Promise<Canonical> {
    await this.freshen(via);
    const index = via % this.wires.length;
    const stream = this.keepAlives[index] ?? this.openKeepAlive(index);
    const wanted = this.keepAliveAnswers.length + 1;
    stream.send(this.references.resolve(request));
    await until(
      'a keep-alive is answered',
      () => this.keepAliveAnswers.length >= wanted || stream.ended !== undefined,
      answerMs,
    ).catch(() => undefined);
    if (stream.ended) this.keepAlives[index] = undefined;
    return this.keepAliveAnswers[wanted - 1] ?? (stream.ended ? { ...stream.ended } : 'no answer');
  }

  private openKeepAlive(index: number): WireStream<LeaseKeepAliveRequestIn> {
    const stream = this.wireOf(index).stream(leaseService.leaseKeepAlive, (message: LeaseKeepAliveResponse) =>
      this.keepAliveAnswers.push(canonical(message, this.references)),
    );
    this.keepAlives[index] = stream;
    return stream;
  }

  private async watch(number: number, { create_request, cancel_request }: WatchRequestIn): Promise<Canonical> {
    await this.freshen(number);
    let stream = this.streams.get(number);
    if (!stream) {
      stream = new WatchStream(this.wireOf(number), number, this.references);
      this.streams.set(number, stream);
    }
    if (create_request) return stream.create(create_request, this.compacted);
    return cancel_request ? stream.cancel(String(cancel_request.watch_id ?? 0)) : stream.askProgress();
  }

  private async expire(lease: number): Promise<Canonical> {
    const ask = () => this.wireOf(this.lastVia).unary(calls.timeToLive, this.references.resolve({ ID: `#${lease}` }));
    const isGone = async () => {
      const answer = canonicalAnswer(await ask(), this.references);
      return typeof answer === 'object' && 'TTL' in answer && answer.TTL === '-1' ? answer : undefined;
    };
    const answer = await until('a lease has run out', isGone, expiryMs).catch(() => 'it does not run out');
    this.note(answer);
    return answer;
  }

  /** Remembers the highest revision. */
  private note(answer: Canonical): void {
    if (typeof answer !== 'object' || !('header' in answer)) return;
    const { header } = answer;
    if (typeof header === 'object' && 'revision' in header && typeof header.revision === 'string')
      this.revision = Math.max(this.revision, Number(header.revision.slice(1)));
  }

  private wireOf(via: number): Wire {
    const wire = this.wires[via % this.wires.length];
    if (!wire) throw new Error(`${this.name} has no members`);
    return wire;
  }
}

function compactedBy(request: object, before: number): number {
  const revision = 'revision' in request ? request.revision : undefined;
  return typeof revision === 'string' && revision.startsWith('@') ? Number(revision.slice(1)) : before;
}

function isSilent({ refused, fromPast, events }: WatchRecord): boolean {
  return !refused && fromPast && events.length === 0;
}
