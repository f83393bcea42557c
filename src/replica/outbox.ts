/**
 * The commands that this member's callers wait for. Each gets the next sequence of this member's incarnation and stays here until it is
 * applied, so that everything pending can be sent again, in order, to whoever leads: the machine applies each sequence once (design §5).
 */
import { assert } from '../base/assert.js';
import { QuorateError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Outcome } from '../machine/types.js';
import { voidCommand } from './command-codec.js';
import type { OutcomeCallback, Waiting } from './types.js';

/** One caller's command. */
class Pending implements Waiting {
  /** Its share of the outbox's. */
  underWay = 0;

  constructor(
    private readonly outbox: Outbox,
    public bytes: Uint8Array,
    readonly deadline: number,
    public done: OutcomeCallback | undefined,
  ) {}

  /** The caller no longer waits. */
  cancel(): void {
    if (this.done !== undefined) this.outbox.forget(this);
  }
}

/** Most commands, and bytes of them, in one forwarded message. */
const messageCommands = 2_000;

export class Outbox {
  /** pending[head] has sequence `firstSequence`; the front is cut off now and then, not on every command. */
  private pending: Pending[] = [];
  private head = 0;
  private firstSequence = 1;
  private bytes = 0;
  /** Sequence of the first command that has not been handed to the present leader. */
  private nextToSend = 1;
  /** Newest sequence that any leader was ever handed; later ones are not given away yet. */
  private everSent = 0;
  /** Bytes handed to the present leader and not applied yet. */
  private underWay = 0;
  /** Since when the oldest command is on its way and no other was applied; undefined: not known before the next look. */
  private waitingSince: number | undefined;

  get size(): number {
    return this.pending.length - this.head;
  }

  get hasUnsent(): boolean {
    return this.nextToSend < this.firstSequence + this.size;
  }

  /** Queues a command. Fails the caller at once with OVERLOADED when too many wait already. */
  add(bytes: Uint8Array, deadline: number, done: OutcomeCallback): Waiting {
    const pending = new Pending(this, bytes, deadline, done);
    if (this.size >= limits.pendingCommands || this.bytes + bytes.length > limits.pendingBytes) {
      pending.done = undefined;
      done(
        new QuorateError('OVERLOADED', `this member already has ${this.size} writes waiting; try again later`),
        undefined,
      );
      return pending;
    }
    this.pending.push(pending);
    this.bytes += bytes.length;
    return pending;
  }

  /** The next commands to hand to the leader, or undefined when all are on their way, or as many as may be at once. */
  take(now: number): { firstSequence: number; commands: Uint8Array[] } | undefined {
    const last = this.firstSequence + this.size - 1;
    if (this.nextToSend > last || this.underWay >= limits.forwardBytes) return undefined;
    const firstSequence = this.nextToSend;
    if (firstSequence === this.firstSequence) this.waitingSince = now;
    const commands: Uint8Array[] = [];
    let bytes = 0;
    while (this.nextToSend <= last && commands.length < messageCommands && bytes < limits.appendBytes) {
      const pending = this.at(this.nextToSend);
      pending.underWay = pending.bytes.length;
      commands.push(pending.bytes);
      bytes += pending.bytes.length;
      this.nextToSend++;
    }
    this.underWay += bytes;
    this.everSent = Math.max(this.everSent, this.nextToSend - 1);
    return { firstSequence, commands };
  }

  /** There is a new leader, or a new connection to it: what it was told may be lost. */
  sendAgain(): void {
    while (this.nextToSend > this.firstSequence) this.at(--this.nextToSend).underWay = 0;
    this.underWay = 0;
  }

  /** True when commands are on their way and none was applied for this long: a message may have been lost, and the leader takes none after it. */
  isOverdue(now: number, afterMs: number): boolean {
    if (this.nextToSend === this.firstSequence) return false;
    this.waitingSince ??= now;
    return now - this.waitingSince > afterMs;
  }

  /** A command was applied: answers its caller. Sequences come in order, each once. */
  settle(sequence: number, outcome: Outcome): void {
    assert(
      sequence === this.firstSequence,
      `outcome of sequence ${sequence} while ${this.firstSequence} is the oldest`,
    );
    this.shift()?.(undefined, outcome);
  }

  /** Everything up to this sequence is in the machine, but its outcomes are unknown here: an image was installed. */
  settleUnknown(upTo: number): void {
    while (this.size > 0 && this.firstSequence <= upTo) {
      this.shift()?.(
        new QuorateError(
          'OUTCOME_UNKNOWN',
          'this member was far behind and did not see the outcome of the write; repeat it with the same request id to learn it',
        ),
        undefined,
      );
    }
  }

  /**
   * What nobody waits for any more must not surprise anybody later: where it has not reached a leader yet it becomes void. It keeps its place in the
   * sequence if that was handed out before.
   */
  forget(pending: Pending): void {
    pending.done = undefined;
    this.bytes -= pending.bytes.length;
    pending.bytes = voidCommand;
  }

  /** Answers callers whose deadline has passed. Without a leader for long, what they leave behind does not fill the outbox. */
  expire(now: number): void {
    for (let i = this.head; i < this.pending.length; i++) {
      const pending = this.pending[i] as Pending;
      if (pending.done === undefined || pending.deadline > now) continue;
      const done = pending.done;
      this.forget(pending);
      done(
        new QuorateError(
          'NO_QUORUM',
          'no quorum of members confirmed the write before the deadline; it may still be applied',
        ),
        undefined,
      );
    }
    const unsent = this.head + Math.max(0, this.everSent + 1 - this.firstSequence);
    if (!this.pending.some(({ done }, i) => i >= unsent && done === undefined)) return;
    this.pending = this.pending.filter(({ done }, i) => i < unsent || done !== undefined);
  }

  /** Fails every caller (the member stops). */
  failAll(error: QuorateError): void {
    for (let i = this.head; i < this.pending.length; i++) {
      const pending = this.pending[i] as Pending;
      const done = pending.done;
      pending.done = undefined;
      done?.(error, undefined);
    }
  }

  /** Takes the oldest out; what is left of it is its callback. */
  private shift(): OutcomeCallback | undefined {
    const pending = this.at(this.firstSequence);
    this.bytes -= pending.bytes.length;
    this.underWay -= pending.underWay;
    this.head++;
    this.firstSequence++;
    this.waitingSince = undefined;
    if (this.nextToSend < this.firstSequence) this.nextToSend = this.firstSequence;
    if (this.head > 1_024 && this.head * 2 > this.pending.length) {
      this.pending = this.pending.slice(this.head);
      this.head = 0;
    }
    const { done } = pending;
    pending.done = undefined;
    return done;
  }

  private at(sequence: number): Pending {
    const pending = this.pending[this.head + sequence - this.firstSequence];
    assert(pending, `sequence ${sequence} is not pending`);
    return pending;
  }
}
