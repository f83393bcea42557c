import { AssertionFailure } from '../base/assert.js';
import { QuorateError } from '../base/errors.js';
import type { Revision } from '../base/ids.js';
import type { Command, Outcome, Result } from '../machine/types.js';
import type { ReadOptions, ResponseHeaderIn } from '../proto/quorate.js';
import type { Message } from '../proto/schema.js';
import type { Replica, Waiting } from '../replica/types.js';
import { waitUntil } from './deadline.js';
import type { Dialect } from './dialect.js';
import type { Door, OpenCall } from './door.js';
import { headerOf } from './header.js';
import { checkReadOptions } from './read-options.js';
import type { CallMetadata, ServerCall } from './server-call.js';
import type { Failure, FailureStatus } from './status.js';

type ResultKind = Exclude<Result['kind'], 'error'>;
type ResultOf<Kind extends ResultKind> = Extract<Result, { readonly kind: Kind }>;

/** One unary call: answered exactly once, by reply or fail, whoever comes first; afterwards nothing happens any more. */
export class UnaryCall<Res extends object> implements OpenCall {
  readonly streaming = false;
  private finished = false;
  private waiting: Waiting | undefined;

  constructor(
    private readonly door: Door,
    private readonly dialect: Dialect,
    private readonly call: ServerCall,
    /** Takes either a failure or the encoded answer. */
    private readonly respond: (failure: FailureStatus | null, answer?: Buffer) => void,
    private readonly path: string,
    private readonly response: Message<Res, object>,
  ) {}

  get replica(): Replica {
    return this.door.replica;
  }

  get version(): string {
    return this.door.version;
  }

  /** The caller is gone, or has its answer: long work for it may end. */
  get over(): boolean {
    return this.finished;
  }

  get metadata(): CallMetadata {
    return this.call.metadata;
  }

  /** Replicates a command and answers with what `answer` makes of its result. */
  submit<Kind extends ResultKind>(
    command: Command,
    requestId: string,
    kind: Kind,
    answer: (result: ResultOf<Kind>, header: ResponseHeaderIn) => Res,
  ): void {
    this.apply(command, requestId, kind, (result, revision) =>
      this.reply(answer(result, headerOf(this.replica, revision))),
    );
  }

  /** Replicates a command and calls `done` with its result and the store's revision after it; what `done` throws is the answer. */
  apply<Kind extends ResultKind>(
    command: Command,
    requestId: string,
    kind: Kind,
    done: (result: ResultOf<Kind>, revision: Revision) => void,
  ): void {
    this.wait(
      this.replica.submit(command, requestId, this.waitUntil, (error, outcome) => {
        if (this.finished) return;
        if (!outcome) this.fail(error);
        else if (outcome.result.kind === 'error') this.failWith(outcome.result);
        else this.attempt(() => done(resultOf(outcome, kind), outcome.revision));
      }),
    );
  }

  /** Until when the caller can be answered, in performance.now() milliseconds. */
  get waitUntil(): number {
    return waitUntil(this.call.getDeadline(), this.dialect.waitMs);
  }

  /** The same if it is to wait so many milliseconds at most. */
  waitAtMost(ms: number): number {
    return waitUntil(this.call.getDeadline(), ms, ms);
  }

  /** Calls `read` once this member's state is as fresh as the options ask for; what it throws is the answer. */
  read(options: ReadOptions | null, read: () => void): void {
    this.readAt(checkReadOptions(options), read);
  }

  /** The same for the revision that this member must have reached: 0 for none, undefined for a linearizable read. */
  readAt(minRevision: Revision | undefined, read: () => void): void {
    if (minRevision === 0) {
      read();
      return;
    }
    const done = (error: QuorateError | undefined): void => {
      if (this.finished) return;
      if (error) this.fail(error);
      else this.attempt(read);
    };
    const deadline = this.waitUntil;
    this.wait(
      minRevision === undefined
        ? this.replica.readBarrier(deadline, done)
        : this.replica.waitForRevision(minRevision, deadline, done),
    );
  }

  /**
   * Calls `step` until it returns true, giving way to other work when that takes long, and no longer than the caller waits. What a step throws is
   * the answer.
   */
  inTurns(step: () => boolean): void {
    const end = performance.now() + sliceMs;
    while (!step()) {
      if (performance.now() < end) continue;
      this.wait(nothing);
      setImmediate(() => {
        if (!this.finished) this.attempt(() => this.inTurns(step));
      });
      return;
    }
  }

  /** Answers with what the promise gives. */
  settle(promise: Promise<Res>): void {
    this.wait(nothing);
    promise.then(
      (response) => this.reply(response),
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /** The call waits for this now: it is cancelled when the caller is gone. */
  wait(waiting: Waiting): void {
    if (this.finished) return;
    if (!this.waiting) {
      this.door.open.add(this);
      // grpc-js emits this after an answer too.
      this.call.on('cancelled', () => this.onCancelled());
    }
    this.waiting = waiting;
  }

  reply(response: Res): void {
    if (this.finished) return;
    try {
      const bytes = this.response.encode(response);
      if (bytes.length > this.dialect.answerBytes) throw tooLarge(bytes.length, this.dialect.answerBytes);
      this.finish();
      this.respond(null, bytes);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** @param thrown anything: see Door.errorOf */
  fail(thrown: unknown): void {
    const error = this.door.errorOf(thrown, this.path);
    if (!this.finished) this.failWith(error);
  }

  stop(error: QuorateError): void {
    if (this.finished) return;
    this.waiting?.cancel();
    this.failWith(error);
  }

  private attempt(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  private failWith(failure: Failure): void {
    this.finish();
    this.respond(this.dialect.statusOf(failure));
  }

  private finish(): void {
    this.finished = true;
    if (this.waiting) this.door.open.delete(this);
  }

  private onCancelled(): void {
    if (this.finished) return;
    this.finish();
    this.waiting?.cancel();
  }
}

const nothing: Waiting = { cancel() {} };
/** Longest that one call may hold the event loop (design §8 allows 10 ms in all). */
const sliceMs = 4;

/** Clients refuse longer messages, with a status that says less. */
function tooLarge(bytes: number, most: number): QuorateError {
  return new QuorateError(
    'ANSWER_TOO_LARGE',
    `the answer has ${bytes} bytes, more than the ${most} of a message: ask for less at a time`,
    { bytes: String(bytes) },
  );
}

function resultOf<Kind extends ResultKind>({ result }: Outcome, kind: Kind): ResultOf<Kind> {
  if (!isKind(result, kind)) throw new AssertionFailure(`expected a ${kind} result, not ${result.kind}`);
  return result;
}

function isKind<Kind extends ResultKind>(result: Result, kind: Kind): result is ResultOf<Kind> {
  return result.kind === kind;
}
