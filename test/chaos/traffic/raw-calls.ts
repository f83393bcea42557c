/** Puts, deletes and txns of raw keys through the etcd door of any member, by a client that never repeats them. */
import { setTimeout as delay } from 'node:timers/promises';
import { type DeleteRangeRequestIn, kVService, type RequestOpIn } from '../../../src/proto/etcd.js';
import type { Answer, Wire } from '../../etcd/wire.js';
import type { RawCall, RawChange } from '../etcd-history.js';
import type { TrafficOptions } from './caller.js';

export const rawPrefix = 'raw/';
const groups = ['a', 'b', 'c'];
const keysOfGroup = 4;
const pauseMs = 120;
/** INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, OUT_OF_RANGE: these changed nothing. */
const refusals = new Set([3, 5, 9, 11]);

/** A change of a txn, and its operation. */
interface Part {
  readonly change: RawChange;
  readonly operation: RequestOpIn;
}
type Result = Pick<RawCall, 'outcome' | 'reason' | 'revision' | 'changes'>;

export class RawCaller {
  private written = 0;

  constructor(
    private readonly name: string,
    /** A connection to some member. */
    private readonly wire: () => Wire,
    private readonly options: TrafficOptions,
  ) {}

  async run(): Promise<void> {
    const { signal, random } = this.options;
    while (!signal.aborted) {
      await this.step();
      await delay(random() * pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private step(): Promise<void> {
    const dice = this.options.random();
    if (dice < 0.35) return this.put();
    if (dice < 0.5) return this.deleteKey();
    if (dice < 0.58) return this.deleteGroup();
    return this.txn(dice > 0.97);
  }

  private put(): Promise<void> {
    const change = { key: this.key(), value: this.value() };
    return this.call(undefined, async (wire) => {
      const answer = await wire.unary(kVService.put, { key: bytes(change.key), value: bytes(change.value) });
      return resultOf(answer, [change], ({ header }) => ({ revision: Number(header?.revision), changes: [change] }));
    });
  }

  private deleteKey(): Promise<void> {
    const change = { key: this.key() };
    return this.delete([change], undefined, { key: bytes(change.key) });
  }

  private deleteGroup(): Promise<void> {
    const prefix = `${rawPrefix}${this.pick(groups)}/`;
    return this.delete([], prefix, rangeOf(prefix));
  }

  private delete(changes: RawChange[], prefix: string | undefined, request: DeleteRangeRequestIn): Promise<void> {
    return this.call(prefix, async (wire) => {
      const answer = await wire.unary(kVService.deleteRange, { ...request, prev_kv: true });
      return resultOf(answer, changes, ({ header, prev_kvs }) => ({
        revision: prev_kvs.length === 0 ? undefined : Number(header?.revision),
        changes: prev_kvs.map(({ key }) => ({ key: key.toString() })),
      }));
    });
  }

  /** Sometimes on a condition, and sometimes one that must be refused. */
  private txn(wrong: boolean): Promise<void> {
    const keys = new Set([this.key(), this.key(), this.key()]);
    const parts = [...keys].map((key) => (this.chance(0.7) ? putPart(key, this.value()) : deletePart(key)));
    if (wrong) parts.push(putPart('raw/twice', this.value()), putPart('raw/twice', this.value()));
    const compare = this.chance(0.3) ? [{ key: bytes(this.key()), target: 'VERSION', version: 0 } as const] : [];
    const success = parts.map(({ operation }) => operation);
    const all = parts.map(({ change }) => change);
    return this.call(undefined, async (wire) => {
      const answer = await wire.unary(kVService.txn, { compare, success });
      return resultOf(answer, all, ({ header, succeeded, responses }) => {
        if (!succeeded) return { revision: undefined, changes: [] };
        const changes = all.filter((_, i) => responses[i]?.response_delete_range?.deleted !== '0');
        return { revision: changes.length === 0 ? undefined : Number(header?.revision), changes };
      });
    });
  }

  private async call(deletedPrefix: string | undefined, ask: (wire: Wire) => Promise<Result>): Promise<void> {
    const begin = performance.now();
    const result = await ask(this.wire());
    const end = performance.now();
    this.options.recorder.add('etcdCalls', { caller: this.name, begin, end, deletedPrefix, ...result });
  }

  private key(): string {
    return `${rawPrefix}${this.pick(groups)}/${Math.floor(this.options.random() * keysOfGroup)}`;
  }

  private value(): string {
    return `${this.name}-${this.written++}`;
  }

  private pick(names: readonly string[]): string {
    return names[Math.floor(this.options.random() * names.length)] ?? '';
  }

  private chance(probability: number): boolean {
    return this.options.random() < probability;
  }
}

function resultOf<Res>(
  answer: Answer<Res>,
  asked: readonly RawChange[],
  done: (response: Res) => Pick<RawCall, 'revision' | 'changes'>,
): Result {
  if ('response' in answer) return { outcome: 'ok', ...done(answer.response) };
  const { code, text } = answer;
  return { outcome: refusals.has(code) ? 'refused' : 'unknown', reason: `${code} ${text}`, changes: asked };
}

function putPart(key: string, value: string): Part {
  return { change: { key, value }, operation: { request_put: { key: bytes(key), value: bytes(value) } } };
}

function deletePart(key: string): Part {
  return { change: { key }, operation: { request_delete_range: { key: bytes(key) } } };
}

/** All keys that begin with a text that ends in a slash. */
export function rangeOf(prefix: string): { readonly key: Buffer; readonly range_end: Buffer } {
  return { key: bytes(prefix), range_end: bytes(`${prefix.slice(0, -1)}0`) };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
