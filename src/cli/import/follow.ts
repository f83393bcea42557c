/** Keeps up with the etcd by a watch. */
import { type WatchResponse, watchService } from '../../proto/etcd.js';
import { CommandError, CommandExit } from '../exit-codes.js';
import type { Copied, CopyParties } from './copy.js';
import { pause, Refused, refusal } from './etcd-server.js';
import { isReserved } from './key-range.js';
import { Writes } from './writes.js';

const pauseMs = 500;
const saveMs = 1_000;
/** Kind of an event (mvccpb.Event.EventType). */
const DELETE = 1;

export interface FollowListener {
  /** Contact is lost; it is tried on. */
  onTrouble(sentence: string): void;
  onRecovered(): void;
  onChanges(changes: number, revision: string): void;
}

/**
 * Applies every change after the state's revision until it is aborted.
 * @returns 'compacted': changes were missed, so a copy must come first; 'stopped': it was aborted
 */
export async function follow(
  parties: CopyParties,
  copied: Copied,
  listener: FollowListener,
  signal: AbortSignal,
): Promise<'compacted' | 'stopped'> {
  let troubled = false;
  while (!signal.aborted) {
    const watch = new Watch(parties, copied, listener, () => {
      if (troubled) listener.onRecovered();
      troubled = false;
    });
    try {
      if ((await watch.run(signal)) === 'compacted') return 'compacted';
    } catch (thrown) {
      const error = refusal(thrown);
      if (signal.aborted) break;
      const passes =
        error instanceof Refused || (error instanceof CommandError && error.exitCode === CommandExit.UNAVAILABLE);
      if (!passes) throw error;
      if (!troubled)
        listener.onTrouble(error instanceof Refused ? `the etcd does not answer (${error.message})` : error.message);
      troubled = true;
      parties.etcd.moveOn();
      await pause(pauseMs, signal);
    }
  }
  await parties.state.save(parties.state.progress);
  return 'stopped';
}

class Watch {
  private savedAt = Date.now();

  constructor(
    private readonly parties: CopyParties,
    private readonly copied: Copied,
    private readonly listener: FollowListener,
    private readonly onCreated: () => void,
  ) {}

  /** Ends when it is aborted, with an error when the stream does. */
  async run(signal: AbortSignal): Promise<'compacted' | 'ended'> {
    const { etcd, range, state } = this.parties;
    const stream = etcd.stream(watchService.watch);
    const cancel = () => stream.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const start_revision = (BigInt(state.progress.revision) + 1n).toString();
      stream.write({ request_union: 'create_request', create_request: { ...range, start_revision } });
      for await (const message of messages(stream)) {
        if (message.created) this.onCreated();
        if (message.canceled) {
          if (message.compact_revision !== '0') return 'compacted';
          throw new CommandError(`the etcd has ended the watch: ${message.cancel_reason}`);
        }
        await this.apply(message);
        if (signal.aborted) break;
      }
      return 'ended';
    } finally {
      signal.removeEventListener('abort', cancel);
      stream.cancel();
    }
  }

  /** A message holds whole revisions. */
  private async apply({ events }: WatchResponse): Promise<void> {
    const { cluster, leases, state } = this.parties;
    const writes = new Writes(cluster, leases);
    let { revision } = state.progress;
    for (const { type, kv } of events) {
      if (!kv) continue;
      revision = kv.mod_revision;
      if (isReserved(kv.key)) continue;
      if (type === DELETE) {
        await writes.delete(kv.key);
        this.copied.deletes++;
      } else if (await writes.put(kv)) this.copied.puts++;
    }
    if (revision === state.progress.revision) return;
    await writes.flush();
    state.progress = { revision };
    this.listener.onChanges(events.length, revision);
    if (Date.now() - this.savedAt < saveMs) return;
    this.savedAt = Date.now();
    await state.save(state.progress);
  }
}

async function* messages(stream: AsyncIterable<unknown>): AsyncGenerator<WatchResponse> {
  for await (const message of stream) if (isMessage(message)) yield message;
}

function isMessage(message: unknown): message is WatchResponse {
  return typeof message === 'object' && message !== null && 'watch_id' in message;
}
