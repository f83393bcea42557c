/** The part of the suite about whole machines: loading, images, the chain hash. */
import { describe, expect, test } from 'vitest';
import { clusterTime, type Index, index, keyOfText, type LeaseId, revision } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { Outcome, Write } from '../../src/machine/types.js';
import { ImageError, type ImageRecord, type Store, type StoredState } from '../../src/storage/store.js';
import {
  applied,
  drop,
  entries,
  entry,
  hardState,
  lease,
  member,
  onePut,
  put,
  start,
  version,
  write,
} from './samples.js';

export interface Cases {
  store(): Store;
  /** A second member, empty. */
  another(): Promise<Store>;
  load(from?: Store): Promise<ImageRecord[]>;
  reopen(): Promise<StoredState>;
}

const leaseWrite = (id: LeaseId, ttlMs = 5000): Write => ({
  kind: 'lease',
  id,
  lease: { ttlMs, deadline: clusterTime(1_700_000_005_000), ofRegistration: ttlMs > 5000, ofMachine: ttlMs === 5000 },
});
const originWrite = (id: number, lastSequence: number): Write => ({
  kind: 'origin',
  member: member(id),
  state: { incarnation: 1_700_000_000_123, lastSequence },
});
function requestWrite(id: string, outcome: Outcome): Write {
  const record = {
    index: index(3),
    position: 2,
    appliedAt: clusterTime(1_700_000_000_000),
    command: 'put',
    outcome,
  } as const;
  return { kind: 'request', id, record };
}
const outcomes: Outcome[] = (
  [
    { kind: 'error', reason: 'VERSION_MISMATCH', message: 'no: 3 ≠ 4', metadata: { found: '3', wanted: '4' } },
    { kind: 'put', previous: undefined },
    { kind: 'put', previous: version(5, 3, { lease: lease('ff') }) },
    { kind: 'deleteRange', deleted: 2, previous: [version(5), version(6)] },
    { kind: 'range', items: [version(7)], count: 3, more: true },
    {
      kind: 'txn',
      succeeded: true,
      responses: [
        { kind: 'put', previous: undefined },
        { kind: 'txn', succeeded: false, responses: [] },
      ],
    },
    { kind: 'compact', compactedRevision: revision(0) },
    { kind: 'leaseGrant', id: lease('7fffffffffffffff'), ttlMs: 5000 },
    { kind: 'leaseRevoke' },
    { kind: 'leaseKeepAlive', ttlsMs: [0, 5000] },
    { kind: 'configPublish', versions: [1, 99] },
    { kind: 'register', lease: lease('1'), ttlMs: 9000 },
    { kind: 'deregister' },
    { kind: 'setStatus' },
  ] as const
).map((result, i) => ({ result, revision: revision(i) }));

async function read(store: Store): Promise<{ chunks: Buffer[]; sha256: string; at: Index }> {
  const image = await store.openImage();
  const chunks: Buffer[] = [];
  for await (const chunk of image.chunks()) chunks.push(Buffer.from(chunk));
  const sha256 = await image.hash();
  await image.close();
  return { chunks, sha256, at: image.start.index };
}

