import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.js';
import { batchFor, Driver } from './driver.js';
import { document, grant, keepAlive, leaseId, publish, put, range, register, txn } from './words.js';

test('a repeat is not applied again and gets the same answer with the same revision', () => {
  const driver = new Driver();
  const first = driver.outcome(publish([document('prod/url', 'x')]), 'id-1');
  driver.run(put('other', '1'));
  expect(driver.outcome(publish([document('prod/url', 'x')]), 'id-1')).toEqual(first);
  expect(driver.last?.changes).toEqual([]);
  expect(driver.last?.writes.map(({ kind }) => kind)).toEqual(['origin']);
  expect(driver.machine.config('prod', 'url')?.version).toBe(1);
});

test('the content of the repeat does not matter, only id and kind', () => {
  const driver = new Driver();
  const first = driver.outcome(put('a', '1'), 'id-1');
  expect(driver.outcome(put('b', '2'), 'id-1')).toEqual(first);
  expect(driver.machine.range(range('b')).count).toBe(0);
});

test('an id that was used for another kind of request is refused, and stays with the first', () => {
  const driver = new Driver();
  const first = driver.outcome(put('a', '1'), 'id-1');
  expect(driver.outcome(grant('1', 5000), 'id-1').result).toMatchObject({
    reason: 'REQUEST_ID_REUSED',
    metadata: { requestId: 'id-1' },
  });
  expect(driver.machine.leaseIds()).toEqual([]);
  expect(driver.outcome(put('a', '1'), 'id-1')).toEqual(first);
});

test('a refusal is remembered too, so that a repeat gets it again when it would succeed now', () => {
  const driver = new Driver();
  const first = driver.outcome(register('i1', {}, '77'), 'id-1');
  expect(first.result).toMatchObject({ reason: 'LEASE_NOT_FOUND' });
  driver.run(grant('77', 5000));
  expect(driver.outcome(register('i1', {}, '77'), 'id-1')).toEqual(first);
});

test('keep-alives are never remembered', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(keepAlive('1'), 'id-1');
  expect(driver.image.requests.size).toBe(0);
  expect(driver.run(put('a', '1'), 'id-1').kind).toBe('put');
});

test('a repeat within one entry', () => {
  const driver = new Driver();
  const request = { command: txn([], [put('a', '1', { prevKv: true })]), requestId: 'id-1' };
  const [first, second] = driver.requests([request, request]);
  expect(second).toEqual(first);
  expect(driver.machine.revision).toBe(2);
});

test('a member on which nobody waited remembers the whole answer too, and so does a rebuilt one', () => {
  const driver = new Driver(0);
  driver.run(put('a', 'old'));
  const request = { command: put('a', 'new', { prevKv: true }), requestId: 'id-1' };
  driver.apply(batchFor(driver.machine, [request]));
  const rebuilt = driver.rebuilt();
  for (const machine of [driver.machine, rebuilt]) {
    const { outcomes } = machine.apply(batchFor(machine, [request]), () => true);
    expect(outcomes[0]?.outcome).toMatchObject({ result: { previous: { modRevision: 2 } }, revision: 3 });
  }
});

test('requests are forgotten after the retention, by the cluster clock', () => {
  const driver = new Driver(0, { ...limits, requestRetentionMs: 1000 });
  driver.run(put('a', '1'), 'id-1');
  driver.clock = 600;
  driver.run(put('a', '2'), 'id-2');
  driver.advance(999);
  expect([...driver.image.requests.keys()]).toEqual(['id-1', 'id-2']);
  driver.advance(1000);
  expect([...driver.image.requests.keys()]).toEqual(['id-2']);
  expect(driver.outcome(put('a', '3'), 'id-1').revision).toBe(4);
});

test('the number of requests is bounded; the oldest go first', () => {
  const driver = new Driver(0, { ...limits, requestsKept: 3 });
  for (const id of ['z', 'b', 'y', 'a']) driver.run(put('a', id), id);
  expect([...driver.image.requests.keys()]).toEqual(['b', 'y', 'a']);
});

test('the bytes of results are bounded', () => {
  const driver = new Driver(0, { ...limits, requestResultBytes: 5_000 });
  driver.run(put('a', 'x'.repeat(2_000)));
  for (const id of ['1', '2', '3']) driver.run(put('a', 'x'.repeat(2_000), { prevKv: true }), id);
  expect([...driver.image.requests.keys()]).toEqual(['2', '3']);
});

test('a bounded number is forgotten with one entry', () => {
  const driver = new Driver(0, { ...limits, requestRetentionMs: 10, requestsForgottenPerEntry: 2 });
  for (const id of ['1', '2', '3']) driver.run(put('a', '1'), id);
  driver.advance(100);
  expect([...driver.image.requests.keys()]).toEqual(['3']);
});

test('after a rebuild requests of one entry are forgotten in the order in which they came', () => {
  const driver = new Driver(0, { ...limits, requestsKept: 3 });
  driver.requests(['z', 'a', 'm'].map((requestId) => ({ command: put(requestId, '1'), requestId })));
  const rebuilt = driver.rebuilt();
  const batch = batchFor(rebuilt, [{ command: put('q', '1'), requestId: 'q' }]);
  const forgotten = rebuilt
    .apply(batch, () => false)
    .writes.filter((write) => write.kind === 'request' && !write.record);
  expect(forgotten).toEqual([{ kind: 'request', id: 'z', record: undefined }]);
});

test('a registration repeated with its id gets the lease of the first', () => {
  const driver = new Driver();
  const first = driver.run(register('i1', {}, ''), 'id-1');
  expect(driver.run(register('i1', {}, ''), 'id-1')).toEqual(first);
  expect(driver.machine.leaseIds()).toHaveLength(1);
  expect(first.kind === 'register' && driver.machine.lease(leaseId(first.lease))?.keys).toHaveLength(1);
});
