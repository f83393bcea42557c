import { describe, expect, test } from 'vitest';
import type { FatalError } from '../../src/base/errors.js';
import { MemoryDisk, MemoryStore } from '../../src/storage/memory.js';
import { entries, identity, onePut, write } from './samples.js';
import { storeSuite } from './store-suite.js';

const onFatal = (error: FatalError): void => {
  throw error;
};

storeSuite('store in memory', async () => {
  const disk = new MemoryDisk();
  return {
    store: (now) => new MemoryStore(disk, { onFatal, now }),
    dispose: async () => undefined,
  };
});

describe('a crash of the disk in memory', () => {
  async function three(): Promise<{ disk: MemoryDisk; store: MemoryStore }> {
    const disk = new MemoryDisk();
    const store = new MemoryStore(disk, { onFatal });
    await store.open(identity);
    await write(store, { entries: entries(1, 3), applied: [onePut(1)] });
    await write(store, { applied: [onePut(2)] });
    await write(store, { applied: [onePut(3)] });
    return { disk, store };
  }
  async function appliedAfter(disk: MemoryDisk): Promise<number | undefined> {
    return (await new MemoryStore(disk, { onFatal }).open(identity)).machine?.appliedIndex;
  }

  test('loses what was not synced, and keeps as many later batches as it is told', async () => {
    for (const kept of [0, 1, 2]) {
      const { disk } = await three();
      expect(disk.unsyncedBatches).toBe(2);
      expect(await appliedAfter(disk.crash(kept))).toBe(1 + kept);
    }
  });

  test('a write that is under way is never reported done, and may have happened', async () => {
    for (const kept of [0, 9]) {
      const { disk, store } = await three();
      const done = write(store, { entries: entries(4, 4), applied: [] });
      const after = disk.crash(kept);
      expect(
        await Promise.race([
          done,
          new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('not done')))),
        ]),
      ).toBe('not done');
      const state = await new MemoryStore(after, { onFatal }).open(identity);
      expect(state.lastIndex).toBe(kept === 0 ? 3 : 4);
    }
  });

  test('a closed disk keeps everything', async () => {
    const { disk, store } = await three();
    await store.close();
    expect(await appliedAfter(disk)).toBe(3);
  });
});

test('a failed write is told once, and nothing is written after it', async () => {
  const disk = new MemoryDisk({ directory: 'here' });
  const fatals: FatalError[] = [];
  const store = new MemoryStore(disk, { onFatal: (error) => fatals.push(error) });
  await store.open(identity);
  let done = 0;
  disk.failNextWrite = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  store.write({ entries: entries(1, 1), hardState: undefined, syncHardState: false, applied: [] }, () => done++);
  const trailing = store.sync();
  await expect(trailing).rejects.toThrow(/cannot write to data directory here: the disk is full/);
  await expect(store.sync()).rejects.toBe(fatals[0]);
  expect({ fatals: fatals.length, done }).toEqual({ fatals: 1, done: 0 });
  disk.failNextWrite = undefined;
  await store.close();
  const state = await new MemoryStore(disk, { onFatal }).open(identity);
  expect(state.fresh).toBe(true);
});
