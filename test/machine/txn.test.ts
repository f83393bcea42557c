import { expect, test } from 'vitest';
import type { OperationResult } from '../../src/machine/types.js';
import { batchFor, Driver } from './driver.js';
import { at, bytes, compact, compare, del, grant, leaseId, put, range, shown, txn } from './words.js';

const exists = (name: string) => compare(name, 'greater', { kind: 'version', value: 0 });

function seen(result: OperationResult | undefined): string[] {
  return result?.kind === 'range' ? result.items.map(shown) : [`not a range: ${result?.kind}`];
}

test('all changes share one revision, numbered in operation order', () => {
  const driver = new Driver();
  driver.run(put('old', '1'));
  const outcome = driver.outcome(txn([], [put('b', '1'), del('old'), put('a', '1')]));
  expect(outcome.revision).toBe(3);
  expect(driver.last?.changes).toHaveLength(1);
  expect(
    driver.last?.changes[0]?.changes.map(({ current }) => [current.key, current.modRevision, current.sub]),
  ).toEqual([
    ['b', 3, 0],
    ['old', 3, 1],
    ['a', 3, 2],
  ]);
});

test('then runs when the compares hold, else when not', () => {
  const driver = new Driver();
  const command = txn([exists('a')], [put('then', '1')], [put('a', '1')]);
  expect(driver.ok(command, 'txn').succeeded).toBe(false);
  expect(driver.ok(command, 'txn').succeeded).toBe(true);
  expect(driver.machine.range(range('\0', '\0')).items.map(shown)).toEqual(['a=1', 'then=1']);
});

test('a txn reads its own writes (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', 'old'));
  const { responses } = driver.ok(txn([], [range('a'), put('a', 'new'), range('a')]), 'txn');
  expect(seen(responses[0])).toEqual(['a=old']);
  expect(seen(responses[2])).toEqual(['a=new']);
});

test('a read at a named revision does not see the own writes', () => {
  const driver = new Driver();
  driver.run(put('a', 'old'));
  const { responses } = driver.ok(txn([], [put('a', 'new'), range('a', undefined, { revision: at(2) })]), 'txn');
  expect(seen(responses[1])).toEqual(['a=old']);
});

test('a read-only txn, and one that deletes nothing, leave the revision (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  expect(driver.outcome(txn([], [range('a')])).revision).toBe(2);
  expect(driver.outcome(txn([], [del('x'), del('y', 'z')])).revision).toBe(2);
  expect(driver.outcome(txn([exists('x')], [put('b', '1')])).revision).toBe(2);
  expect(driver.last?.changes).toEqual([]);
});

test('overlapping deletes: the second finds nothing left (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  const { responses } = driver.ok(txn([], [del('a', 'c'), del('a')]), 'txn');
  expect(responses.map((response) => response.kind === 'deleteRange' && response.deleted)).toEqual([1, 0]);
});

test('a key changed twice is refused whole', () => {
  const driver = new Driver();
  expect(driver.refused(txn([], [put('b', '1'), put('a', '1'), put('a', '2')])).reason).toBe('DUPLICATE_KEY');
  expect(driver.machine.revision).toBe(1);
});

test('one bad operation on the path refuses the whole txn', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(put('a', '2'));
  driver.run(compact(3));
  const bad = [
    [put('b', '1', { lease: leaseId('9') }), 'LEASE_NOT_FOUND'],
    [put('b', '1', { ignoreValue: true }), 'KEY_NOT_FOUND'],
    [range('a', undefined, { revision: at(999) }), 'REVISION_IN_FUTURE'],
    [range('a', undefined, { revision: at(2) }), 'REVISION_COMPACTED'],
  ] as const;
  for (const [operation, reason] of bad) {
    expect(driver.refused(txn([], [put('c', '1'), operation])).reason).toBe(reason);
    expect(driver.refused(txn([], [put('c', '1'), txn([], [operation])])).reason).toBe(reason);
    expect(driver.ok(txn([], [put('c', '1')], [operation]), 'txn').succeeded, 'not on the path').toBe(true);
    driver.run(del('c'));
  }
});

