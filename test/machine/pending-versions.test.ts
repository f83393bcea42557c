import { expect, test } from 'vitest';
import { index } from '../../src/base/ids.js';
import { Machine } from '../../src/machine/machine.js';
import { PendingVersions } from '../../src/machine/pending-versions.js';
import { batchFor } from './driver.js';
import { MemoryReader } from './memory-reader.js';
import { at, key, leaseId, put, range, text } from './words.js';

function version(revision: number, sub: number) {
  const rest = { createRevision: at(1), version: 1, lease: leaseId(''), deleted: false, value: new Uint8Array(0) };
  return { ...rest, key: key(`${revision}.${sub}`), modRevision: at(revision), sub };
}

test('finds by revision and sub, until the batch is persisted', () => {
  const pending = new PendingVersions();
  const find = (revision: number, sub: number) => pending.find({ revision: at(revision), sub })?.key;
  pending.add(version(2, 0));
  pending.endBatch(index(1));
  pending.endBatch(index(2));
  for (const [revision, sub] of [
    [3, 0],
    [3, 1],
    [3, 2],
    [5, 0],
  ] as const)
    pending.add(version(revision, sub));
  pending.endBatch(index(3));
  expect([find(2, 0), find(3, 1), find(3, 2), find(5, 0)]).toEqual(['2.0', '3.1', '3.2', '5.0']);
  expect([find(1, 0), find(3, 3), find(4, 0), find(6, 0)]).toEqual([undefined, undefined, undefined, undefined]);
  pending.persisted(index(2));
  expect([find(2, 0), find(3, 0)]).toEqual([undefined, '3.0']);
  pending.persisted(index(9));
  expect(pending.length).toBe(0);
});

test('a long queue stays in order while both ends move', () => {
  const pending = new PendingVersions();
  for (let i = 1; i <= 5_000; i++) {
    pending.add(version(i, 0));
    pending.endBatch(index(i));
    if (i > 10) pending.persisted(index(i - 10));
    expect(pending.find({ revision: at(i), sub: 0 })?.modRevision).toBe(i);
  }
  expect(pending.length).toBe(10);
});

test('what is not yet persisted is never asked of storage, however small the cache', () => {
  const image = new MemoryReader();
  const machine = new Machine({ reader: image, cacheBytes: 0 });
  machine.finishLoad(undefined);
  const unwritten = ['1', '2', '3'].map((value) => {
    const batch = batchFor(machine, [{ command: put('a', value), requestId: '' }]);
    return machine.apply(batch, () => false);
  });
  const values = () => [2, 3, 4].map((revision) => text(machine.read({ revision: at(revision), sub: 0 }).value));
  expect(values()).toEqual(['1', '2', '3']);
  expect(machine.range(range('a', undefined, { revision: at(3) })).items.map(({ value }) => text(value))).toEqual([
    '2',
  ]);
  expect(image.reads).toBe(0);
  for (const { writes } of unwritten) image.feed(writes);
  machine.persisted(index(2));
  expect(values()).toEqual(['1', '2', '3']);
  expect(image.reads).toBe(2);
});
