import { beforeEach, expect, test } from 'vitest';
import { type Revision, revision } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { type Followed, Subscribers } from '../../src/watch/subscribers.js';

let now: number;
let subscribers: Subscribers;

beforeEach(() => {
  now = 1_000;
  subscribers = new Subscribers(() => now);
});

const web: Followed = { namespace: 'ns', services: ['web'] };

/** A watch that was told everything up to `told`, the last of it with `news`. */
function watch(name: string, told: number, news: number, followed = web) {
  const position = { told, news };
  return { position, end: subscribers.add(name, followed, position) };
}

function at(wanted: number, service = 'web', sought: readonly string[] = []) {
  return subscribers.state({ namespace: 'ns', service, revision: revision(wanted) as Revision, sought });
}

const nobody = { subscribers: 0, acknowledged: 0, missing: [], vanished: [], found: [] };

test('a subscriber has acknowledged when it says so for the revision or a later one', () => {
  watch('a', 9, 7);
  expect(at(7)).toEqual({ ...nobody, subscribers: 1, missing: ['a'] });
  expect(subscribers.acknowledge('a', 6)).toBe(true);
  expect(at(7)).toMatchObject({ acknowledged: 0 });
  expect(subscribers.acknowledge('a', 7)).toBe(true);
  expect(at(7)).toEqual({ ...nobody, subscribers: 1, acknowledged: 1 });
  subscribers.acknowledge('a', 3);
  expect(at(7), 'it never goes back').toMatchObject({ acknowledged: 1 });
});

test('who was told that nothing changed for it need not say anything', () => {
  const { position } = watch('a', 5, 3);
  subscribers.acknowledge('a', 3);
  expect(at(7), 'not told yet').toMatchObject({ acknowledged: 0 });
  position.told = 7;
  expect(at(7)).toMatchObject({ acknowledged: 1 });
  position.news = 7;
  expect(at(7)).toMatchObject({ acknowledged: 0, missing: ['a'] });
});

test('only those count whose selection covers the service', () => {
  watch('a', 9, 9);
  watch('b', 9, 9, { namespace: 'ns', services: ['db', 'web'] });
  watch('all', 9, 9, { namespace: 'ns', services: [] });
  watch('elsewhere', 9, 9, { namespace: 'other', services: [] });
  expect(at(9).missing).toEqual(['a', 'b', 'all']);
  expect(at(9, 'db').missing).toEqual(['b', 'all']);
});

test('a subscriber with two watches of the service has acknowledged when it has with both', () => {
  watch('a', 9, 9);
  const second = watch('a', 4, 4, { namespace: 'ns', services: [] });
  subscribers.acknowledge('a', 4);
  expect(at(5)).toMatchObject({ subscribers: 1, acknowledged: 0, missing: ['a'] });
  subscribers.acknowledge('a', 5);
  second.end();
  expect(at(5)).toEqual({ ...nobody, subscribers: 1, acknowledged: 1 });
});

test('one whose watch ended before it acknowledged is named for a while, as it may come back', () => {
  const first = watch('a', 9, 9);
  watch('b', 9, 9).end();
  subscribers.acknowledge('a', 9);
  first.end();
  expect(at(9)).toEqual({ ...nobody, vanished: ['b'] });
  expect(at(10).vanished).toEqual(['a', 'b']);
  expect(subscribers.acknowledge('b', 9), 'no watch of it is served here').toBe(false);
  watch('a', 9, 9);
  expect(at(10)).toEqual({ ...nobody, subscribers: 1, missing: ['a'], vanished: ['b'] });
  now += limits.subscriberReturnMs;
  expect(at(10)).toEqual({ ...nobody, subscribers: 1, missing: ['a'] });
});

test('what happens to a watch after its end does not count', () => {
  const { position, end } = watch('a', 5, 5);
  subscribers.acknowledge('a', 5);
  end();
  position.told = 9;
  expect(at(9).vanished).toEqual(['a']);
});

test('one that leaves is not waited for, also when its watch ends later', () => {
  const { end } = watch('a', 9, 9);
  expect(subscribers.leave('a')).toBe(true);
  expect(at(9)).toEqual(nobody);
  end();
  expect(at(9)).toEqual(nobody);
  expect(subscribers.leave('a')).toBe(false);
});

test('those sought are found only when they are live here', () => {
  watch('a', 9, 9);
  watch('b', 9, 9).end();
  expect(at(9, 'web', ['a', 'b', 'c']).found).toEqual(['a']);
});

test('names are bounded, numbers are not', () => {
  const count = limits.subscribersNamed + 50;
  const ends = Array.from({ length: count }, (_, i) => watch(`s${i}`, 9, 9).end);
  expect(at(9)).toMatchObject({ subscribers: count, acknowledged: 0 });
  expect(at(9).missing).toHaveLength(limits.subscribersNamed);
  for (const end of ends) end();
  expect(at(9).vanished).toHaveLength(limits.subscribersNamed);
});
