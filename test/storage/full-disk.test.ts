/** A full disk stops the member with one sentence, loses nothing that was acknowledged, and is no damage once there is room. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ExitCode, type FatalError } from '../../src/base/errors.js';
import { LevelStore } from '../../src/storage/leveldb.js';
import { applied, entry, identity, put } from './samples.js';

/** A file system of four MiB; undefined when this user may not mount one. */
async function smallDisk(): Promise<string | undefined> {
  const directory = await mkdtemp(path.join(tmpdir(), 'quorate-full-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}

/** Writes until the disk is full: what was acknowledged, and how it ended. */
async function writeUntilFull(directory: string): Promise<{ acknowledged: number; fatal: FatalError; fatals: number }> {
  let fatals = 0;
  let onFatal: (error: FatalError) => void = () => undefined;
  const failed = new Promise<FatalError>((resolve) => {
    onFatal = resolve;
  });
  const store = new LevelStore(directory, {
    onFatal: (error) => {
      fatals++;
      onFatal(error);
    },
  });
  let { lastIndex: acknowledged } = await store.open(identity);
  const next = (): void => {
    const at = acknowledged + 1;
    const value = Buffer.alloc(20_000, at);
    store.write(
      {
        entries: [entry(at, 1, value)],
        hardState: undefined,
        syncHardState: false,
        applied: [applied(at, [put(at + 1, 0, { value })])],
      },
      () => {
        acknowledged = at as typeof acknowledged;
        next();
      },
    );
  };
  next();
  const fatal = await failed;
  // Nothing is accepted any more, and nobody is told twice.
  await expect(store.sync()).rejects.toBe(fatal);
  await store.close();
  return { acknowledged, fatal, fatals };
}

test('a full disk', async ({ skip }) => {
  const disk = await smallDisk();
  if (!disk) {
    console.warn('the full disk was not tested: a small file system can be mounted only by root');
    skip();
    return;
  }
  const directory = path.join(disk, 'db');
  const ballast = path.join(disk, 'ballast');
  // The room that opening needs again: it writes out what is in the write-ahead log.
  await writeFile(ballast, Buffer.alloc(2_500_000));
  const { acknowledged, fatal, fatals } = await writeUntilFull(directory);
  expect(fatal.message).toBe(
    `cannot write to data directory ${directory}: the disk is full; make room and start this member again`,
  );
  expect(fatal.exitCode).toBe(ExitCode.DISK);
  expect(fatals).toBe(1);
  expect(acknowledged).toBeGreaterThan(3);

  await rm(ballast);
  const store = new LevelStore(directory, { onFatal: () => undefined });
  const state = await store.open(identity);
  expect(state.lastIndex).toBeGreaterThanOrEqual(acknowledged);
  expect(state.machine?.appliedIndex).toBe(state.lastIndex);
  const versions: number[] = [];
  await store.loadMachine((record) => {
    if (record.kind === 'version') versions.push(record.version.modRevision);
  });
  expect(versions).toEqual(Array.from({ length: state.lastIndex }, (_, i) => i + 2));
  await store.close();
});
