import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FatalError } from '../../src/base/errors.js';
import { LevelStore } from '../../src/storage/leveldb.js';
import { storeSuite } from './store-suite.js';

const onFatal = (error: FatalError): void => {
  throw error;
};

storeSuite('store on LevelDB', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'quorate-store-'));
  return {
    store: (now) => new LevelStore(path.join(directory, 'db'), { onFatal, now }),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
});
