import { expect, test } from 'vitest';
import { Driver } from './driver.js';
import { del, grant, key, leaseId, put, range, shown } from './words.js';

test('the first put makes revision 2: an empty store has revision 1 (etcd)', () => {
  const driver = new Driver();
  expect(driver.machine.revision).toBe(1);
  expect(driver.outcome(put('a', '1')).revision).toBe(2);
});

test('create revision and version count from the latest creation of the key', () => {
  const driver = new Driver();
  const one = () => driver.machine.range(range('a')).items[0];
  driver.run(put('a', '1'));
  driver.run(put('a', '2'));
  expect(one()).toMatchObject({ createRevision: 2, modRevision: 3, version: 2 });
  driver.run(del('a'));
  driver.run(put('a', '3'));
  expect(one()).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 });
});

test('prev_kv is the version before, and nothing for a new key', () => {
  const driver = new Driver(0);
  expect(driver.ok(put('a', '1', { prevKv: true }), 'put').previous).toBeUndefined();
  const previous = driver.ok(put('a', '2', { prevKv: true }), 'put').previous;
  expect(previous && shown(previous)).toBe('a=1');
  expect(previous).toMatchObject({ modRevision: 2, version: 1 });
});

test('ignore_value keeps the value, ignore_lease the lease (etcd)', () => {
  const driver = new Driver(0);
  const one = () => driver.machine.range(range('a')).items.map((item) => `${shown(item)} lease ${item.lease}`);
  driver.run(grant('1', 5000));
  driver.run(put('a', 'old', { lease: leaseId('1') }));
  driver.run(put('a', 'dropped', { ignoreValue: true, ignoreLease: true }));
  expect(one()).toEqual(['a=old lease 1']);
  driver.run(put('a', 'new', { ignoreLease: true }));
  expect(one()).toEqual(['a=new lease 1']);
  driver.run(put('a', '', { ignoreValue: true }));
  expect(one()).toEqual(['a=new lease ']);
});

test('ignore_value and ignore_lease need a key that exists (etcd: key not found)', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  driver.run(del('a'));
  for (const options of [{ ignoreValue: true }, { ignoreLease: true }]) {
    expect(driver.refused(put('a', '2', options)).reason).toBe('KEY_NOT_FOUND');
  }
  expect(driver.machine.revision).toBe(3);
});

test('a put with an unknown lease is refused and changes nothing', () => {
  const driver = new Driver();
  expect(driver.refused(put('a', '1', { lease: leaseId('99') }))).toMatchObject({
    reason: 'LEASE_NOT_FOUND',
    metadata: { lease: '99' },
  });
  expect(driver.machine.revision).toBe(1);
  expect(driver.last?.changes).toEqual([]);
});

test('a put without lease detaches the key (etcd)', () => {
  const driver = new Driver();
  driver.run(grant('1', 5000));
  driver.run(put('a', '1', { lease: leaseId('1') }));
  expect(driver.machine.lease(leaseId('1'))?.keys).toEqual(['a']);
  driver.run(put('a', '2'));
  expect(driver.machine.lease(leaseId('1'))?.keys).toEqual([]);
});

test('keys are bytes: order and identity follow them', () => {
  const driver = new Driver();
  const high = Buffer.from([0xff, 0x00]).toString('latin1');
  driver.run({ ...put('', 'high'), key: high as ReturnType<typeof key> });
  driver.run(put('é', 'two bytes'));
  driver.run(put('z', 'one byte'));
  expect(driver.machine.range(range('\0', '\0')).items.map((item) => item.key)).toEqual(['z', key('é'), high]);
});

test('a change names the live version before it, on every member', () => {
  const driver = new Driver();
  driver.run(put('a', '1'));
  expect(driver.last?.changes[0]?.changes[0]?.previous).toBeUndefined();
  driver.run(put('a', '2'));
  expect(driver.last?.changes[0]?.changes[0]?.previous).toEqual({ revision: 2, sub: 0 });
  driver.run(del('a'));
  driver.run(put('a', '3'));
  expect(driver.last?.changes[0]?.changes[0]?.previous).toBeUndefined();
});

test('a kept value does not pin the message that it came in', () => {
  const driver = new Driver();
  const message = new Uint8Array(100_000);
  driver.run({ ...put('a', ''), value: message.subarray(500, 600) });
  expect(driver.machine.range(range('a')).items[0]?.value.buffer.byteLength).toBe(100);
  const large = message.subarray(0, 90_000);
  driver.run({ ...put('b', ''), value: large });
  expect(driver.machine.range(range('b')).items[0]?.value).toBe(large);
});

test('a put that is wrong twice is refused for its lease (etcd)', () => {
  const driver = new Driver();
  const command = put('missing', '', { ignoreValue: true, lease: leaseId('77') });
  expect(driver.refused(command).reason).toBe('LEASE_NOT_FOUND');
});
