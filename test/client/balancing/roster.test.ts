/** Which instances are called: order of preference, panic, twins, new ones. */
import { expect, test } from 'vitest';
import { preferred, Roster } from '../../../src/client/balancing/roster.js';
import { type Health, type Instance, type InstanceStatus, instanceOf } from '../../../src/client/instance.js';
import { Instance as InstanceMessages } from '../../../src/proto/quorate.js';

function instance(id: string, status: InstanceStatus, health: Health, more: Partial<Instance> = {}): Instance {
  return { ...blank, id, address: '10.0.0.1', port: 80 + id.charCodeAt(0), status, health, ...more };
}
const blank = instanceOf(InstanceMessages.decode(Buffer.alloc(0)));

const ids = (list: readonly Instance[]) => list.map(({ id }) => id).join('');
const passing = (from: string) => [...from].map((id) => instance(id, 'UP', 'PASSING'));

test('those that are up and pass', () => {
  const others = [
    instance('x', 'DRAINING', 'PASSING'),
    instance('y', 'STARTING', 'PASSING'),
    instance('z', 'DOWN', 'PASSING'),
    instance('f', 'UP', 'FAILING'),
    instance('u', 'UP', 'UNCHECKED'),
    instance('s', 'UP', 'SUSPECT'),
  ];
  const { chosen, panic } = preferred([...others, ...passing('abc')]);
  expect(ids(chosen)).toBe('abc');
  expect(panic).toBe(false);
});

test('all that are up when fewer than half of these pass', () => {
  const rest = [instance('f', 'UP', 'FAILING'), instance('s', 'UP', 'SUSPECT'), instance('x', 'DRAINING', 'PASSING')];
  expect(preferred([...passing('ab'), ...rest])).toMatchObject({ panic: false });
  const { chosen, panic } = preferred([...passing('a'), ...rest]);
  expect(ids(chosen)).toBe('afs');
  expect(panic).toBe(true);
  expect(preferred([])).toEqual({ chosen: [], panic: false });
  expect(ids(preferred([instance('x', 'DRAINING', 'PASSING')]).chosen)).toBe('');
});

test('a list tells whether it has changed; newcomers have a time, the first ones have none', () => {
  let now = 100;
  const roster = new Roster({ now: () => now });
  expect(roster.update([])).toBe(false);
  expect(roster.update(passing('ab'))).toBe(true);
  expect(roster.list.map(({ sinceMs }) => sinceMs)).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(roster.update(passing('ba'))).toBe(false);
  now = 200;
  expect(roster.update(passing('abc'))).toBe(true);
  now = 300;
  expect(roster.update([...passing('abc').map((one) => ({ ...one, weight: 7 }))])).toBe(true);
  expect(roster.list.map(({ sinceMs }) => sinceMs)).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 200]);
  expect(roster.update(passing('ac'))).toBe(true);
  expect(roster.update(passing('abc'))).toBe(true);
  expect(roster.list.find(({ instance: { id } }) => id === 'b')?.sinceMs).toBe(300);
});

test('of two at one address the newer counts', () => {
  const roster = new Roster();
  const at = { address: '10.0.0.9', port: 9 };
  const [old, young] = [
    instance('old', 'UP', 'PASSING', { ...at, createRevision: 5 }),
    instance('young', 'UP', 'PASSING', { ...at, createRevision: 6 }),
  ];
  for (const list of [
    [old, young],
    [young, old],
  ]) {
    roster.update(list);
    expect(roster.list.map(({ instance: { id } }) => id)).toEqual(['young']);
  }
});

test('a named port is called instead of the main one; who has none is not', () => {
  const roster = new Roster({ port: 'admin' });
  roster.update([
    instance('a', 'UP', 'PASSING', { address: '::1', ports: { admin: 9000 } }),
    instance('b', 'UP', 'PASSING', { ports: { metrics: 9100 } }),
  ]);
  expect(roster.list).toMatchObject([{ name: '[::1]:9000', host: '::1', port: 9000 }]);
});
