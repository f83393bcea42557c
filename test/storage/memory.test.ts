import type { FatalError } from '../../src/base/errors.js';
import { MemoryDisk, MemoryStore } from '../../src/storage/memory.js';
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
