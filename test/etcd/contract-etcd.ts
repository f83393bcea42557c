/** The etcd door of one member, as the shared stories need it. */
import { type KeyValue, kVService, leaseService, type WatchResponse, watchService } from '../../src/proto/etcd.js';
import { type Failure, Wire } from './wire.js';

export interface RawEvent {
  readonly key: string;
  readonly revision: number;
  /** undefined: deleted. */
  readonly value: string | undefined;
}

export class EtcdClient {
  private readonly wire: Wire;

  constructor(address: string) {
    this.wire = new Wire(address);
  }

  /** @returns the revision that wrote it */
  async put(key: string, value: string, lease = '0'): Promise<number> {
    return revisionOf(await this.wire.unary(kVService.put, { key: bytes(key), value: bytes(value), lease }));
  }

  async delete(key: string): Promise<number> {
    return revisionOf(await this.wire.unary(kVService.deleteRange, { key: bytes(key) }));
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const answer = await this.wire.unary(kVService.range, { key: bytes(key) });
    return done(answer).kvs[0];
  }

  async keys(prefix: string): Promise<string[]> {
    const answer = await this.wire.unary(kVService.range, { ...rangeOf(prefix), keys_only: true });
    return done(answer).kvs.map(({ key }) => key.toString());
  }

  /** Id of a new lease, and the same as the native API names it. */
  async grant(seconds: number): Promise<{ readonly id: string; readonly native: string }> {
    const { ID: id } = done(await this.wire.unary(leaseService.leaseGrant, { TTL: seconds }));
    return { id, native: BigInt.asUintN(64, BigInt(id)).toString(16) };
  }

  async revoke(id: string): Promise<number> {
    return revisionOf(await this.wire.unary(leaseService.leaseRevoke, { ID: id }));
  }

  /** The keys of a lease that the native API names so. */
  async keysOfLease(native: string): Promise<string[]> {
    const ID = idOf(native);
    const { keys } = done(await this.wire.unary(leaseService.leaseTimeToLive, { ID, keys: true }));
    return keys.map((key) => key.toString()).sort();
  }

  /** What is refused when something is written there in every way that etcd has. */
  async refusals(key: string): Promise<(Failure | 'done')[]> {
    const put = { key: bytes(key), value: bytes('x') };
    const remove = { key: bytes(key) };
    const answers = [
      await this.wire.unary(kVService.put, put),
      await this.wire.unary(kVService.deleteRange, remove),
      await this.wire.unary(kVService.deleteRange, rangeOf('/quorate/')),
      await this.wire.unary(kVService.txn, { success: [{ request_put: put }] }),
      await this.wire.unary(kVService.txn, { failure: [{ request_delete_range: remove }] }),
    ];
    return answers.map((answer) => ('response' in answer ? 'done' : answer));
  }

  watch(prefix: string, from: number): SeenRange {
    return new SeenRange(this.wire, prefix, from);
  }

  close(): void {
    this.wire.close();
  }
}

/** What a watch has told. */
export class SeenRange {
  readonly messages: WatchResponse[] = [];

  constructor(wire: Wire, prefix: string, from: number) {
    const stream = wire.stream(watchService.watch, (message) => this.messages.push(message));
    stream.send({ create_request: { ...rangeOf(prefix), start_revision: from } });
  }

  get events(): RawEvent[] {
    return this.messages.flatMap(({ events }) =>
      events.map(({ type, kv }) => ({
        key: kv?.key.toString() ?? '',
        revision: Number(kv?.mod_revision),
        value: type === 0 ? kv?.value.toString() : undefined,
      })),
    );
  }
}

/** An etcd client's number for a lease that the native API names so. */
export function idOf(native: string): string {
  return BigInt.asIntN(64, BigInt(`0x${native}`)).toString();
}

function done<Res>(answer: { readonly response: Res } | Failure): Res {
  if ('response' in answer) return answer.response;
  throw new Error(`refused with ${answer.code}: ${answer.text}`);
}

function revisionOf(
  answer: { readonly response: { readonly header: { readonly revision: string } | null } } | Failure,
) {
  return Number(done(answer).header?.revision);
}

/** All keys that begin with a text that ends in a slash. */
function rangeOf(prefix: string): { readonly key: Buffer; readonly range_end: Buffer } {
  return { key: bytes(prefix), range_end: bytes(`${prefix.slice(0, -1)}0`) };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