test('a range at a revision that cannot be read refuses the puts on members that serve nobody too (etcd 3.4.23 applies them there)', () => {
  const driver = new Driver();
  const command = txn([], [put('a', '1'), range('a', undefined, { revision: at(99) })]);
  const applied = driver.apply(batchFor(driver.machine, [{ command, requestId: '' }]));
  expect(applied.changes).toEqual([]);
  expect(driver.machine.revision).toBe(1);
});

test('compares of nested txns are decided on the state before the whole txn (etcd)', () => {
  const driver = new Driver();
  const inner = txn([exists('a')], [put('saw', 'a')], [put('saw', 'nothing')]);
  const result = driver.ok(txn([], [put('a', '1'), inner]), 'txn');
  expect(result.responses[1]).toMatchObject({ kind: 'txn', succeeded: false });
  expect(driver.machine.range(range('saw')).items.map(shown)).toEqual(['saw=nothing']);
});

test('nested branches are walked in step with their decisions', () => {
  const driver = new Driver();
  driver.run(put('yes', '1'));
  const pick = (name: string) =>
    txn(
      [exists(name)],
      [put(`${name}-then`, '1'), txn([exists('no')], [], [put(`${name}-deep`, '1')])],
      [put(`${name}-else`, '1')],
    );
  driver.run(txn([], [pick('yes'), pick('no')]));
  expect(driver.machine.range(range('\0', '\0')).items.map((item) => item.key)).toEqual([
    'no-else',
    'yes',
    'yes-deep',
    'yes-then',
  ]);
});

test('a put on a lease inside a txn attaches the key', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(
    txn([compare('a', 'equal', { kind: 'createRevision', value: 0 })], [put('a', 'lock', { lease: leaseId('1') })]),
  );
  expect(driver.machine.lease(leaseId('1'))?.keys).toEqual(['a']);
});

test('prev_kv inside a txn', () => {
  const driver = new Driver(0);
  driver.run(put('a', 'one'));
  driver.run(put('b', 'two'));
  const { responses } = driver.ok(txn([], [put('a', 'new', { prevKv: true }), del('b', undefined, true)]), 'txn');
  expect(responses[0]).toMatchObject({ previous: { value: bytes('one'), modRevision: 2 } });
  expect(responses[1]).toMatchObject({ previous: [{ value: bytes('two') }] });
});

test('a put is refused before any range, and for its key before its lease (etcd)', () => {
  const driver = new Driver();
  const future = range('a', undefined, { revision: at(99) });
  const noLease = put('a', '1', { lease: leaseId('77') });
  expect(driver.refused(txn([], [future, noLease])).reason).toBe('LEASE_NOT_FOUND');
  expect(driver.refused(txn([], [txn([], [future]), txn([], [noLease])])).reason).toBe('LEASE_NOT_FOUND');
  expect(driver.refused(txn([], [{ ...noLease, ignoreValue: true }])).reason).toBe('KEY_NOT_FOUND');
  expect(driver.machine.revision).toBe(1);
});

test('a negative revision is an old one here, though a lone range takes it for none (etcd)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  expect(driver.refused(txn([], [range('a', undefined, { revision: at(-5) })])).reason).toBe('REVISION_COMPACTED');
});

test('a txn that changes nothing can be read between entries, and answers as if it had been applied', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  const command = txn([exists('a')], [range('a'), txn([exists('b')], [], [range('a', 'z')])], [range('b')]);
  const index = driver.machine.appliedIndex;
  const read = driver.machine.readTxn(command);
  expect(driver.machine.appliedIndex).toBe(index);
  expect(read).toEqual(driver.ok(command, 'txn'));
  expect(() => driver.machine.readTxn(txn([], [range('a', undefined, { revision: at(99) })]))).toThrow(
    expect.objectContaining({ reason: 'REVISION_IN_FUTURE' }),
  );
});

test('a txn that may change something, on whatever branch, is not read', () => {
  const { machine } = new Driver();
  expect(() => machine.readTxn(txn([], [], [del('a')]))).toThrow('changes nothing');
  expect(() => machine.readTxn(txn([], [txn([], [], [put('a', '1')])]))).toThrow('changes nothing');
});
