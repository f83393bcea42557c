/** How the leader's log gets to the others. Runs once per Ready, so that whatever arrived in one turn travels together. */
import type { Index, MemberId, Term } from '../base/ids.js';
import { onMembershipCommitted } from './change.js';
import type { Progress } from './progress.js';
import { reachedByQuorum } from './quorum.js';
import type { RaftState } from './state.js';
import type { EntriesWanted, Entry } from './types.js';

const none: readonly Entry[] = [];

/** Sends whatever may go to each follower. */
export function replicate(raft: RaftState): void {
  raft.replicationDue = false;
  for (const [to, progress] of raft.progress) replicateTo(raft, to, progress);
}

function replicateTo(raft: RaftState, to: MemberId, progress: Progress): void {
  const { log } = raft;
  // What comes next is gone, whatever becomes of the appends in flight, which may keep the window shut for ever.
  if (progress.state === 'replicate' && progress.next <= log.startIndex) {
    wantSnapshot(raft, to, progress);
    return;
  }
  while (progress.ready) {
    const probing = progress.state === 'probe';
    if (!probing && progress.next > log.last) break;
    const prevIndex = (progress.next - 1) as Index;
    if (prevIndex < log.startIndex) {
      wantSnapshot(raft, to, progress);
      return;
    }
    const prevTerm = prevTermOf(raft, progress);
    if (prevTerm === undefined || (progress.next < log.firstInMemory && progress.next <= log.last)) {
      load(raft, to, progress, prevTerm === undefined && prevIndex > log.startIndex ? prevIndex : progress.next);
      return;
    }
    const entries = log.slice(progress.next, log.last, raft.options.appendBytes);
    sendAppend(raft, to, progress, prevIndex, prevTerm, entries);
  }
  // Followers serve reads and watches too, so news of a commit does not wait for the next entry.
  if (progress.state === 'replicate' && progress.sentCommit < raft.commit) sendCommit(raft, to, progress);
}

function wantSnapshot(raft: RaftState, to: MemberId, progress: Progress): void {
  progress.becomeSnapshot();
  raft.snapshotsWanted.push(to);
}

/** An append without entries: tells the commit index, and finds out whether earlier appends arrived. */
export function sendCommit(raft: RaftState, to: MemberId, progress: Progress): void {
  const prevTerm = prevTermOf(raft, progress);
  if (prevTerm === undefined || progress.loading !== undefined) return;
  sendAppend(raft, to, progress, (progress.next - 1) as Index, prevTerm, none);
}

function sendAppend(
  raft: RaftState,
  to: MemberId,
  progress: Progress,
  prevIndex: Index,
  prevTerm: Term,
  entries: readonly Entry[],
): void {
  const { id: from, term, commit } = raft;
  raft.send({ kind: 'appendRequest', from, to, term, prevIndex, prevTerm, commit, entries });
  let bytes = 0;
  for (let at = 0; at < entries.length; at++) bytes += (entries[at] as Entry).data.length;
  progress.sent((prevIndex + entries.length) as Index, entries.length, bytes, commit);
}

function prevTermOf(raft: RaftState, progress: Progress): Term | undefined {
  const prevIndex = progress.next - 1;
  if (prevIndex < raft.log.startIndex) return undefined;
  const known = raft.log.termAt(prevIndex as Index);
  if (known !== undefined) return known;
  return progress.loadedIndex === prevIndex ? progress.loadedTerm : undefined;
}

/** Asks for entries that are only on disk; from the one before `next` when its term is not known. */
function load(raft: RaftState, to: MemberId, progress: Progress, first: Index): void {
  const last = Math.max(first, Math.min(raft.log.last, raft.log.firstInMemory - 1)) as Index;
  progress.loading = { for: to, first, last, maxBytes: raft.options.appendBytes };
  raft.entriesWanted.push(progress.loading);
}

/** What `load` asked for. Empty when the log has been trimmed meanwhile: then an image goes instead. */
export function onEntriesLoaded(raft: RaftState, to: MemberId, wanted: EntriesWanted, entries: readonly Entry[]): void {
  const progress = raft.progress.get(to);
  if (progress === undefined || progress.loading !== wanted) return;
  progress.loading = undefined;
  raft.replicationDue = true;
  let rest = entries;
  const first = entries[0];
  if (first !== undefined && first.index === progress.next - 1) {
    progress.loadedIndex = first.index;
    progress.loadedTerm = first.term;
    rest = entries.slice(1);
  }
  const last = rest[rest.length - 1];
  if (last === undefined || rest[0]?.index !== progress.next || !progress.ready) return;
  const prevTerm = prevTermOf(raft, progress);
  if (prevTerm === undefined) return;
  progress.loadedIndex = last.index;
  progress.loadedTerm = last.term;
  sendAppend(raft, to, progress, (progress.next - 1) as Index, prevTerm, rest);
}

/** Raft §5.3 and §5.4.2: a quorum holds it on disk, and it is of this leader's term; earlier entries come along. */
export function advanceCommit(raft: RaftState): void {
  const { voters, outgoing } = raft.membership;
  const reached = reachedByQuorum(voters, outgoing, raft.matchOf) as Index;
  if (reached > raft.commit && raft.log.termAt(reached) === raft.term) raft.commitTo(reached);
  if (raft.memberships.index <= raft.commit) onMembershipCommitted(raft);
}
