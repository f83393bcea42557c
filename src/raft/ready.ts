/** Takes out of the state what the shell has to do now. */
import type { Index } from '../base/ids.js';
import { broadcastHeartbeat } from './leader.js';
import { beginReadRound } from './read-index.js';
import { replicate } from './replication.js';
import type { RaftState } from './state.js';
import type { Entry, HardState, RaftMessage, Ready } from './types.js';

const noEntries: readonly Entry[] = [];
const noMessages: readonly RaftMessage[] = [];
const nothing: readonly never[] = [];

export function hasReady(raft: RaftState): boolean {
  return (
    raft.messages.length > 0 ||
    raft.replicationDue ||
    raft.acknowledgeUpTo !== undefined ||
    raft.log.handed < raft.log.last ||
    hardStateChanged(raft) ||
    raft.messagesAfterPersist.length > 0 ||
    hasCommitted(raft) ||
    raft.readStates.length > 0 ||
    readRoundDue(raft) ||
    raft.install !== undefined ||
    raft.snapshotsWanted.length > 0 ||
    raft.entriesWanted.length > 0 ||
    raft.statusChanged
  );
}

export function takeReady(raft: RaftState): Ready {
  if (raft.role === 'leader') {
    if (raft.waitingReads.length > 0 && beginReadRound(raft)) broadcastHeartbeat(raft);
    if (raft.replicationDue) replicate(raft);
  }
  raft.replicationDue = false;
  sendAcknowledgement(raft);

  // An image replaces the whole log in one step of its own: what belongs to entries after it comes with the next Ready.
  const install = raft.install;
  raft.install = undefined;
  const entries = install === undefined ? raft.log.handOut() : noEntries;
  const changed = hardStateChanged(raft);
  const before = raft.handedHardState;
  if (changed || install !== undefined) raft.handedHardState = hardStateOf(raft);
  // Only the commit index has changed.
  const optional =
    changed &&
    install === undefined &&
    before.term === raft.term &&
    before.votedFor === raft.votedFor &&
    before.recovering === raft.recovering;
  const mustPersist = install !== undefined || entries.length > 0 || (changed && !optional);
  const persistToken = mustPersist ? raft.persistence.begin(raft.log.handed, raft.handedHardState) : undefined;
  const messagesAfterPersist = takeMessagesAfterPersist(raft, mustPersist, install !== undefined);

  const ready: Ready = {
    hardState: changed || install !== undefined ? raft.handedHardState : undefined,
    hardStateOptional: optional,
    entries,
    messages: raft.messages,
    messagesAfterPersist,
    committed: install === undefined ? takeCommitted(raft) : noEntries,
    readStates: raft.readStates.length > 0 ? raft.readStates : nothing,
    install,
    snapshotsWanted: raft.snapshotsWanted.length > 0 ? raft.snapshotsWanted : nothing,
    entriesWanted: raft.entriesWanted.length > 0 ? raft.entriesWanted : nothing,
    statusChanged: raft.statusChanged,
    persistToken,
  };
  raft.messages = [];
  if (raft.readStates.length > 0) raft.readStates = [];
  if (raft.snapshotsWanted.length > 0) raft.snapshotsWanted = [];
  if (raft.entriesWanted.length > 0) raft.entriesWanted = [];
  raft.statusChanged = false;
  return ready;
}

function hardStateChanged(raft: RaftState): boolean {
  const handed = raft.handedHardState;
  return (
    handed.commit !== raft.commit ||
    handed.term !== raft.term ||
    handed.votedFor !== raft.votedFor ||
    handed.recovering !== raft.recovering
  );
}

function hardStateOf({ term, votedFor, commit, recovering }: RaftState): HardState {
  return { term, votedFor, commit, recovering };
}

function readRoundDue(raft: RaftState): boolean {
  return raft.waitingReads.length > 0 && raft.roundReads.length === 0 && raft.log.termAt(raft.commit) === raft.term;
}

/** At once when it promises only what is on disk: entries, and the term in which they are acknowledged. */
function sendAcknowledgement(raft: RaftState): void {
  const index = raft.acknowledgeUpTo;
  raft.acknowledgeUpTo = undefined;
  if (index === undefined || raft.leader === undefined) return;
  const message: RaftMessage = {
    kind: 'appendReply',
    from: raft.id,
    to: raft.leader,
    term: raft.term,
    rejected: false,
    index,
    hintIndex: 0 as Index,
    hintTerm: raft.term,
  };
  if (index <= raft.log.persisted && raft.persistence.term === raft.term) raft.send(message);
  else raft.sendAfterPersist(message);
}

/** When this Ready writes nothing they wait for the write under way, if there is one. */
function takeMessagesAfterPersist(raft: RaftState, persists: boolean, installs: boolean): readonly RaftMessage[] {
  const messages = raft.messagesAfterPersist;
  if (messages.length === 0 || installs) return noMessages;
  raft.messagesAfterPersist = [];
  if (persists) return messages;
  if (raft.persistence.idle) for (const message of messages) raft.send(message);
  else raft.persistence.hold(messages);
  return noMessages;
}

function hasCommitted(raft: RaftState): boolean {
  return raft.delivered < raft.commit && raft.applyLoading === undefined;
}

/** The next committed entries, from memory or, long after a restart, by way of the disk. */
function takeCommitted(raft: RaftState): readonly Entry[] {
  if (!hasCommitted(raft)) return noEntries;
  const { log } = raft;
  const first = (raft.delivered + 1) as Index;
  let entries = raft.applyLoaded;
  raft.applyLoaded = undefined;
  if (entries === undefined) {
    if (first < log.firstInMemory) {
      const last = Math.min(raft.commit, log.firstInMemory - 1) as Index;
      raft.applyLoading = { for: 'apply', first, last, maxBytes: raft.options.appendBytes };
      raft.entriesWanted.push(raft.applyLoading);
      return noEntries;
    }
    entries = log.slice(first, raft.commit, raft.options.appendBytes);
  }
  raft.delivered = (raft.delivered + entries.length) as Index;
  return entries;
}
