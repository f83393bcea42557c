/** Damage is found, named, and never served as data (design §6). */
import { mkdir, open, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ExitCode, FatalError } from '../../src/base/errors.js';
import { type ClusterId, revision } from '../../src/base/ids.js';
import { Identity } from '../../src/proto/record.js';
import { RecordBuffer } from '../../src/storage/record-buffer.js';
import { begin, describe as describeKey, FORMAT, keys } from '../../src/storage/schema.js';
import { contents, Directories, fill, flipByte, largestFile, levelStore, withRaw } from './directories.js';
import { applied, entries, identity, member, write } from './samples.js';

const directories = new Directories();
afterEach(() => directories.remove());

const recovery = /stop this member, move its data directory away and start it again: it rejoins empty/;

async function failure(action: Promise<unknown>): Promise<FatalError> {
  const error = await action.then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FatalError);
  return error as FatalError;
}

describe('records', () => {
  test('a flipped byte in the value of any record is found, and the sentence names the record', async () => {
    const original = await directories.make();
    await fill(original);
    const all: Buffer[] = [];
    await withRaw(original, async (db) => {
      for await (const key of db.keys()) all.push(key);
    });
    expect(
      new Set(all.map((key) => key.toString('latin1', 0, 1) + (key[0] === 0x4d ? key.toString('latin1', 5, 6) : '')))
        .size,
    ).toBe(11);
    for (const key of all) {
      const directory = await directories.copy(original);
      await withRaw(directory, async (db) => {
        const value = Buffer.from(await db.get(key));
        const at = value.length >> 1;
        value.writeUInt8(value.readUInt8(at) ^ 0x04, at);
        await db.put(key, value);
      });
      const error = await failure(contents(directory));
      expect(error.message).toContain(`${describeKey(key)} is damaged`);
      expect(error.message).toContain(directory);
      expect(error.message).toMatch(recovery);
      expect(error.exitCode).toBe(ExitCode.DATA);
    }
  });

  test('read() finds a flipped byte too', async () => {
    const directory = await directories.make();
    await fill(directory);
    const version = Buffer.from('4d0000000176000000000000000300000000', 'hex');
    await withRaw(directory, async (db) => {
      const value = Buffer.from(await db.get(version));
      value.writeUInt8(value.readUInt8(3) ^ 0x20, 3);
      await db.put(version, value);
    });
    const store = levelStore(directory);
    await store.open(identity);
    expect(() => store.read({ revision: revision(3), sub: 0 })).toThrow(
      /the version of revision 3 \(change 0\) is damaged/,
    );
    await store.close();
  });

  test('any record that is missing is missed', async () => {
    const original = await directories.make();
    await fill(original);
    const all: Buffer[] = [];
    await withRaw(original, async (db) => {
      for await (const key of db.keys()) all.push(key);
    });
    // A hard state may be absent; leases, origins and requests come and go, and are only covered by the database's own order.
    const counted = all.filter((key) => !/^(h|M....[lor])/s.test(key.toString('latin1')));
    expect(counted.length).toBeGreaterThan(20);
    for (const key of counted) {
      const directory = await directories.copy(original);
      await withRaw(directory, (db) => db.del(key));
      expect((await failure(contents(directory))).message, describeKey(key)).toMatch(recovery);
    }
  });

  test('a record that nothing writes is damage', async () => {
    const directory = await directories.make();
    await fill(directory);
    await withRaw(directory, (db) => db.put(Buffer.from('N'), Buffer.alloc(9)));
    expect((await failure(contents(directory))).message).toMatch(/which nothing writes/);
  });
});

