/**
 * Makes the data directories of a new cluster from a snapshot. Each holds the same state, and members as the new settings have them: nothing of who the
 * old cluster's members were, since its ids must not live on in two clusters.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { ExitCode, FatalError } from '../base/errors.js';
import type { HardState, Membership, SnapshotMeta } from '../raft/types.js';
import { memberIdOf } from '../settings/identity.js';
import type { MemberSettings, Settings } from '../settings/settings.js';
import { LevelStore } from '../storage/leveldb.js';
import { encodeMachineState, type MachineState } from '../storage/records.js';
import { Kind } from '../storage/schema.js';
import { framed, imageRecords, type RawRecord } from './image-records.js';
import { inspectSnapshot, type SnapshotSummary } from './inspect.js';
import { fileFailure } from './snapshot-error.js';
import { SnapshotFile } from './snapshot-file.js';
import { syncDirectory } from './sync-directory.js';

export interface RestoreOptions {
  /** The snapshot. */
  readonly file: string;
  /** Of the new cluster. */
  readonly settings: Settings;
  /** One of its members; undefined: all. */
  readonly name: string | undefined;
  /** Where the members' directories are made, instead of where the settings say. */
  readonly data: string | undefined;
}

export interface Restored {
  readonly summary: SnapshotSummary;
  readonly directories: readonly { readonly name: string; readonly directory: string }[];
}

/** @throws FatalError: nothing was made */
export async function restoreSnapshot({ file, settings, name, data }: RestoreOptions): Promise<Restored> {
  const wanted = settings.members.filter((member) => name === undefined || member.name === name);
  if (wanted.length === 0) throw unknownMember(name, settings);
  const places = wanted.map((member) => ({ member, directory: directoryOf(member, data) }));
  for (const { directory } of places) await refuseFilled(directory);
  const summary = await inspectSnapshot(file);
  refuseSameCluster(file, summary, settings);
  const state = { ...summary.state, membership: foundersOf(settings) };
  const made: string[] = [];
  try {
    for (const { member, directory } of places) {
      made.push(unfinished(directory));
      await fill(unfinished(directory), await SnapshotFile.verified(file), state, settings, member);
    }
  } catch (error) {
    for (const directory of made) await rm(directory, { recursive: true, force: true });
    throw error;
  }
  for (const { directory } of places) await appear(directory);
  return { summary, directories: places.map(({ member, directory }) => ({ name: member.name, directory })) };
}

function directoryOf({ name, dataDirectory }: MemberSettings, data: string | undefined): string {
  return data === undefined ? dataDirectory : path.join(path.resolve(data), name);
}

/** Beside its place, so that renaming it is all that is left to do. */
function unfinished(directory: string): string {
  return `${directory}.restoring-${process.pid}`;
}

async function refuseFilled(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fileFailure(directory, 'write', error);
  });
  if (names.length === 0) return;
  throw new FatalError(
    `data directory ${directory} is not empty: a snapshot is restored into a new one; move it away or name another place with --data`,
    ExitCode.DATA,
  );
}

/** Ids come from names: under the name of the old cluster its members and clients would take this one for it. */
function refuseSameCluster(file: string, { metadata, state }: SnapshotSummary, settings: Settings): void {
  const { clusterName, clusterId } = settings;
  const founders = state.membership.records ?? [];
  const same =
    metadata?.clusterId === clusterId || founders.some(({ id, name }) => id === memberIdOf(clusterName, name));
  if (!same) return;
  throw new FatalError(
    `snapshot ${file} is of the cluster "${clusterName}", and ${settings.file} gives the new one the same name: change "cluster:" there to a new name, so that nobody takes one for the other`,
    ExitCode.SETTINGS,
  );
}

function unknownMember(name: string | undefined, { file, members }: Settings): FatalError {
  const names = members.map((member) => member.name).join(', ');
  return new FatalError(`${file} has no member "${name}"; it has ${names}`, ExitCode.SETTINGS);
}

function foundersOf({ members }: Settings): Membership {
  const records = members.map(({ id, name, clientAddress, peerAddress }) => {
    return { id, name, clientAddress, peerAddress, promote: false, replaces: undefined };
  });
  return { voters: members.map(({ id }) => id).sort((a, b) => a - b), outgoing: [], learners: [], records };
}

async function fill(
  directory: string,
  snapshot: SnapshotFile,
  state: MachineState,
  { clusterId }: Settings,
  { id: memberId, name: memberName }: MemberSettings,
): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw fileFailure(directory, 'write', error);
  });
  let failed: (error: FatalError) => void = () => {};
  const failure = new Promise<never>((_resolve, reject) => {
    failed = reject;
  });
  failure.catch(() => {});
  const store = new LevelStore(directory, { onFatal: failed });
  const install = async () => {
    await store.open({ clusterId, memberId, memberName });
    const image = await store.stageImage();
    const hash = createHash('sha256');
    for await (const records of imageRecords(snapshot.image())) {
      const bytes = Buffer.concat(records.flatMap((record) => adapted(record, state)));
      hash.update(bytes);
      await image.write(bytes);
    }
    const { appliedIndex: index, appliedTerm: term, membership } = state;
    const start: SnapshotMeta = { index, term, membership };
    const hardState: HardState = { term, votedFor: undefined, commit: index, recovering: false };
    await image.commit(start, hash.digest('hex'), hardState);
    await store.clearReplaced();
  };
  try {
    await Promise.race([install(), failure]);
  } finally {
    await store.close().catch(() => undefined);
  }
}

/** The state of the new members; nothing of what the old ones had forwarded, whose sequences go with their ids. */
function adapted(record: RawRecord, state: MachineState): Buffer[] {
  if (record.key[0] === Kind.state) return [framed({ key: record.key, value: encodeMachineState(state) })];
  return record.key[0] === Kind.origin ? [] : [framed(record)];
}

async function appear(directory: string): Promise<void> {
  try {
    // An empty directory may be there; one that has been filled meanwhile is left alone.
    await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(unfinished(directory), directory);
    await syncDirectory(path.dirname(directory));
  } catch (error) {
    throw fileFailure(directory, 'write', error);
  }
}
