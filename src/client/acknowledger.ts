/** Tells the member that serves a watch how far its consumer acts by it, so that a drain knows for whom to wait. */
import { type AcknowledgeResponse, registryService } from '../proto/quorate.js';
import type { Connection } from './connection.js';
import type { Endpoint } from './endpoint.js';
import { messageOf, reasonOf } from './errors.js';

const procedure = {
  method: registryService.acknowledge,
  convert: ({ known }: AcknowledgeResponse): boolean => known,
};

export class Acknowledger {
  /** Serves the watch; undefined: nobody does just now. */
  private endpoint: Endpoint | undefined;
  /** The consumer acts by everything up to here. */
  private acted = 0;
  /** What the member has heard of. */
  private told = 0;
  private sending = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly subscriber: string,
  ) {}

  /** This member serves the watch from now on, and knows nothing of the consumer yet. */
  onOpened(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.told = 0;
    this.sendSoon();
  }

  /** No member serves it any more. */
  onLost(): void {
    this.endpoint = undefined;
    this.stopTimer();
  }

  /** @param urgent somebody may be waiting; otherwise several revisions are acknowledged together */
  onActed(revision: number, urgent: boolean): void {
    if (revision > this.acted) this.acted = revision;
    if (urgent) this.send();
    else this.sendSoon();
  }

  /** The consumer goes on purpose. Best effort: a member forgets by itself who is gone. */
  leave(): void {
    const request = procedure.method.request.encode({ subscriber: this.subscriber, leaving: true });
    const deadline = Date.now() + this.connection.ring.tuning.closeMs;
    this.endpoint?.farewell(procedure.method, request, deadline);
    this.onLost();
  }

  private sendSoon(): void {
    if (this.timer || this.sending || !this.endpoint || this.acted <= this.told) return;
    this.timer = setTimeout(() => this.send(), this.connection.ring.tuning.acknowledgeMs).unref();
  }

  private send(): void {
    const { endpoint, acted } = this;
    this.stopTimer();
    if (this.sending || !endpoint || acted <= this.told) return;
    this.sending = true;
    const request = { subscriber: this.subscriber, revision: acted };
    this.connection.unary(procedure, request, {}, endpoint).then(
      (known) => this.onAnswer(endpoint, known ? acted : this.told),
      (error: unknown) => {
        // A member of an older version drains without asking.
        const heard = reasonOf(error) === 'UNIMPLEMENTED' ? Number.POSITIVE_INFINITY : this.told;
        this.connection.ring.log.debug({ error: messageOf(error) }, 'an acknowledgement of a watch failed');
        this.onAnswer(endpoint, heard);
      },
    );
  }

  private onAnswer(endpoint: Endpoint, told: number): void {
    this.sending = false;
    const progress = endpoint === this.endpoint && told > this.told;
    if (progress) this.told = told;
    // What came meanwhile goes at once; what was not understood, or the word to the next member, after a pause.
    if (progress && this.acted > told) this.send();
    else this.sendSoon();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