export function imageCases({ store, another, load, reopen }: Cases): void {
  describe('loading the machine', () => {
    test('every record comes back, versions last and in revision order', async () => {
      const others = [
        leaseWrite(lease('a')),
        leaseWrite(lease('b'), 6000),
        originWrite(9, 7),
        ...outcomes.map((outcome, i) => requestWrite(`request ${i} ü`, outcome)),
      ];
      const versions = [put(2), put(255), put(256), put(256, 1), put(65_536)];
      await write(store(), { entries: entries(1, 1), applied: [applied(1, [...versions].reverse().concat(others))] });
      await reopen();
      const records = await load();
      expect(records.slice(-versions.length)).toEqual(versions);
      const found = records.slice(0, -versions.length);
      expect(found).toHaveLength(others.length);
      expect(found).toEqual(expect.arrayContaining(others));
    });

    test('an empty machine has no records', async () => {
      expect(await load()).toEqual([]);
    });

    test('removed leases and requests do not come back; the newest state of an origin does', async () => {
      const first = [
        leaseWrite(lease('a')),
        leaseWrite(lease('b')),
        requestWrite('r', { result: { kind: 'deregister' }, revision: revision(1) }),
        originWrite(1, 1),
      ];
      await write(store(), { entries: entries(1, 2), applied: [applied(1, first)] });
      const second: Write[] = [
        { kind: 'lease', id: lease('a'), lease: undefined },
        { kind: 'request', id: 'r', record: undefined },
        originWrite(1, 2),
      ];
      await write(store(), { applied: [applied(2, second, { compactionCursor: keyOfText('/k') })] });
      const state = await reopen();
      expect(state.machine?.compactionCursor).toBe(keyOfText('/k'));
      expect(await load()).toEqual([leaseWrite(lease('b')), originWrite(1, 2)]);
    });

    test('more records than a page holds are all visited', async () => {
      const writes = Array.from({ length: 5000 }, (_, i) => put(i + 2));
      await write(store(), { entries: entries(1, 1), applied: [applied(1, writes)] });
      expect(await load()).toEqual(writes);
    });
  });

  describe('chain hash', () => {
    const steps = [
      applied(1, [put(2), leaseWrite(lease('a'))]),
      applied(2, [drop(2), { kind: 'lease', id: lease('a'), lease: undefined }]),
      applied(3, [put(3), put(4)]),
    ];

    test('does not depend on how batches were grouped', async () => {
      const other = await another();
      await write(store(), { entries: entries(1, 3), applied: steps });
      await write(other, { entries: entries(1, 3) });
      for (const step of steps) await write(other, { applied: [step] });
      expect(other.chainHash).toBe(store().chainHash);
      expect(other.chainIndex).toBe(3);
    });

    test('differs when anything that was applied differs', async () => {
      const seen = new Set<string>();
      const variants = [
        [onePut(1)],
        [applied(1, [put(2, 0, { value: Buffer.from('other') })])],
        [applied(1, [put(2, 1)])],
        [applied(1, [put(2)], { clock: clusterTime(5) })],
        [applied(1, [put(2)], { compactionCursor: keyOfText('k') })],
        [applied(1, [put(2), leaseWrite(lease('a'))])],
        [applied(1, [put(2), { kind: 'lease', id: lease('a'), lease: undefined }])],
        [{ ...onePut(1), membership: { ...onePut(1).membership, learners: [member(4)] } }],
      ];
      for (const variant of variants) {
        const one = await another();
        await write(one, { entries: entries(1, 1), applied: variant });
        seen.add(one.chainHash);
      }
      expect(seen.size).toBe(variants.length);
    });

    test('goes on after a restart and after an install', async () => {
      const other = await another();
      await write(other, { entries: entries(1, 3), applied: steps });
      await write(store(), { entries: entries(1, 3), applied: steps.slice(0, 2) });
      const image = await read(store());
      const third = await another();
      const staged = await third.stageImage();
      for (const chunk of image.chunks) await staged.write(chunk);
      await staged.commit(start(2), image.sha256, hardState(1, undefined, 2));
      await reopen();
      for (const one of [store(), third]) {
        await write(one, { entries: [entry(3)], applied: steps.slice(2) });
        expect(one.chainHash).toBe(other.chainHash);
      }
    });
  });

  describe('images', () => {
    const writes = [
      put(2),
      put(3),
      leaseWrite(lease('a')),
      originWrite(2, 5),
      requestWrite('r', { result: { kind: 'setStatus' }, revision: revision(3) }),
    ];

    test('have equal bytes on members that came to the same state by different ways', async () => {
      const other = await another();
      await write(store(), {
        entries: entries(1, 2),
        hardState: hardState(1, 1, 1),
        applied: [applied(1, writes), onePut(3)],
      });
      await write(other, { entries: entries(1, 5, 3), hardState: hardState(9, 2, 1), applied: [applied(1, writes)] });
      await write(other, { applied: [onePut(3)] });
      await other.trimLog(start(1, 3));
      const [one, two] = [await read(store()), await read(other)];
      expect(two.sha256).toBe(one.sha256);
      expect(Buffer.concat(two.chunks)).toEqual(Buffer.concat(one.chunks));
      const staged = await (await another()).stageImage();
      for (const chunk of one.chunks) await staged.write(chunk);
      await staged.commit(start(3), one.sha256, hardState(1, undefined, 3));
    });

    test('show the machine at one index while writes go on', async () => {
      await write(store(), { entries: entries(1, 9), applied: [applied(1, writes)] });
      const before = await read(store());
      const image = await store().openImage();
      await write(store(), { applied: [applied(2, [put(9), drop(2)])] });
      const chunks: Buffer[] = [];
      for await (const chunk of image.chunks()) chunks.push(Buffer.from(chunk));
      expect(image.start.index).toBe(1);
      expect(await image.hash()).toBe(before.sha256);
      expect(Buffer.concat(chunks)).toEqual(Buffer.concat(before.chunks));
      await image.close();
      expect((await read(store())).at).toBe(2);
    });

    test('are cut into chunks of one size', async () => {
      const large = Array.from({ length: 30 }, (_, i) => put(i + 2, 0, { value: Buffer.alloc(40_000, i) }));
      await write(store(), { entries: entries(1, 1), applied: [applied(1, large)] });
      const { chunks, sha256 } = await read(store());
      expect(chunks.length).toBeGreaterThan(3);
      for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBe(limits.snapshotChunkBytes);
      const image = await store().openImage();
      expect(await image.hash()).toBe(sha256);
      await image.close();
    });

    test('replace log and machine in one step', async () => {
      await write(store(), { entries: entries(1, 5), applied: [applied(5, writes)] });
      const image = await read(store());
      const other = await another();
      await write(other, {
        entries: entries(1, 3, 2),
        hardState: hardState(2, 1, 1),
        applied: [applied(1, [put(7), leaseWrite(lease('old'))])],
      });
      const staged = await other.stageImage();
      const bytes = Buffer.concat(image.chunks);
      // Any cut must do, not only the sender's.
      for (let at = 0; at < bytes.length; at += 7) await staged.write(bytes.subarray(at, at + 7));
      expect(await load(other)).toEqual([leaseWrite(lease('old')), put(7)]);
      const state = await staged.commit(start(5), image.sha256, hardState(3, undefined, 5));
      expect(state).toMatchObject({
        fresh: false,
        start: start(5),
        lastIndex: 5,
        lastTerm: 1,
        tail: [],
        hardState: hardState(3, undefined, 5),
      });
      expect(state.machine).toMatchObject({ appliedIndex: 5, chainHash: store().chainHash });
      expect(other).toMatchObject({ syncedApplied: 5, chainIndex: 5, chainHash: store().chainHash });
      expect(await load(other)).toEqual(await load());
      // The replaced state stays readable for the machine that is still in use.
      expect(other.read({ revision: revision(7), sub: 0 })).toEqual(version(7));
      await other.clearReplaced();
      expect(() => other.read({ revision: revision(7), sub: 0 })).toThrow(/was written/);
      await write(other, { entries: entries(6, 6), applied: [onePut(6)] });
      expect((await read(other)).at).toBe(6);
    });

    test('survive a restart after the install, and a second install', async () => {
      const other = await another();
      await write(other, { entries: entries(1, 5), applied: [applied(5, writes)] });
      const image = await read(other);
      for (let round = 1; round <= 2; round++) {
        const staged = await store().stageImage();
        for (const chunk of image.chunks) await staged.write(chunk);
        await staged.commit(start(5), image.sha256, hardState(round, undefined, 5));
        const state = await reopen();
        expect(state).toMatchObject({ start: start(5), lastIndex: 5, lastTerm: 1, boots: round + 1 });
        expect((await read(store())).sha256).toBe(image.sha256);
        expect(await load()).toHaveLength(writes.length);
      }
    });

    test('an image with the wrong hash, cut short, garbled or for another index changes nothing', async () => {
      const other = await another();
      await write(other, { entries: entries(1, 5), applied: [applied(5, writes)] });
      const image = await read(other);
      const bytes = Buffer.concat(image.chunks);
      await write(store(), { entries: entries(1, 2), applied: [onePut(1)] });
      const before = await read(store());
      const attempt = async (data: Buffer, sha256: string, at: number): Promise<unknown> => {
        const staged = await store().stageImage();
        await staged.write(data);
        return staged.commit(start(at), sha256, hardState(1, undefined, at));
      };
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(60) ^ 1, 60);
      await expect(attempt(bytes, 'f'.repeat(64), 5)).rejects.toThrow(ImageError);
      await expect(attempt(flipped, image.sha256, 5)).rejects.toThrow(ImageError);
      await expect(attempt(bytes.subarray(0, -1), image.sha256, 5)).rejects.toThrow(ImageError);
      await expect(attempt(bytes, image.sha256, 4)).rejects.toThrow(ImageError);
      await expect(attempt(Buffer.alloc(100, 0xff), image.sha256, 5)).rejects.toThrow(ImageError);
      await expect(attempt(Buffer.alloc(0), image.sha256, 5)).rejects.toThrow(ImageError);
      expect((await read(store())).sha256).toBe(before.sha256);
      expect(await reopen()).toMatchObject({ lastIndex: 2, machine: { appliedIndex: 1 } });
      expect(await load()).toEqual([put(2)]);
    });

    test('a new one replaces an unfinished one', async () => {
      const other = await another();
      await write(other, { entries: entries(1, 5), applied: [applied(5, writes)] });
      const image = await read(other);
      const first = await store().stageImage();
      await first.write(Buffer.concat(image.chunks));
      const second = await store().stageImage();
      await expect(first.write(Buffer.alloc(10))).rejects.toThrow(ImageError);
      await expect(first.commit(start(5), image.sha256, hardState(1, undefined, 5))).rejects.toThrow(ImageError);
      for (const chunk of image.chunks) await second.write(chunk);
      await second.commit(start(5), image.sha256, hardState(1, undefined, 5));
      expect(await load()).toHaveLength(writes.length);
    });

    test('an aborted or forgotten one leaves nothing behind', async () => {
      const other = await another();
      await write(other, { entries: entries(1, 5), applied: [applied(5, writes)] });
      const { chunks } = await read(other);
      await write(store(), { entries: entries(1, 1), applied: [onePut(1)] });
      const first = await store().stageImage();
      for (const chunk of chunks) await first.write(chunk);
      await first.abort();
      const second = await store().stageImage();
      for (const chunk of chunks) await second.write(chunk);
      expect(await reopen()).toMatchObject({ lastIndex: 1, machine: { appliedIndex: 1 } });
      expect(await load()).toEqual([put(2)]);
    });
  });
}
