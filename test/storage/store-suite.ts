/** What every store must do (design §6): run on LevelDB and on its twin in memory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { index, type Revision, revision } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { ImageRecord, Store, StoredState } from '../../src/storage/store.js';
import { imageCases } from './image-cases.js';
import { applied, drop, entries, entry, hardState, identity, onePut, put, start, version, write } from './samples.js';

/** A place on which stores are opened one after the other. */
export interface Bench {
  store(now?: () => number): Store;
  dispose(): Promise<void>;
}

export function storeSuite(name: string, makeBench: () => Promise<Bench>): void {
  describe(name, () => {
    let bench: Bench;
    let store: Store;
    let state: StoredState;
    const opened: { store: Store; bench: Bench }[] = [];

    async function open(on: Bench, now?: () => number): Promise<StoredState> {
      store = on.store(now);
      state = await store.open(identity);
      opened.push({ store, bench: on });
      return state;
    }
    async function reopen(now?: () => number): Promise<StoredState> {
      await store.close();
      return open(bench, now);
    }
    /** A second member. */
    async function another(): Promise<Store> {
      const first = store;
      await open(await makeBench());
      const second = store;
      store = first;
      return second;
    }
    async function load(from: Store = store): Promise<ImageRecord[]> {
      const records: ImageRecord[] = [];
      await from.loadMachine((record) => records.push(record));
      return records;
    }

    beforeEach(async () => {
      bench = await makeBench();
      await open(bench);
    });
    afterEach(async () => {
      const all = opened.splice(0);
      for (const one of all) await one.store.close();
      for (const dispose of new Set(all.map((one) => one.bench))) await dispose.dispose();
    });

    describe('opening', () => {
      test('a new directory is fresh and every start is counted', async () => {
        expect(state).toMatchObject({ fresh: true, boots: 1, lastIndex: 0, lastTerm: 0, tail: [], machine: undefined });
        expect(state.hardState).toEqual(hardState(0, undefined, 0));
        expect(state.start.index).toBe(0);
        expect(await reopen()).toMatchObject({ fresh: true, boots: 2 });
        await write(store, { hardState: hardState(1, 1, 0, true), syncHardState: true });
        expect(await reopen()).toMatchObject({ fresh: false, boots: 3, hardState: hardState(1, 1, 0, true) });
      });

      test('the incarnation grows at every start, whatever the clock does, and follows the clock', async () => {
        expect((await reopen(() => 5_000_000_000_000)).incarnation).toBe(5_000_000_000_000);
        expect((await reopen(() => 4_000_000_000_000)).incarnation).toBe(5_000_000_000_001);
        expect((await reopen(() => 6_000_000_000_000)).incarnation).toBe(6_000_000_000_000);
      });

      test('log, hard state and machine are found again', async () => {
        await write(store, { entries: entries(1, 4), hardState: hardState(1, 2, 3), applied: [onePut(1), onePut(2)] });
        const { chainHash } = store;
        expect(await reopen()).toMatchObject({
          fresh: false,
          lastIndex: 4,
          lastTerm: 1,
          hardState: hardState(1, 2, 3),
        });
        expect(state.tail).toEqual(entries(1, 4));
        expect(state.machine).toMatchObject({ ...onePut(2).meta, membership: onePut(2).membership, chainHash });
        expect(store).toMatchObject({ chainIndex: 2, syncedApplied: 2, chainHash });
      });

      test('the tail is bounded by its bytes', async () => {
        const large = Buffer.alloc(limits.logTailBytes / 4, 1);
        const log = [1, 2, 3, 4, 5, 6].map((at) => entry(at, 1, large));
        for (const one of log) await write(store, { entries: [one], hardState: hardState(1, undefined, 6) });
        await reopen();
        expect(state.lastIndex).toBe(6);
        expect(state.tail.map((one) => one.index)).toEqual([3, 4, 5, 6]);
      });

      test('the tail has all that may not be committed, whatever its bytes', async () => {
        const large = Buffer.alloc(limits.logTailBytes / 4, 1);
        const log = [1, 2, 3, 4, 5, 6].map((at) => entry(at, 1, large));
        for (const one of log) await write(store, { entries: [one], hardState: hardState(1, undefined, 1) });
        await reopen();
        expect(state.tail.map((one) => one.index)).toEqual([2, 3, 4, 5, 6]);
      });
    });

    describe('the log', () => {
      // Raft §5.3: a follower deletes what conflicts with the leader's log, and all that follows it.
      test('entries that conflict are replaced together with all after them', async () => {
        await write(store, { entries: entries(1, 9) });
        await write(store, { entries: entries(4, 5, 2) });
        const log = [...entries(1, 3), ...entries(4, 5, 2)];
        expect(await store.readEntries(index(1), index(5), 1e6)).toEqual(log);
        expect(await reopen()).toMatchObject({ lastIndex: 5, lastTerm: 2, tail: log });
        await write(store, { entries: entries(6, 7, 2) });
        expect(await reopen()).toMatchObject({ lastIndex: 7, lastTerm: 2 });
      });

      test('reads end at the byte limit but return at least one entry', async () => {
        const log = [1, 2, 3, 4].map((at) => entry(at, 1, Buffer.alloc(100, at)));
        await write(store, { entries: log });
        const read = (first: number, last: number, bytes: number) =>
          store.readEntries(index(first), index(last), bytes);
        expect(await read(1, 4, 250)).toEqual(log.slice(0, 2));
        expect(await read(2, 4, 1)).toEqual([log[1]]);
        expect(await read(2, 3, 1e6)).toEqual(log.slice(1, 3));
      });

      test('every kind of entry comes back as it was', async () => {
        const kinds = (['noop', 'commands', 'membership'] as const).map((kind, i) => ({
          ...entry(i + 1),
          kind,
          data: kind === 'noop' ? Buffer.alloc(0) : Buffer.from(kind),
        }));
        await write(store, { entries: kinds });
        expect((await reopen()).tail).toEqual(kinds);
      });

      test('an entry that leaves a gap is refused as a bug', async () => {
        await write(store, { entries: entries(1, 2) });
        expect(() =>
          store.write({ entries: entries(4, 4), hardState: undefined, syncHardState: false, applied: [] }, () => {}),
        ).toThrow(/join the log/);
      });

      test('trimming forgets entries up to the start and survives a restart', async () => {
        await write(store, { entries: entries(1, 9), applied: [onePut(1), onePut(7)] });
        await store.trimLog(start(6));
        expect(() => store.readEntries(index(6), index(7), 1e6)).toThrow(/after the start/);
        expect(await store.readEntries(index(7), index(9), 1e6)).toEqual(entries(7, 9));
        expect(await reopen()).toMatchObject({ start: start(6), lastIndex: 9, tail: entries(7, 9) });
        await store.trimLog(start(2));
        expect(await reopen()).toMatchObject({ start: start(6) });
        await store.trimLog(start(7));
        await write(store, { entries: entries(8, 8, 2), applied: [onePut(8)] });
        await store.trimLog(start(8, 2));
        expect(await reopen()).toMatchObject({ start: start(8, 2), lastIndex: 8, lastTerm: 2, tail: [] });
      });

      test('trimming beyond what the synced machine stands for is refused as a bug', async () => {
        await write(store, { entries: entries(1, 9) });
        await write(store, { applied: [onePut(5)] });
        await expect(store.trimLog(start(5))).rejects.toThrow(/synced/);
        await store.sync();
        await store.trimLog(start(5));
        expect((await reopen()).start).toEqual(start(5));
      });
    });

    describe('syncing', () => {
      test('the applied index counts as synced with the next synced write, or after sync()', async () => {
        await write(store, { entries: entries(1, 9) });
        expect(store.syncedApplied).toBe(0);
        await write(store, { applied: [onePut(1)] });
        expect(store).toMatchObject({ syncedApplied: 0, chainIndex: 1 });
        await write(store, { hardState: hardState(1, 1, 1), applied: [onePut(2)] });
        expect(store.syncedApplied).toBe(0);
        await write(store, { hardState: hardState(2, 1, 1), syncHardState: true, applied: [onePut(3)] });
        expect(store.syncedApplied).toBe(3);
        await write(store, { applied: [onePut(4)] });
        await store.sync();
        expect(store.syncedApplied).toBe(4);
      });

      test('closing ends the write under way and drops what waits, without an alarm', async () => {
        await write(store, { entries: entries(1, 2000), applied: [onePut(2000)] });
        let ended = 0;
        void store.trimLog(start(1900)).finally(() => ended++);
        let done = 0;
        store.write(
          { entries: entries(2001, 2001), hardState: undefined, syncHardState: false, applied: [] },
          () => done++,
        );
        expect(await reopen()).toMatchObject({ start: start(1900), lastIndex: 2000 + done });
        expect(ended).toBe(0);
        expect(await store.readEntries(index(1901), index(1901), 1)).toEqual([entry(1901)]);
      });

      test('a second write before the first is done is refused as a bug', async () => {
        const first = write(store, { entries: entries(1, 1) });
        expect(() =>
          store.write({ entries: entries(2, 2), hardState: undefined, syncHardState: false, applied: [] }, () => {}),
        ).toThrow(/one batch/);
        await first;
      });
    });

    describe('versions', () => {
      test('are read by name', async () => {
        const fields = { lease: 'abc', version: 7, createRevision: revision(2) } as Partial<ReturnType<typeof version>>;
        await write(store, {
          entries: entries(1, 1),
          applied: [
            applied(1, [put(2), put(2, 1, fields), put(2, 2, { deleted: true, value: Buffer.alloc(0), version: 0 })]),
          ],
        });
        expect(store.read({ revision: revision(2), sub: 0 })).toEqual(version(2));
        expect(store.read({ revision: revision(2), sub: 1 })).toEqual(version(2, 1, fields));
        expect(store.read({ revision: revision(2), sub: 2 })).toMatchObject({ deleted: true, key: version(2, 2).key });
        expect(() => store.read({ revision: revision(3), sub: 0 })).toThrow(/was written/);
      });

      test('keys and values may hold any byte', async () => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        const odd = { key: bytes.toString('latin1') as ReturnType<typeof version>['key'], value: bytes };
        await write(store, { entries: entries(1, 1), applied: [applied(1, [put(2, 0, odd)])] });
        expect(store.read({ revision: revision(2), sub: 0 })).toEqual(version(2, 0, odd));
      });

      test('a scan ends at the end of a revision once it has enough bytes', async () => {
        const value = Buffer.alloc(100);
        const writes = [
          put(2, 0, { value }),
          put(3, 0, { value }),
          put(3, 1, { value }),
          put(4, 0, { value }),
          put(6, 0, { value }),
        ];
        await write(store, { entries: entries(1, 1), applied: [applied(1, writes)] });
        const scan = async (after: number, upTo: number, bytes: number): Promise<string[]> => {
          const found = await store.scanVersions(after as Revision, upTo as Revision, bytes);
          return found.map(({ modRevision, sub }) => `${modRevision}.${sub}`);
        };
        expect(await scan(0, 100, 1e6)).toEqual(['2.0', '3.0', '3.1', '4.0', '6.0']);
        expect(await scan(2, 4, 1e6)).toEqual(['3.0', '3.1', '4.0']);
        expect(await scan(0, 100, 150)).toEqual(['2.0', '3.0', '3.1']);
        expect(await scan(2, 100, 1)).toEqual(['3.0', '3.1']);
        expect(await scan(6, 100, 1e6)).toEqual([]);
        expect(await scan(4, 4, 1e6)).toEqual([]);
      });

      test('dropped ones are gone', async () => {
        await write(store, { entries: entries(1, 2), applied: [applied(1, [put(2), put(3)])] });
        await write(store, { applied: [applied(2, [drop(2)])] });
        expect(() => store.read({ revision: revision(2), sub: 0 })).toThrow(/was written/);
        await reopen();
        expect(await load()).toEqual([put(3)]);
      });
    });

    imageCases({
      store: () => store,
      another,
      load,
      reopen,
    });
  });
}
