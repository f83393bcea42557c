/** Random requests of the KV service. */
import type {
  CompactionRequestIn,
  CompareIn,
  DeleteRangeRequestIn,
  PutRequestIn,
  RangeRequestIn,
  RequestOpIn,
  TxnRequestIn,
} from '../../../src/proto/etcd.js';
import type { Dice } from './dice.js';
import type { SessionView } from './session.js';
import { anyEnd, anyKey, anyRevision, anyValue, bytes, nearRevision, oddNumber, smallNumber } from './words.js';

const deepest = 3;
/** Enum values that no release knows. */
const unknown = 9 as number as 0;
const sortTargets = [0, 1, 2, 3, 4] as const;
const compareTargets = [0, 1, 2, 3, 4] as const;
const compareResults = [0, 1, 2, 3] as const;

export class KvRequests {
  constructor(
    private readonly dice: Dice,
    /** A lease, mostly one that was granted. */
    private readonly anyLease: () => string,
  ) {}

  range(view: SessionView): RangeRequestIn {
    const { dice } = this;
    const key = anyKey(dice);
    const filter = () => (dice.chance(0.08) ? nearRevision(dice, view) : '0');
    return {
      key,
      range_end: anyEnd(dice, key),
      limit: dice.chance(0.3) ? smallNumber(dice) : '0',
      revision: anyRevision(dice, view),
      // An unknown target makes etcd panic.
      sort_order: dice.chance(0.4) ? dice.pick([1, 2] as const) : 0,
      sort_target: dice.chance(0.4) ? dice.pick(sortTargets) : 0,
      serializable: dice.chance(0.2),
      keys_only: dice.chance(0.15),
      count_only: dice.chance(0.1),
      min_mod_revision: filter(),
      max_mod_revision: filter(),
      min_create_revision: filter(),
      max_create_revision: filter(),
    };
  }

  put(): PutRequestIn {
    const { dice } = this;
    const ignore_value = dice.chance(0.08);
    const ignore_lease = dice.chance(0.08);
    return {
      key: anyKey(dice),
      value: ignore_value && dice.chance(0.9) ? bytes('') : anyValue(dice),
      lease: (ignore_lease && dice.chance(0.9)) || dice.chance(0.75) ? '0' : this.anyLease(),
      prev_kv: dice.chance(0.3),
      ignore_value,
      ignore_lease,
    };
  }

  deleteRange(): DeleteRangeRequestIn {
    const { dice } = this;
    const key = anyKey(dice);
    return { key, range_end: dice.chance(0.5) ? bytes('') : anyEnd(dice, key), prev_kv: dice.chance(0.4) };
  }

  txn(view: SessionView): TxnRequestIn {
    return this.txnOfDepth(view, 0);
  }

  compact(view: SessionView): CompactionRequestIn {
    const { dice } = this;
    const revision = dice.weighted([
      [8, () => nearRevision(dice, view)],
      [1, () => '-1'],
      [1, () => '0'],
    ])();
    return { revision, physical: dice.chance(0.2) };
  }

  private txnOfDepth(view: SessionView, depth: number): TxnRequestIn {
    const { dice } = this;
    const operation = () => this.operation(view, depth);
    const most = dice.weighted([
      [50, 2],
      [30, 4],
      [1, 20],
      [0.2, 140],
    ]);
    return {
      compare: dice.list(3, () => this.compare(view)),
      success: dice.list(most, operation),
      failure: dice.list(most, operation),
    };
  }

  private operation(view: SessionView, depth: number): RequestOpIn {
    const { dice } = this;
    return dice.weighted<() => RequestOpIn>([
      [4, () => ({ request_put: this.put() })],
      [3, () => ({ request_range: this.range(view) })],
      [2, () => ({ request_delete_range: this.deleteRange() })],
      [depth < deepest ? 1 : 0, () => ({ request_txn: this.txnOfDepth(view, depth + 1) })],
      [0.02, () => ({})],
    ])();
  }

  private compare(view: SessionView): CompareIn {
    const { dice } = this;
    const key = anyKey(dice);
    const target = dice.chance(0.01) ? unknown : dice.pick(compareTargets);
    // Now and then a value of another target than the one that is told, or none.
    const value = dice.chance(0.02) ? {} : this.compared(view, dice.chance(0.03) ? dice.below(5) : target);
    const result = dice.chance(0.01) ? unknown : dice.pick(compareResults);
    return {
      result: isOrderless(value) ? (dice.chance(0.5) ? 0 : 3) : result,
      target,
      key,
      range_end: dice.chance(0.7) ? bytes('') : anyEnd(dice, key),
      ...value,
    };
  }

  private compared(view: SessionView, target: number): CompareIn {
    const { dice } = this;
    const number = () => (dice.chance(0.05) ? oddNumber(dice) : smallNumber(dice));
    const revision = () => (dice.chance(0.2) ? number() : nearRevision(dice, view));
    switch (target) {
      case 1:
        return { create_revision: revision() };
      case 2:
        return { mod_revision: revision() };
      case 3:
        return { value: anyValue(dice) };
      case 4:
        return { lease: dice.chance(0.5) ? '0' : this.anyLease() };
      default:
        return { version: number() };
    }
  }
}

/** Which of two lease ids is less is chance, since each store chooses its own: beside them only numbers that are less than all of these may stand. */
function isOrderless({ lease }: CompareIn): boolean {
  return lease !== undefined && !/^-?\d$/.test(String(lease));
}
