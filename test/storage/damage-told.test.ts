import { expect, test } from 'vitest';
import { FatalError } from '../../src/base/errors.js';
import type { Revision } from '../../src/base/ids.js';
import type { DiskRecord, Scan } from '../../src/storage/disk.js';
import { MemoryDisk, MemoryStore } from '../../src/storage/memory.js';
import type { Store } from '../../src/storage/store.js';
import { entries, identity, onePut, write } from './samples.js';

/** Gives every value that a scan reads with its last bit flipped. */
class FlippingDisk extends MemoryDisk {
  flips = false;

  override scan(...range: Parameters<MemoryDisk['scan']>): Scan {
    const scan = super.scan(...range);
    const flipped = ([key, value]: DiskRecord): DiskRecord => {
      const copy = Buffer.from(value);
      copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
      return [key, copy];
    };
    return {
      next: async () => (this.flips ? (await scan.next()).map(flipped) : scan.next()),
      close: () => scan.close(),
    };
  }
}

const reads: [string, (store: Store) => Promise<unknown>][] = [
  ['history', (store) => store.scanVersions(0 as Revision, 9 as Revision, 1_000)],
  ['an image', async (store) => (await store.openImage()).hash()],
  [
    'the log',
    (store) => store.readEntries(entries(1, 1)[0]?.index ?? never(), entries(2, 2)[0]?.index ?? never(), 1_000),
  ],
];

function never(): never {
  throw new Error('there are entries');
}

test.each(reads)('damage found by a read of %s stops the member, once', async (_what, read) => {
  const disk = new FlippingDisk({ directory: 'here' });
  const fatals: FatalError[] = [];
  const store = new MemoryStore(disk, { onFatal: (error) => fatals.push(error) });
  await store.open(identity);
  await write(store, { entries: entries(1, 3), applied: [onePut(1)] });
  await read(store);
  expect(fatals).toEqual([]);
  disk.flips = true;
  await expect(read(store)).rejects.toThrow(FatalError);
  await expect(read(store)).rejects.toThrow(/data directory here: .* is damaged/);
  expect(fatals).toHaveLength(1);
});
