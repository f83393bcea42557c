/**
 * Changes of the membership that callers of this member wait for. Each is asked of whoever leads, again and again until it counts: a change
 * that is so already is answered like one that was just made, so asking twice does no harm.
 */
import { QuorateError, type Reason } from '../base/errors.js';
import type { Index, MemberId } from '../base/ids.js';
import type { Membership } from '../raft/types.js';
import { type Answer, madeSo, type Refusal } from './change-request.js';
import type { MemberChange } from './types.js';

interface Pending {
  readonly token: number;
  readonly change: MemberChange;
  readonly deadline: number;
  readonly began: number;
  /** Undefined: to be asked as soon as somebody leads. */
  askedAt: number | undefined;
  /** The leader has it in its log at this index. */
  index: number | undefined;
  last: Answer | undefined;
  readonly resolve: (member: MemberId) => void;
  readonly reject: (error: QuorateError) => void;
}

/** Refusals that a caller is told of at once or, where a moment may mend them, after an election timeout. */
const reasonOf: Readonly<Record<Refusal, Reason | undefined>> = {
  notLeader: undefined,
  inProgress: undefined,
  unknownMember: 'MEMBER_NOT_FOUND',
  exists: 'MEMBER_EXISTS',
  tooMany: 'TOO_MANY_MEMBERS',
  notCaughtUp: 'MEMBER_NOT_READY',
  losesQuorum: 'QUORUM_AT_RISK',
};
/** A new leader knows of the others only what they have said since. */
const mayPass: readonly Refusal[] = ['notCaughtUp', 'losesQuorum'];

export class Changes {
  private pending: Pending[] = [];
  private newest = 0;

  /** @param patienceMs an election timeout */
  constructor(private readonly patienceMs: number) {}

  get isEmpty(): boolean {
    return this.pending.length === 0;
  }

  add(change: MemberChange, deadline: number, now: number): Promise<MemberId> {
    return new Promise((resolve, reject) => {
      const fields = { askedAt: undefined, index: undefined, last: undefined, began: now };
      this.pending.push({ token: ++this.newest, change, deadline, resolve, reject, ...fields });
    });
  }

  /** Those that should be asked now. */
  due(now: number): readonly { readonly token: number; readonly change: MemberChange }[] {
    const due = this.pending.filter(
      ({ askedAt, index }) => index === undefined && (askedAt === undefined || now - askedAt >= this.patienceMs / 4),
    );
    for (const pending of due) pending.askedAt = now;
    return due;
  }

  /** There is another leader: what the old one said may be void. */
  askAgain(): void {
    for (const pending of this.pending) {
      pending.askedAt = undefined;
      pending.index = undefined;
    }
  }

  onAnswer(token: number, answer: Answer, now: number): void {
    const pending = this.pending.find((each) => each.token === token);
    if (!pending) return;
    pending.last = answer;
    if (answer.refused === undefined) {
      pending.index = answer.index;
      return;
    }
    const reason = reasonOf[answer.refused];
    if (reason === undefined || (mayPass.includes(answer.refused) && now - pending.began < this.patienceMs)) return;
    this.settle([pending], () => pending.reject(new QuorateError(reason, answer.why)));
  }

  onApplied(index: Index, membership: Membership): void {
    const arrived = this.pending.filter((each) => each.index !== undefined && each.index <= index);
    for (const pending of arrived) {
      const member = madeSo(pending.change, membership);
      if (member !== undefined) this.settle([pending], ({ resolve }) => resolve(member));
      // Its entry was lost with a leader, or the joint membership is not over.
      else pending.index = undefined;
    }
  }

  expire(now: number): void {
    const late = this.pending.filter(({ deadline }) => deadline <= now);
    this.settle(late, ({ last, reject }) => {
      const inProgress = last?.refused === 'inProgress';
      reject(
        inProgress
          ? new QuorateError('CHANGE_IN_PROGRESS', `${last.why}; try again later`)
          : new QuorateError('NO_QUORUM', 'no quorum of members confirmed the change before the deadline'),
      );
    });
  }

  failAll(error: QuorateError): void {
    this.settle(this.pending, ({ reject }) => reject(error));
  }

  private settle(which: readonly Pending[], how: (pending: Pending) => void): void {
    if (which.length === 0) return;
    this.pending = this.pending.filter((each) => !which.includes(each));
    for (const pending of which) how(pending);
  }
}
