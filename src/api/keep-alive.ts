import { assert, present } from '../base/assert.js';
import { QuorateError } from '../base/errors.js';
import type { LeaseId, Revision } from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { Outcome } from '../machine/types.js';
import type { Replica } from '../replica/types.js';
import type { Conversation, Input, MessageStream, Running } from './message-stream.js';

/** The messages of an API family. */
export interface KeepAliveWords<Req> {
  /** @throws QuorateError when it is none */
  leaseOf(request: Req): LeaseId;
  /** The encoded answer. `ttlMs` is 0 for a lease that does not exist. */
  answer(lease: LeaseId, ttlMs: number, revision: Revision): Buffer;
}

/** One keep-alive that is not answered yet. */
interface Renewal {
  readonly lease: LeaseId;
  readonly owner: Renewing;
  /** Encoded; undefined while the command is under way. */
  answer: Buffer | undefined;
}

/** Who waits for the answer. */
interface Renewing {
  onRenewed(renewal: Renewal, ttlMs: number, revision: Revision): void;
  fail(error: QuorateError): void;
}

/** Puts the keep-alives that arrive in one turn of the event loop, from whatever streams, into one command. */
export class KeepAliveBatcher {
  private waiting: Renewal[] = [];

  constructor(private readonly replica: Replica) {}

  add(renewal: Renewal): void {
    if (this.waiting.length === 0) setImmediate(() => this.flush());
    this.waiting.push(renewal);
    if (this.waiting.length === limits.keepAlivesPerCommand) this.flush();
  }

  private flush(): void {
    const batch = this.waiting;
    if (batch.length === 0) return;
    this.waiting = [];
    const ids = batch.map(({ lease }) => lease);
    const deadline = performance.now() + limits.keepAliveDeadlineMs;
    // Not cancelled when a stream closes: the others of the batch wait too.
    this.replica.submit({ kind: 'leaseKeepAlive', ids }, '', deadline, (error, outcome) => {
      if (outcome?.result.kind === 'leaseKeepAlive') this.answer(batch, outcome, outcome.result.ttlsMs);
      else for (const { owner } of batch) owner.fail(error ?? refusal(outcome));
    });
  }

  private answer(batch: readonly Renewal[], { revision }: Outcome, ttlsMs: readonly number[]): void {
    for (const [i, renewal] of batch.entries()) renewal.owner.onRenewed(renewal, ttlsMs[i] ?? 0, revision);
  }
}

/** One KeepAlive stream: answers come in the order of the requests, whatever batches they went in. */
export class KeepAliveConversation<Req> implements Conversation<Req>, Renewing {
  private unanswered: Renewal[] = [];
  private halfClosed = false;
  private over = false;
  private paused = false;
  /** The caller reads its answers. */
  private room = true;

  constructor(
    private readonly words: KeepAliveWords<Req>,
    private readonly batcher: KeepAliveBatcher,
    private readonly stream: MessageStream,
    private readonly input: Input,
    /** Runs for as long as the conversation. */
    private readonly companion?: Running,
  ) {
    stream.onDrain(() => {
      this.room = true;
      this.flush();
    });
  }

  onMessage(request: Req): void {
    if (this.over) return;
    const renewal: Renewal = { lease: this.words.leaseOf(request), owner: this, answer: undefined };
    this.unanswered.push(renewal);
    this.batcher.add(renewal);
    this.holdInput();
  }

  onHalfClose(): void {
    this.halfClosed = true;
    this.flush();
  }

  onRenewed(renewal: Renewal, ttlMs: number, revision: Revision): void {
    renewal.answer = this.words.answer(renewal.lease, ttlMs, revision);
    this.flush();
  }

  /** Sends the answers that are due. */
  private flush(): void {
    if (this.over) return;
    let sent = 0;
    for (const { answer } of this.unanswered) {
      if (!answer || !this.room) break;
      this.room = this.stream.write(answer);
      sent++;
    }
    if (sent > 0) this.unanswered.splice(0, sent);
    if (this.halfClosed && this.unanswered.length === 0) this.end();
    else this.holdInput();
  }

  fail(error: QuorateError): void {
    this.end(error);
  }

  cancel(): void {
    this.over = true;
    this.unanswered = [];
    this.companion?.cancel();
  }

  private end(error?: QuorateError): void {
    if (this.over) return;
    this.cancel();
    this.stream.end(error);
  }

  /** Reads no further while too much is unanswered, or the answers are not read. */
  private holdInput(): void {
    const hold = !this.room || this.unanswered.length >= limits.keepAlivesPerStream;
    if (hold === this.paused) return;
    this.paused = hold;
    if (hold) this.input.pause();
    else this.input.resume();
  }
}

function refusal(outcome: Outcome | undefined): QuorateError {
  const result = present(outcome, 'either an error or an outcome').result;
  assert(result.kind === 'error', `a keep-alive has no ${result.kind} result`);
  return new QuorateError(result.reason, result.message, result.metadata);
}
