/** Follows the documents: one watch after the other, each resuming where the last one ended, if possible through another client. */
import type { ConfigEvent, QuorateClient } from '../../../src/client/index.js';
import type { Watched } from '../history.js';
import type { TrafficOptions } from './caller.js';
import { namespace, versionOf } from './documents.js';

/** Events after which a watch that changes clients does so, about. */
const eventsPerWatch = 400;

export class DocumentWatcher {
  /** Everything up to here was seen. */
  revision = 0;

  constructor(
    readonly name: string,
    /** One: a single watch, which the client carries from member to member. More: resumed by hand on the next. */
    private readonly clients: readonly QuorateClient[],
    private readonly options: TrafficOptions,
  ) {}

  /** Goes on until the signal. */
  async run(signal: AbortSignal): Promise<void> {
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
