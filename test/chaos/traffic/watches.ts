/** Follows the documents: one watch after the other, each resuming where the last one ended, if possible through another client. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigEvent, QuorateClient } from '../../../src/client/index.js';
import type { Watched } from '../history.js';
import type { TrafficOptions } from './caller.js';
import { namespace, versionOf } from './documents.js';

/** Events after which a watch that changes clients does so, about. */
const eventsPerWatch = 400;
/** How long a slow consumer reads between two naps. */
const awakeMs = 1_000;

export class DocumentWatcher {
  /** Everything up to here was seen. */
  revision = 0;

  constructor(
    readonly name: string,
    /** One: a single watch, which the client carries from member to member. More: resumed by hand on the next. */
    private readonly clients: readonly QuorateClient[],
    private readonly options: TrafficOptions,
    /** A slow consumer takes nothing for so long, up to, after each time that it has read for a while. */
    private napMs = 0,
  ) {}

  /** From now on it takes every event at once. */
  hurry(): void {
    this.napMs = 0;
  }

  /** Goes on until one of the signals; the second is that the watch is given up. */
  async run(signal: AbortSignal, givenUp?: AbortSignal): Promise<void> {
    await this.follow(givenUp ? AbortSignal.any([signal, givenUp]) : signal);
    if (givenUp?.aborted) {
      const { name: watcher, revision } = this;
      const nothing = { resync: false, conflated: false, items: [] };
      this.options.recorder.add('watched', { watcher, at: performance.now(), kind: 'end', revision, ...nothing });
    }
  }

  private async follow(signal: AbortSignal): Promise<void> {
    let awakeUntil = 0;
    for (let n = 0; !signal.aborted; n++) {
      const client = this.clients[n % this.clients.length];
      if (!client) return;
      const afterRevision = this.revision === 0 ? undefined : this.revision;
      const events =
        this.clients.length === 1 ? Number.POSITIVE_INFINITY : eventsPerWatch * (0.5 + this.options.random());
      let seen = 0;
      for await (const event of client.config.watch({ namespace, afterRevision, progress: true, signal })) {
        this.options.recorder.add('watched', this.lineOf(event, seen === 0 ? afterRevision : undefined));
        this.revision = event.revision;
        if (++seen >= events) break;
        if (this.napMs > 0 && performance.now() > awakeUntil) {
          await delay(this.options.random() * this.napMs, undefined, { signal }).catch(() => undefined);
          awakeUntil = performance.now() + awakeMs;
        }
      }
    }
  }

  private lineOf(event: ConfigEvent, resumedAfter: number | undefined): Watched {
    return {
      watcher: this.name,
      resumedAfter,
      at: performance.now(),
      kind: event.kind,
      revision: event.revision,
      resync: event.kind === 'snapshot' && event.resync,
      conflated: event.kind === 'changes' && event.conflated,
      items: event.kind === 'progress' ? [] : event.items.map(versionOf),
    };
  }
}
