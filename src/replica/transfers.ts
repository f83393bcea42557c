/** Callers that wait for leadership to be handed over. */
import { QuorateError } from '../base/errors.js';
import type { MemberId } from '../base/ids.js';
import type { Raft } from '../raft/raft.js';

interface Transfer {
  readonly from: MemberId | undefined;
  /** Undefined: to anybody else. */
  readonly to: MemberId | undefined;
  readonly deadline: number;
  readonly resolve: (leader: MemberId) => void;
  readonly reject: (error: QuorateError) => void;
}

export class Transfers {
  private waiting: Transfer[] = [];

  constructor(private readonly electionMs: number) {}

  /** Asks Raft for it. Resolves with the new leader. */
  ask(raft: Raft, to: MemberId | undefined, now: number): Promise<MemberId> {
    const { membership, leader: from } = raft.status();
    if (to !== undefined && !membership.voters.includes(to))
      return Promise.reject(new QuorateError('MEMBER_NOT_FOUND', `member ${to} is not a voter of this cluster`));
    if (to !== undefined && from === to) return Promise.resolve(to);
    raft.transferLeadership(to);
    // The hand-over takes at most one election timeout, learning of the new leader another.
    const deadline = now + 2 * this.electionMs;
    return new Promise((resolve, reject) => this.waiting.push({ from, to, deadline, resolve, reject }));
  }

  onLeader(leader: MemberId): void {
    this.settle(
      ({ from, to }) => (to === undefined ? leader !== from : leader === to),
      ({ resolve }) => resolve(leader),
    );
  }

  expire(now: number): void {
    this.settle(
      ({ deadline }) => deadline <= now,
      ({ reject }) => reject(failed('leadership was not handed over in time; the old leader goes on')),
    );
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  failAll(why: string): void {
    this.settle(
      () => true,
      ({ reject }) => reject(failed(why)),
    );
  }

  private settle(which: (transfer: Transfer) => boolean, how: (transfer: Transfer) => void): void {
    if (this.waiting.length === 0) return;
    const settled = this.waiting.filter(which);
    this.waiting = this.waiting.filter((transfer) => !settled.includes(transfer));
    for (const transfer of settled) how(transfer);
  }
}

function failed(message: string): QuorateError {
  return new QuorateError('TRANSFER_FAILED', message);
}
