/** Handing leadership over (dissertation §3.10): stop taking proposals, bring the target up to date, tell it to campaign at once. */
import type { MemberId } from '../base/ids.js';
import { isVoter } from './membership.js';
import type { RaftState } from './state.js';
import type { TransferRequest } from './types.js';

/** In a TransferRequest: whoever is most up to date. Never the id of a member. */
const anybody = 0 as MemberId;

/** `to` undefined: the most up-to-date voter that was heard of recently. Followers pass the wish on; without a leader it is dropped. */
export function transferLeadership(raft: RaftState, to: MemberId | undefined): void {
  if (raft.role === 'leader') {
    beginTransfer(raft, to ?? bestSuccessor(raft));
  } else if (raft.leader !== undefined) {
    const target = to ?? anybody;
    raft.send({ kind: 'transferRequest', from: raft.id, to: raft.leader, term: raft.term, target });
  }
}

export function onTransferRequest(raft: RaftState, message: TransferRequest): void {
  if (raft.role !== 'leader') return;
  beginTransfer(raft, message.target === anybody ? bestSuccessor(raft) : message.target);
}

function beginTransfer(raft: RaftState, target: MemberId | undefined): void {
  if (target === undefined || target === raft.transferTarget) return;
  if (target === raft.id || !isVoter(raft.membership, target)) return;
  raft.transferTarget = target;
  raft.transferBegan = raft.now;
  raft.replicationDue = true;
  raft.statusChanged = true;
  sendTimeoutNow(raft);
}

/** The most up-to-date other voter that was heard of lately and may campaign. */
export function bestSuccessor(raft: RaftState): MemberId | undefined {
  let best: MemberId | undefined;
  let bestMatch = -1;
  for (const id of raft.membership.voters) {
    const progress = raft.progress.get(id);
    if (progress === undefined || progress.recovering) continue;
    if (raft.now - progress.heardAt >= raft.options.electionTicks) continue;
    if (progress.match > bestMatch) {
      best = id;
      bestMatch = progress.match;
    }
  }
  return best;
}

/** Tells the target to campaign, if it holds the whole log. Repeated with heartbeats, as it may get lost. */
export function sendTimeoutNow(raft: RaftState): void {
  const to = raft.transferTarget;
  if (to === undefined || raft.progress.get(to)?.match !== raft.log.last) return;
  raft.send({ kind: 'timeoutNow', from: raft.id, to, term: raft.term });
}

/** Gives up after an election timeout: the target may be gone, and callers wait. */
export function onTransferTick(raft: RaftState): void {
  if (raft.transferTarget === undefined || raft.now - raft.transferBegan < raft.options.electionTicks) return;
  raft.transferTarget = undefined;
  raft.statusChanged = true;
}
