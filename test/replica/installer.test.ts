import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { term } from '../../src/base/ids.js';
import { silentLog } from '../../src/base/log.js';
import { Installer } from '../../src/replica/installer.js';
import { MemoryDisk, MemoryStore } from '../../src/storage/memory.js';
import type { IncomingSnapshot } from '../../src/transport/transport.js';
import { identity, member, start } from '../storage/samples.js';

it('an image of a later leader takes the place of one that does not go on', async () => {
  const store = new MemoryStore(new MemoryDisk(), { onFatal: (error) => expect.fail(String(error)) });
  await store.open(identity);
  const installer = new Installer(store, 0, silentLog);
  const offered: string[] = [];
  const receive = (name: string, of: number, chunks: AsyncIterable<Uint8Array>) => {
    const snapshot: IncomingSnapshot = {
      from: member(of),
      term: term(of),
      meta: start(1),
      chunks,
      sha256: () => createHash('sha256').digest('hex'),
    };
    return installer.receive(snapshot, () => {
      offered.push(name);
      return false;
    });
  };
  const first = receive('first', 1, endless());
  expect(await receive('another of the same term', 1, nothing())).toBe(false);
  expect(offered).toEqual([]);
  expect(await receive('of the next term', 2, nothing())).toBe(false);
  expect(await first).toBe(false);
  expect(offered).toEqual(['of the next term']);
  await store.close();
});

async function* endless(): AsyncGenerator<Uint8Array> {
  await new Promise(() => undefined);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
