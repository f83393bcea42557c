/** Compact over gRPC. What is said of etcd was seen on etcd 3.4.23, or is in its API documents. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../../../src/base/limits.js';
import { type CompactionRequestIn, kVService } from '../../../src/proto/etcd.js';
import { type Api, startApi } from '../api-client.js';
import { b, fill } from './etcd-words.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const compacted = '11 etcdserver: mvcc: required revision has been compacted';

async function compact(request: CompactionRequestIn): Promise<string | undefined> {
  try {
    const { header } = await api.client.call(kVService.compact, request);
    return header?.revision;
  } catch (error) {
    const { code, text } = error as { code: number; text: string };
    return `${code} ${text}`;
  }
}

test('leaves the revision; what was compacted cannot be compacted again', async () => {
  await fill(api, 'a=1', 'a=2', 'a=3');
  expect(await compact({ revision: 3 })).toBe('4');
  expect(await compact({ revision: 3 })).toBe(compacted);
  expect(await compact({ revision: 2 })).toBe(compacted);
  expect(await compact({ revision: 4 })).toBe('4');
  expect(api.replica.machine.compactedRevision).toBe(4);
});

test('the future is refused', async () => {
  await fill(api, 'a=1');
  expect(await compact({ revision: 3 })).toBe('11 etcdserver: mvcc: required revision is a future revision');
  expect(api.replica.machine.compactedRevision).toBe(0);
});

test('revision 0 is not the current one, as it is to the native API: it succeeds while nothing was compacted', async () => {
  await fill(api, 'a=1', 'a=2');
  expect(await compact({})).toBe('3');
  expect(api.replica.machine.compactedRevision).toBe(0);
  expect(await compact({ revision: -1 })).toBe(compacted);
  await compact({ revision: 2 });
  expect(await compact({})).toBe(compacted);
});

test('a physical one is answered when this member has forgotten everything', async () => {
  const keys = Array.from({ length: limits.scrubsPerEntry + 1 }, (_, i) => `k${i}`);
  for (const value of ['old', 'new']) {
    for (const key of keys) {
      const put = { key: key as never, value: Buffer.from(value), lease: '' as never } as const;
      api.replica.apply({ kind: 'put', ...put, prevKv: false, ignoreValue: false, ignoreLease: false });
    }
  }
  const { revision } = api.replica.machine;
  expect(await compact({ revision: revision - 1 })).toBe(String(revision));
  expect(api.replica.machine.compacting).toBe(true);

  let answered = false;
  const physical = compact({ revision, physical: true }).then((answer) => {
    answered = true;
    return answer;
  });
  // The read is answered after the compaction was applied, and the entry that ends the work has not come yet.
  while (api.replica.machine.compactedRevision < revision) await api.client.call(kVService.range, { key: b('k1') });
  await api.client.call(kVService.range, { key: b('k1') });
  expect(answered).toBe(false);
  api.replica.advance(1);
  expect(api.replica.machine.compacting).toBe(false);
  expect(await physical).toBe(String(revision));
});

test('a physical one that is not finished in time says so', async () => {
  const { machine } = api.replica;
  await fill(api, 'a=1', 'a=2');
  Object.defineProperty(machine, 'compacting', { get: () => true });
  const options = { deadline: Date.now() + 1_500 };
  expect(await api.client.failure(kVService.compact, { revision: 2, physical: true }, options)).toMatchObject({
    code: 14,
    text: 'etcdserver: request timed out',
  });
});
