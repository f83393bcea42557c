/** Calls to members, each answered once and in time, and what is known of them: what was called, when, and what came of it. */
import { FatalError, type QuorateError } from '../../src/base/errors.js';
import type { Revision } from '../../src/base/ids.js';
import type { Machine } from '../../src/machine/machine.js';
import type { Command, Outcome } from '../../src/machine/types.js';
import type { ExactlyOnce } from './checkers/exactly-once.js';
import type { Linearizable } from './checkers/linearizable.js';
import type { SimMember } from './members.js';
import type { World } from './world.js';

/** `unknown`: it may or may not have been applied. */
export type Answer =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A change that a client wants; its tag is in everything that it writes. */
export interface Operation {
  readonly tag: string;
  readonly command: Command;
  readonly requestId: string;
}

/** Answers may be so late: ticks and turns of the member. */
const lateMs = 400;
/** What a member says when the command may have been applied all the same. */
const unknownReasons = new Set(['NO_QUORUM', 'OUTCOME_UNKNOWN', 'MEMBER_STOPPING']);

export class Calls {
  made = 0;
  acknowledged = 0;

  constructor(
    private readonly world: World,
    private readonly linearizable: Linearizable,
    private readonly exactlyOnce: ExactlyOnce,
  ) {}

  /**
   * @param done not called when the member dies first
   * @returns forgets the caller: done is not called any more
   */
  write(member: SimMember, operation: Operation, deadlineMs: number, done: (answer: Answer) => void): () => void {
    const { replica } = member;
    if (!replica) {
      done({ kind: 'unknown', reason: 'down' });
      return () => {};
    }
    const { world } = this;
    const { tag, command, requestId } = operation;
    const floor = this.linearizable.floor;
    const answered = this.expectAnswer(member, deadlineMs, `${command.kind} ${tag}`);
    this.exactlyOnce.onCalled(tag);
    world.trace.note('is asked to', member.id, `${command.kind} ${tag}`);
    const waiting = replica.submit(command, requestId, member.clock.now() + deadlineMs, (error, outcome) => {
      if (!answered.once()) return;
      const answer = answerOf(error, outcome);
      world.trace.note(
        'answers',
        member.id,
        `${tag} ${answer.kind === 'done' ? answer.outcome.revision : answer.reason}`,
      );
      if (answer.kind === 'unknown') {
        if (!unknownReasons.has(answer.reason) && answer.reason !== 'OVERLOADED')
          world.violated('answers', `${tag} failed with ${answer.reason}`);
      } else if (answer.kind === 'refused') this.exactlyOnce.onRefused(tag);
      else {
        this.acknowledged++;
        this.exactlyOnce.onAcknowledged(tag, operation, answer.outcome);
        this.linearizable.onWritten(
          tag,
          floor,
          answer.outcome.revision,
          this.exactlyOnce.changed(tag),
          requestId !== '',
        );
      }
      done(answer);
    });
    return () => {
      if (answered.cancel()) waiting.cancel();
    };
  }

  /** A linearizable read: `look` sees the machine when it may. */
  read(member: SimMember, deadlineMs: number, look: (machine: Machine) => void, failed: () => void): void {
    const { replica } = member;
    if (!replica) {
      failed();
      return;
    }
    const floor = this.linearizable.floor;
    const answered = this.expectAnswer(member, deadlineMs, 'read');
    replica.readBarrier(member.clock.now() + deadlineMs, (error) => {
      if (!answered.once()) return;
      this.world.trace.note('lets read', member.id, error ? error.reason : replica.machine.revision);
      if (error) {
        failed();
        return;
      }
      this.linearizable.onRead(member.id, floor, replica.machine.revision);
      this.looking(member, () => look(replica.machine));
    });
  }

  /** A read of this member's own state, that must have reached a revision. */
  readAt(member: SimMember, revision: Revision, deadlineMs: number, look: (machine: Machine) => void): void {
    const { replica } = member;
    if (!replica) return;
    const answered = this.expectAnswer(member, deadlineMs, 'read at a revision');
    replica.waitForRevision(revision, member.clock.now() + deadlineMs, (error) => {
      if (!answered.once() || error) return;
      if (replica.machine.revision < revision)
        this.world.violated(
          'linearizable',
          `member ${member.id} answers at ${replica.machine.revision}, asked for ${revision}`,
        );
      this.looking(member, () => look(replica.machine));
    });
  }

  /** As a door does: damage found by a read ends the member. */
  looking(member: SimMember, look: () => void): void {
    try {
      look();
    } catch (error) {
      if (error instanceof FatalError) member.fail(error);
      else throw error;
    }
  }

  /** The caller is to be answered by this time, unless the member dies. */
  expectAnswer(member: SimMember, deadlineMs: number, what: string): Expected {
    this.made++;
    const { world } = this;
    const expected = new Expected(world, member, what);
    world.after(member.clock.worldTime(deadlineMs) + lateMs, member.scope, () => expected.due());
    return expected;
  }
}

/** One caller at one member: it is answered once and in time, unless it is forgotten before. */
export class Expected {
  private answers = 0;
  private forgotten = false;

  constructor(
    private readonly world: World,
    private readonly member: SimMember,
    private readonly what: string,
  ) {}

  /** An answer has come. @returns it is the only one */
  once(): boolean {
    this.answers++;
    if (this.forgotten) this.wrong('answered a caller that was gone');
    if (this.answers > 1) this.wrong(`answered a caller ${this.answers} times`);
    return this.answers === 1 && !this.forgotten;
  }

  cancel(): boolean {
    const waits = this.answers === 0 && !this.forgotten;
    this.forgotten = true;
    return waits;
  }

  due(): void {
    if (this.answers === 0 && !this.forgotten) this.wrong('left a caller without an answer');
  }

  private wrong(sentence: string): void {
    this.world.violated('callers', `member ${this.member.id} ${sentence}: ${this.what}`);
  }
}

function answerOf(error: QuorateError | undefined, outcome: Outcome | undefined): Answer {
  if (error) return { kind: 'unknown', reason: error.reason };
  if (!outcome) return { kind: 'unknown', reason: 'no outcome' };
  if (outcome.result.kind === 'error') return { kind: 'refused', reason: outcome.result.reason };
  return { kind: 'done', outcome };
}