describe('files of the database', () => {
  test('a flipped byte anywhere in a table is found or harmless', async () => {
    const original = await directories.make();
    await fill(original);
    const expected = await contents(original);
    await contents(original);
    const { size } = await largestFile(original, '.ldb');
    expect(size).toBeGreaterThan(500);
    let found = 0;
    for (let at = 3; at < size; at += Math.ceil(size / 35)) {
      const directory = await directories.copy(original);
      await flipByte((await largestFile(directory, '.ldb')).file, at);
      const seen = await contents(directory).catch((error: unknown) => error);
      if (seen instanceof FatalError) {
        expect(seen.message).toMatch(recovery);
        found++;
      } else expect(seen, `byte ${at}`).toEqual(expected);
    }
    expect(found).toBeGreaterThan(15);
  });

  test('a flipped byte anywhere in the write-ahead log is found', async () => {
    const original = await directories.make();
    await fill(original);
    const { size } = await largestFile(original, '.log');
    expect(size).toBeGreaterThan(1000);
    for (let at = 0; at < size; at += Math.ceil(size / 40)) {
      const directory = await directories.copy(original);
      await flipByte((await largestFile(directory, '.log')).file, at);
      const error = await failure(contents(directory));
      expect(error.message, `byte ${at}`).toMatch(/the database's file \d+\.log (is damaged at byte|lacks records)/);
      expect(error.message).toMatch(recovery);
    }
  });

  test('a write-ahead log that a crash cut off opens with a whole number of batches', async () => {
    const original = await directories.make();
    await fill(original);
    const { size } = await largestFile(original, '.log');
    const seen = new Set<number>();
    for (let length = size - 1; length > size / 2; length -= 61) {
      const directory = await directories.copy(original);
      await truncate((await largestFile(directory, '.log')).file, length);
      const store = levelStore(directory);
      const state = await store.open(identity);
      expect(state.machine?.appliedIndex).toBe(state.lastIndex);
      seen.add(state.lastIndex);
      await store.close();
    }
    expect(seen.size).toBeGreaterThan(3);
  });

  test('zeros that a crash left at the end of the write-ahead log are no damage; zeros in the middle are', async () => {
    const original = await directories.make();
    await fill(original);
    const atEnd = await directories.copy(original);
    const log = await largestFile(atEnd, '.log');
    await truncate(log.file, log.size - 100);
    await truncate(log.file, log.size + 4000);
    const store = levelStore(atEnd);
    expect((await store.open(identity)).lastIndex).toBeLessThan(12);
    await store.close();

    const inside = await largestFile(original, '.log');
    const handle = await open(inside.file, 'r+');
    await handle.write(Buffer.alloc(64), 0, 64, inside.size >> 1);
    await handle.close();
    expect((await failure(contents(original))).message).toMatch(/the database's file \d+\.log/);
  });
});

describe("directories that are not this member's", () => {
  test('another cluster, another member, a newer format', async () => {
    const directory = await directories.make();
    await fill(directory);
    const refused = (as: Partial<typeof identity>) => failure(levelStore(directory).open({ ...identity, ...as }));
    expect((await refused({ clusterId: 78 as ClusterId })).message).toBe(
      `data directory ${directory} belongs to another cluster (id 77, this one is 78): give this member its own directory`,
    );
    expect((await refused({ memberId: member(2), memberName: 'n2' })).message).toBe(
      `data directory ${directory} belongs to member n1, not to n2: give this member its own directory`,
    );
    await withRaw(directory, async (db) => {
      const out = new RecordBuffer();
      begin.single(out, keys.identity);
      out.bytes(Identity.encode({ format: FORMAT + 1, ...identity }));
      out.finish();
      await db.put(out.key, out.value);
    });
    const error = await refused({});
    expect(error.message).toContain(
      `was written by a newer version of Quorate (format ${FORMAT + 1}, this one knows ${FORMAT})`,
    );
    expect(error.exitCode).toBe(ExitCode.DATA);
  });

  test('a database of something else', async () => {
    const directory = await directories.make();
    await withRaw(directory, (db) => db.put(Buffer.from('user:1'), Buffer.from('{}')));
    expect((await failure(levelStore(directory).open(identity))).message).toMatch(
      /holds a database that is not of Quorate/,
    );
  });

  test('one that another process uses, or this one', async () => {
    const directory = await directories.make();
    const store = levelStore(directory);
    await store.open(identity);
    expect((await failure(levelStore(directory).open(identity))).message).toMatch(/is in use by another process/);
    await store.close();
  });

  test('a file in the place of the directory or of its parent', async () => {
    const file = await directories.make();
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'x');
    expect((await failure(levelStore(file).open(identity))).message).toMatch(/is a file/);
    expect((await failure(levelStore(path.join(file, 'db')).open(identity))).message).toMatch(/is a file/);
  });

  test('the refusal leaves the directory usable for its owner', async () => {
    const directory = await directories.make();
    await fill(directory);
    await failure(levelStore(directory).open({ ...identity, clusterId: 78 as ClusterId }));
    const store = levelStore(directory);
    const state = await store.open(identity);
    await write(store, {
      entries: entries(state.lastIndex + 1, state.lastIndex + 1),
      applied: [applied(state.lastIndex + 1, [])],
    });
    await store.close();
  });
});
