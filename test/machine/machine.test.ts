import { expect, test } from 'vitest';
import { AssertionFailure } from '../../src/base/assert.js';
import { clusterTime, index, type MemberId, term } from '../../src/base/ids.js';
import { Machine } from '../../src/machine/machine.js';
import { batchFor, Driver, SELF } from './driver.js';
import { MemoryReader } from './memory-reader.js';
import { compact, del, grant, key, put } from './words.js';

test('an empty machine', () => {
  const { machine } = new Driver();
  expect([machine.revision, machine.compactedRevision, machine.clock, machine.appliedIndex]).toEqual([1, 0, 0, 0]);
  expect(machine.status()).toEqual({ keys: 0, leases: 0, nextDeadline: undefined, backlog: false });
});

test('each entry is applied once and in order', () => {
  const { machine } = new Driver();
  const entry = (at: number) => ({ index: index(at), term: term(1), clock: clusterTime(0), wallMs: 0, runs: [] });
  expect(() => machine.apply(entry(2), () => true)).toThrowError(AssertionFailure);
  machine.apply(entry(1), () => true);
  expect(() => machine.apply(entry(1), () => true)).toThrowError(AssertionFailure);
});

test('the meta says where the machine stands', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.clock = 70;
  driver.run(compact(2));
  expect(driver.last?.meta).toEqual({
    appliedIndex: 2,
    appliedTerm: 1,
    revision: 2,
    compactedRevision: 2,
    compactionCursor: undefined,
    clock: 70,
  });
});

test('an entry without commands still moves index, term and clock', () => {
  const driver = new Driver();
  driver.apply({ index: index(1), term: term(4), clock: clusterTime(50), wallMs: 0, runs: [] });
  expect(driver.last?.meta).toMatchObject({ appliedIndex: 1, appliedTerm: 4, clock: 50 });
  expect(driver.last?.writes).toEqual([]);
});

test('outcomes are made for the runs of those who wait here, with their sequences', () => {
  const { machine } = new Driver();
  const request = { command: put('a', '1'), requestId: '' };
  const run = (member: number, incarnation: number) => ({
    member: member as MemberId,
    incarnation,
    firstSequence: 1,
    requests: [request, request],
  });
  const batch = { ...batchFor(machine, []), runs: [run(1, 1), run(SELF, 2), run(3, 1)] };
  const { outcomes } = machine.apply(batch, (member, incarnation) => member === SELF && incarnation === 2);
  expect(outcomes.map(({ sequence, outcome }) => [sequence, outcome.revision])).toEqual([
    [1, 4],
    [2, 5],
  ]);
});

test('one mutating command makes one revision, each with its own changes', () => {
  const driver = new Driver();
  driver.requests(
    [put('a', '1'), put('b', '1'), del('x'), del('a', '\0')].map((command) => ({ command, requestId: '' })),
  );
  expect(
    driver.last?.changes.map(({ revision, changes }) => [revision, changes.map(({ current }) => current.key)]),
  ).toEqual([
    [2, ['a']],
    [3, ['b']],
    [4, ['a', 'b']],
  ]);
});

test('a command that fails leaves no trace', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(grant('1', 5000));
  expect(driver.last?.writes.map(({ kind }) => kind)).toEqual(['origin']);
});

test('changes carry the versions that are written', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  const written = driver.last?.writes.flatMap((write) => (write.kind === 'version' ? [write.version] : []));
  expect(written).toEqual(driver.last?.changes.flatMap(({ changes }) => changes.map(({ current }) => current)));
});

test('the next deadline and the backlog tell when an entry is wanted', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(grant('2', 3000));
  expect(driver.machine.status()).toMatchObject({ nextDeadline: 3000, backlog: false });
  driver.advance(3000);
  expect(driver.machine.status()).toMatchObject({ nextDeadline: 5000, backlog: false });
});

test('a machine takes over from an image where its writer stood', () => {
  const driver = new Driver();
  driver.clock = 9;
  driver.run(put('a', '1'), 'id-1');
  const rebuilt = driver.rebuilt();
  expect([rebuilt.revision, rebuilt.compactedRevision, rebuilt.clock, rebuilt.appliedIndex]).toEqual([2, 0, 9, 1]);
  expect(rebuilt.originState(SELF)).toEqual({ incarnation: 1, lastSequence: 1 });
  expect(rebuilt.versionBefore(key('a'), rebuilt.revision)).toBeUndefined();
});

test('a machine with nothing to load is empty', () => {
  const machine = new Machine({ reader: new MemoryReader(), cacheBytes: 0 });
  machine.finishLoad(undefined);
  expect(machine.revision).toBe(1);
});
