import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { inRange } from '../../src/base/ranges.js';
import { validateTxn } from '../../src/machine/txn-validation.js';
import type { DeleteRangeCommand, Operation, PutCommand, TxnCommand } from '../../src/machine/types.js';
import { RandomCommands } from './random-commands.js';
import { compare, del, put, range, txn } from './words.js';

const refusal = (success: Operation[], failure: Operation[] = []) => validateTxn(txn([], success, failure))?.reason;
const nested = (success: Operation[], failure: Operation[] = []) => txn([], success, failure);
const puts = (count: number) => Array.from({ length: count }, (_, i) => put(`k${i}`, ''));

test('a key is put once (etcd: duplicate key given in txn request)', () => {
  expect(refusal([put('a', '1'), put('a', '2')])).toBe('DUPLICATE_KEY');
  expect(refusal([put('a', '1'), put('b', '2')])).toBeUndefined();
});

test('a put key is not deleted, in whatever order', () => {
  expect(refusal([put('b', '1'), del('b')])).toBe('DUPLICATE_KEY');
  expect(refusal([del('a', 'c'), put('b', '1')])).toBe('DUPLICATE_KEY');
  expect(refusal([put('b', '1'), del('a', '\0')])).toBe('DUPLICATE_KEY');
  expect(refusal([put('c', '1'), del('a', 'c')])).toBeUndefined();
  expect(refusal([put('b', '1'), del('c', 'a')])).toBeUndefined();
});

test('deletes may overlap, and ranges see anything (etcd)', () => {
  expect(refusal([del('a', 'c'), del('b'), del('a', '\0')])).toBeUndefined();
  expect(refusal([put('a', '1'), range('a'), range('a', '\0')])).toBeUndefined();
});

test('then and else may share keys: only one of them runs (etcd)', () => {
  expect(refusal([put('a', '1')], [put('a', '2')])).toBeUndefined();
  expect(refusal([put('a', '1')], [del('a')])).toBeUndefined();
  expect(refusal([nested([put('a', '1')], [put('a', '2')])])).toBeUndefined();
  expect(refusal([nested([put('a', '1')], [del('a')])])).toBeUndefined();
});

test('the rule goes across nesting (etcd)', () => {
  expect(refusal([put('a', '1'), nested([], [put('a', '2')])])).toBe('DUPLICATE_KEY');
  expect(refusal([nested([put('a', '1')]), nested([put('a', '2')])])).toBe('DUPLICATE_KEY');
  expect(refusal([del('a', 'c'), nested([nested([put('b', '2')])])])).toBe('DUPLICATE_KEY');
  expect(refusal([put('b', '1'), nested([del('a', 'c')])])).toBe('DUPLICATE_KEY');
  expect(refusal([nested([del('b')]), nested([put('b', '1')])])).toBe('DUPLICATE_KEY');
  expect(refusal([nested([put('b', '1')]), nested([del('b')])])).toBe('DUPLICATE_KEY');
  expect(refusal([], [nested([put('a', '1'), put('a', '2')])])).toBe('DUPLICATE_KEY');
  expect(refusal([del('a', 'd'), nested([del('b', 'z')], [put('c', '1')])])).toBe('DUPLICATE_KEY');
  expect(refusal([nested([del('a', 'd')], [put('c', '1')]), del('b', 'c')])).toBeUndefined();
});

test('128 elements in each list, not more (etcd: too many operations)', () => {
  const many = (count: number) =>
    Array.from({ length: count }, () => compare('a', 'equal', { kind: 'version', value: 0 }));
  expect(validateTxn(txn(many(128), puts(128), puts(128)))).toBeUndefined();
  expect(validateTxn(txn(many(129), []))?.reason).toBe('TOO_MANY_CHANGES');
  expect(validateTxn(txn([], puts(129)))?.reason).toBe('TOO_MANY_CHANGES');
  expect(validateTxn(txn([], [], puts(129)))?.reason).toBe('TOO_MANY_CHANGES');
});

test('nesting eats the same allowance, so depth is bounded too (etcd)', () => {
  const around = (inner: number) => txn([], [nested(puts(inner)), ...Array.from({ length: 27 }, () => range('a'))]);
  expect(validateTxn(around(100))).toBeUndefined();
  expect(validateTxn(around(101))?.reason).toBe('TOO_MANY_CHANGES');
  let deep: TxnCommand = txn([], []);
  for (let i = 0; i < 129; i++) deep = txn([], [deep]);
  expect(validateTxn(deep)?.reason).toBe('TOO_MANY_CHANGES');
});

/** The rule by brute force: walk every path and look at all pairs. */
function conflicts(transaction: TxnCommand): boolean {
  return paths(transaction).some((path) =>
    path.some((one, i) => path.some((other, j) => i !== j && one.kind === 'put' && clashes(one, other))),
  );
}

function clashes(one: PutCommand, other: PutCommand | DeleteRangeCommand): boolean {
  return other.kind === 'put' ? one.key === other.key : inRange(one.key, other.key, other.end);
}

function paths(transaction: TxnCommand): (PutCommand | DeleteRangeCommand)[][] {
  return [transaction.success, transaction.failure].flatMap((branch) => {
    let all: (PutCommand | DeleteRangeCommand)[][] = [[]];
    for (const operation of branch) {
      if (operation.kind === 'txn') all = all.flatMap((path) => paths(operation).map((rest) => [...path, ...rest]));
      else if (operation.kind !== 'range') all = all.map((path) => [...path, operation]);
    }
    return all;
  });
}

test('agrees with a walk along every path', () => {
  const commands = new RandomCommands(seededRandom(5));
  let refused = 0;
  for (let i = 0; i < 2_000; i++) {
    const transaction = commands.txn(5);
    const conflict = conflicts(transaction);
    if (conflict) refused++;
    expect(validateTxn(transaction)?.reason, JSON.stringify(transaction)).toBe(conflict ? 'DUPLICATE_KEY' : undefined);
  }
  expect(refused).toBeGreaterThan(300);
  expect(refused).toBeLessThan(1_700);
});
