/** The data of a log entry: runs of commands under one stamp of the cluster clock. */
import type { ClusterTime, MemberId } from '../base/ids.js';
import type { Batch, Run } from '../machine/types.js';
import { Batch as BatchMessage } from '../proto/command.js';
import type { Entry } from '../raft/types.js';
import { decodeCommand } from './command-codec.js';

/** Consecutive encoded commands of one origin on their way into the log. */
export interface EncodedRun {
  readonly member: MemberId;
  readonly incarnation: number;
  readonly firstSequence: number;
  readonly commands: readonly Uint8Array[];
}

export function encodeBatch(clock: ClusterTime, wallMs: number, runs: readonly EncodedRun[]): Uint8Array {
  return BatchMessage.encode({ clock, wallMs, runs: runs as (EncodedRun & { commands: Uint8Array[] })[] });
}

/** Decodes a committed entry for the machine. Entries of Raft itself (no-op, membership) carry no commands and leave the clock. */
export function decodeBatch(entry: Entry): Batch {
  const { index, term } = entry;
  if (entry.kind !== 'commands') return { index, term, clock: 0 as ClusterTime, wallMs: 0, runs: [] };
  const message = BatchMessage.decode(entry.data);
  const runs: Run[] = [];
  for (const { member, incarnation, firstSequence, commands } of message.runs) {
    const requests = commands.map(decodeCommand);
    runs.push({ member: member as MemberId, incarnation, firstSequence, requests });
  }
  return { index, term, clock: message.clock as ClusterTime, wallMs: message.wallMs, runs };
}

/** Who is in an entry up to which sequence, and its stamp: what a new leader reads from entries that are not applied yet. */
export function inspectBatch(entry: Entry): {
  clock: ClusterTime;
  origins: { member: MemberId; incarnation: number; lastSequence: number }[];
} {
  if (entry.kind !== 'commands') return { clock: 0 as ClusterTime, origins: [] };
  const message = BatchMessage.decode(entry.data);
  return {
    clock: message.clock as ClusterTime,
    origins: message.runs.map(({ member, incarnation, firstSequence, commands }) => ({
      member: member as MemberId,
      incarnation,
      lastSequence: firstSequence + commands.length - 1,
    })),
  };
}
