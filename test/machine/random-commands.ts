/** Random commands over few names, so that they meet. Everything follows from the random source. */
import { type LeaseId, NO_LEASE } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type {
  Command,
  Compare,
  DeleteRangeCommand,
  Operation,
  PutCommand,
  RangeQuery,
  TxnCommand,
} from '../../src/machine/types.js';
import {
  at,
  bytes,
  compact,
  compare,
  deregister,
  document,
  grant,
  keepAlive,
  key,
  leaseId,
  publish,
  putService,
  range,
  register,
  revoke,
  rollback,
  setHealth,
  setStatus,
  txn,
} from './words.js';

const NAMES = ['a', 'aa', 'ab', 'b', 'b/1', 'b/2', 'c', 'c\xff', 'd', 'e'];
const ENDS = [...NAMES, 'a', 'b0', '\0', '\0', '\0'];
const LEASES = ['1', '2', 'a', 'ffffffffffffff'];

export class RandomCommands {
  constructor(private readonly random: Random) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  lease(): LeaseId {
    return this.chance(0.6) ? NO_LEASE : leaseId(this.pick(LEASES));
  }

  put(): PutCommand {
    const ignoreLease = this.chance(0.1);
    return {
      kind: 'put',
      key: key(this.pick(NAMES)),
      value: bytes(String(this.below(20))),
      lease: ignoreLease ? NO_LEASE : this.lease(),
      prevKv: this.chance(0.5),
      ignoreValue: this.chance(0.1),
      ignoreLease,
    };
  }

  deleteRange(): DeleteRangeCommand {
    const end = this.chance(0.5) ? undefined : key(this.pick(ENDS));
    return { kind: 'deleteRange', key: key(this.pick(NAMES)), end, prevKv: this.chance(0.5) };
  }

  /** @param revision about where old reads aim */
  range(revision: number): RangeQuery {
    const bound = () => at(this.chance(0.8) ? 0 : this.below(revision + 2));
    return range(this.pick(NAMES), this.chance(0.3) ? undefined : this.pick(ENDS), {
      limit: this.chance(0.5) ? 0 : 1 + this.below(4),
      revision: at(this.chance(0.5) ? 0 : Math.max(0, revision + 2 - this.below(30))),
      sortOrder: this.pick(['none', 'ascend', 'descend']),
      sortTarget: this.pick(['key', 'key', 'version', 'create', 'mod', 'value']),
      keysOnly: this.chance(0.2),
      countOnly: this.chance(0.1),
      minModRevision: bound(),
      maxModRevision: bound(),
      minCreateRevision: bound(),
      maxCreateRevision: bound(),
    });
  }

  compare(revision: number): Compare {
    const number = this.below(4) === 0 ? 0 : Math.max(0, revision - this.below(10));
    const target = this.pick<Compare['target']>([
      { kind: 'version', value: this.below(4) },
      { kind: 'createRevision', value: number },
      { kind: 'modRevision', value: number },
      { kind: 'value', value: bytes(String(this.below(20))) },
      { kind: 'lease', value: this.lease() },
    ]);
    const end = this.chance(0.7) ? undefined : this.pick(ENDS);
    return compare(this.pick(NAMES), this.pick(['equal', 'notEqual', 'less', 'greater']), target, end);
  }

  txn(revision: number, depth = 0): TxnCommand {
    const some = <T>(most: number, make: () => T) => Array.from({ length: this.below(most + 1) }, make);
    const operation = (): Operation => {
      if (depth < 2 && this.chance(0.15)) return this.txn(revision, depth + 1);
      const roll = this.random();
      if (roll < 0.5) return this.put();
      return roll < 0.65 ? this.deleteRange() : this.range(revision);
    };
    return txn(
      some(2, () => this.compare(revision)),
      some(4, operation),
      some(3, operation),
    );
  }

  /** Raw commands, as the model knows them. */
  raw(revision: number): Command {
    const roll = this.random();
    if (roll < 0.45) return this.put();
    if (roll < 0.55) return this.deleteRange();
    if (roll < 0.85) return this.txn(revision);
    if (roll < 0.9) return compact(Math.max(1, revision + 1 - this.below(25)));
    if (roll < 0.96) return grant(this.pick(LEASES), 1000 + this.below(5000));
    return revoke(this.pick(LEASES));
  }

  /** Every kind of command. */
  any(revision: number): Command {
    if (this.chance(0.6)) return this.raw(revision);
    const name = this.pick(['prod/url', 'prod/db/url', 'test/x', 'test/x/0000000001']);
    const version = this.below(4);
    const ifVersion = this.chance(0.7) ? undefined : version;
    const instance = this.pick(['i1', 'i2', 'i3']);
    switch (this.below(11)) {
      case 0:
      case 1:
      case 2: {
        const changes = [document(name, this.chance(0.2) ? 'delete' : String(this.below(50)), ifVersion)];
        if (this.chance(0.3)) changes.push(document('test/y', 'both'));
        return publish(changes, this.chance(0.2) ? [{ namespace: 'prod', key: 'url', version }] : []);
      }
      case 3:
        return rollback(name, 1 + this.below(12), ifVersion);
      case 4:
      case 5:
        return register(instance, { id: instance, port: this.below(100) }, this.lease(), 1000 + this.below(4000));
      case 6:
        return deregister(instance);
      case 7:
        return setStatus(instance, this.pick(['UP', 'DOWN']));
      case 8:
        return setHealth(instance, this.pick(['PASSING', 'FAILING']), this.pick(LEASES));
      case 9: {
        const guard = { off: this.chance(0.1), percent: 40, atLeast: 2, windowMs: '3000', holdMs: '5000' };
        return putService({ guard, checks: this.chance(0.5) ? [{ tcp: {} }] : undefined }, ifVersion);
      }
      default:
        return this.chance(0.5) ? keepAlive(...LEASES) : grant('', 1000 + this.below(5000));
    }
  }
}
