import type { Key, Revision } from '../../base/ids.js';
import { prefixEnd } from '../../base/ranges.js';
import type { Change, KeyVersion } from '../../machine/types.js';
import { LeaderResponse } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Watcher, WatchSink } from '../../watch/types.js';
import type { MessageStream, Running } from '../message-stream.js';
import { etcdHeader } from './header.js';
import { keyValueOf } from './key-value.js';
import { clientError, firstOf, Steps } from './lock-steps.js';

/** Tells who leads an election and what it proclaims, as long as the stream is open. */
export class Observer implements Running {
  private readonly steps: Steps;
  private full = false;
  private ended = false;
  private watcher: Watcher | undefined;
  /** Ends the wait for room, or for the end of a leader. */
  private goOn: () => void = () => {};

  /** @param needed runs as long as the stream */
  constructor(
    private readonly replica: Replica,
    private readonly prefix: Key,
    private readonly stream: MessageStream,
    private readonly needed: Running,
    private readonly fail: (thrown: unknown) => void,
  ) {
    this.steps = new Steps(replica);
    stream.onDrain(() => {
      this.full = false;
      if (this.watcher) this.watcher.resume();
      else this.goOn();
    });
  }

  start(): void {
    void this.observe().catch((thrown: unknown) => {
      if (!this.ended) this.fail(clientError(thrown));
    });
  }

  cancel(): void {
    this.ended = true;
    this.needed.cancel();
    this.steps.cancel();
    this.watcher?.cancel();
    this.goOn();
  }

  private async observe(): Promise<void> {
    while (!this.ended) {
      await this.steps.upToDate();
      const { machine } = this.replica;
      const [first] = machine.range(firstOf(this.prefix, 'ascend')).items;
      if (first) await this.follow(first, machine.revision);
      else await this.firstPut(machine.revision);
    }
  }

  /** Nobody leads: the first that puts a key is told, and followed. */
  private async firstPut(after: Revision): Promise<void> {
    let put: KeyVersion | undefined;
    await this.steps.until({ key: this.prefix, end: prefixEnd(this.prefix) }, after, (version) => {
      if (!version.deleted) put ??= version;
      return put !== undefined;
    });
    if (put) await this.follow(put, put.modRevision);
  }

  /** Tells what the leader proclaims until its key is gone. */
  private async follow(leader: KeyVersion, revision: Revision): Promise<void> {
    this.tell(leader, revision);
    if (this.full) await this.wait();
    if (this.ended) return;
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
      const sink: WatchSink = {
        onChanges: (at, changes) => this.onChanges(at, changes),
        onCompacted: () => resolve(),
      };
      this.watcher = this.replica.hub.watch([{ key: leader.key, end: undefined }], revision, sink);
    });
    this.watcher?.cancel();
    this.watcher = undefined;
    if (this.full) await this.wait();
  }

  private onChanges(revision: Revision, changes: readonly Change[]): boolean {
    for (const { current } of changes) {
      if (!current.deleted) this.tell(current, revision);
      else {
        // Whoever is oldest now is told next, even if this key comes back.
        this.watcher?.cancel();
        this.goOn();
        return true;
      }
    }
    return !this.full;
  }

  private tell(leader: KeyVersion, revision: Revision): void {
    const message = LeaderResponse.encode({ header: etcdHeader(this.replica, revision), kv: keyValueOf(leader) });
    if (!this.ended && !this.stream.write(message)) this.full = true;
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => {
      this.goOn = resolve;
    });
  }
}
