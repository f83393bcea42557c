import type { Command } from 'commander';
import { answer, callCommand, callSettings } from '../call.js';
import { CommandError, CommandExit } from '../exit-codes.js';
import { leaderOf, type MemberView, memberViews } from '../member-views.js';
import { type Cell, size, table } from '../table.js';
import type { Terminal } from '../terminal.js';

/** A member that lives answers at once; only the state hash of a large state takes longer. */
const probeMs = 2_000;

export function statusCommand(terminal: Terminal): Command {
  return callCommand('status', 'show the state of every member')
    .option('--hash', 'also compute the hash of the state of each member (reads all of it)')
    .addHelpText(
      'after',
      `
The exit code is 0 when a majority of the members names the same leader, otherwise 5.

Examples:
  quorate status
  quorate status --hash --timeout 60s
  quorate status --json | jq -r '.members[] | select(.role == "LEADER").name'`,
    )
    .action(async (options: { hash?: boolean }, command: Command) => {
      const { endpoints, timeoutMs, json } = callSettings(command, terminal);
      const hash = options.hash === true;
      const members = await memberViews(endpoints, hash ? timeoutMs : Math.min(timeoutMs, probeMs), hash);
      const leader = leaderOf(members);
      answer(terminal, json, { leader: leader ?? null, members: members.map(memberJson) }, () =>
        statusTable(members, hash),
      );
      if (leader === undefined)
        throw new CommandError('no leader is known by a majority of the members', CommandExit.UNAVAILABLE);
    });
}

/** The table for people. */
export function statusTable(members: readonly MemberView[], hash: boolean): string {
  const header = [
    'NAME',
    'ROLE',
    'TERM',
    'APPLIED',
    'REVISION',
    'KEYS',
    'LEASES',
    'WATCHERS',
    'MEMORY',
    'DISK',
    'CLIENT',
  ];
  if (hash) header.push('HASH', 'AT INDEX');
  const rows = members.map(({ address, name, status }): Cell[] => {
    if (!status) {
      const row: Cell[] = [
        name,
        address === '' ? 'not started' : 'unreachable',
        ...Array<Cell>(8).fill(undefined),
        address,
      ];
      return hash ? [...row, undefined, undefined] : row;
    }
    const row: Cell[] = [
      status.name,
      status.recovering ? `${status.role.toLowerCase()}, recovering` : status.role.toLowerCase(),
      status.term,
      status.appliedIndex,
      status.revision,
      status.keys,
      status.leases,
      status.watchers,
      size(status.memoryBytes),
      size(status.diskBytes),
      address,
    ];
    return hash ? [...row, status.stateHash, status.stateHashIndex] : row;
  });
  return table(header, rows);
}

/** The shape for programs. */
export function memberJson({ address, name, status }: MemberView): object {
  if (!status) return { name: name ?? null, clientAddress: address, reachable: false };
  return {
    name: status.name,
    clientAddress: address,
    reachable: true,
    memberId: status.memberId,
    clusterId: status.clusterId,
    role: status.role,
    leader: status.leaderName === '' ? null : status.leaderName,
    term: status.term,
    revision: status.revision,
    compactedRevision: status.compactedRevision,
    firstIndex: status.firstIndex,
    lastIndex: status.lastIndex,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    leaderContactAgeMs: status.leaderContactAgeMs,
    keys: status.keys,
    leases: status.leases,
    watchers: status.watchers,
    memoryBytes: status.memoryBytes,
    diskBytes: status.diskBytes,
    recovering: status.recovering,
    version: status.serverVersion,
    ...(status.stateHash === '' ? {} : { stateHash: status.stateHash, stateHashIndex: status.stateHashIndex }),
  };
}
