/** Watches of the npm client etcd3, written down. */
import type { Etcd3, IWatchResponse, Watcher } from 'etcd3';

export interface SeenEvent {
  readonly revision: number;
  readonly key: string;
  /** undefined: deleted. */
  readonly value: string | undefined;
}

/** One watch of a prefix, with all that it told. */
export class SeenWatch {
  readonly events: SeenEvent[] = [];
  readonly failures: Error[] = [];
  /** The members that it was connected to, one after the other. */
  readonly members: string[] = [];
  readonly watcher: Watcher;

  constructor(client: Etcd3, prefix: string, startRevision?: string) {
    const builder = client.watch().prefix(prefix);
    this.watcher = (startRevision === undefined ? builder : builder.startRevision(startRevision)).watcher();
    this.watcher.on('connected', ({ header }) => this.members.push(header.member_id));
    this.watcher.on('data', ({ events }) => this.events.push(...eventsOf(events)));
    this.watcher.on('error', (error) => this.failures.push(error));
  }

  get lastRevision(): number {
    return this.events.at(-1)?.revision ?? 0;
  }
}

function eventsOf(events: IWatchResponse['events']): SeenEvent[] {
  return events.map(({ type, kv }) => ({
    revision: Number(kv.mod_revision),
    key: kv.key.toString(),
    value: type === 'Put' ? kv.value.toString() : undefined,
  }));
}
