/** A map that follows a watch: for those who want the current state and not its history. */
import type { QuorateError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { cancelled, messageOf } from './errors.js';
import type { SnapshotEvent } from './events.js';
import type { ChangesEvent, WatchEvent, WatchSource } from './follower.js';

/** How items and changes move the map. */
export interface ViewModel<Item, Changes extends ChangesEvent> {
  keyOf(item: Item): string;
  updated(changes: Changes): readonly Item[];
  /** Keys of items that are gone. */
  removed(changes: Changes): readonly string[];
}

/** What one revision (or a resync) did to a view. */
export interface ViewChange<Item> {
  readonly revision: number;
  /** Added or changed, as they are now. */
  readonly updated: readonly Item[];
  /** As they were. */
  readonly removed: readonly Item[];
}

export interface ViewOptions {
  /** Aborting closes the view. */
  readonly signal?: AbortSignal;
}

interface Waiter {
  resolve(): void;
  reject(error: QuorateError): void;
}

/** Kept up to date from its creation until it is closed. While no member can be reached it shows the last known state. */
export class LiveView<Item extends { readonly revision: number }, Changes extends ChangesEvent = ChangesEvent> {
  private readonly items = new Map<string, Item>();
  private readonly listeners = new Set<(change: ViewChange<Item>) => void>();
  private readonly waiters: Waiter[] = [];
  private state: 'loading' | 'live' | 'closed' = 'loading';
  private reached = 0;
  private failure: QuorateError | undefined;

  /** Made by view() of the config and the registry client. */
  constructor(
    private readonly source: WatchSource<WatchEvent<Item, Changes>>,
    private readonly model: ViewModel<Item, Changes>,
    private readonly log: Log,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (signal?.aborted) {
      this.state = 'closed';
      return;
    }
    signal?.addEventListener('abort', this.onAbort);
    source.start({ onEvent: (event) => this.onEvent(event), onEnd: (error) => this.end(error) }, undefined);
  }

  /** The state as far as it is known; changes in place. Documents by key, instances by id. */
  get current(): ReadonlyMap<string, Item> {
    return this.items;
  }

  /** The revision that `current` shows; 0 before it is ready. */
  get revision(): number {
    return this.reached;
  }

  /** How often it was found that `current` differed from the store, and put right; 0 unless a bug or damage is about. */
  get drifts(): number {
    return this.source.drifts;
  }

  /** Why the view has ended by itself, such as INVALID_NAME. */
  get error(): QuorateError | undefined {
    return this.failure;
  }

  /**
   * Resolves when `current` holds the first snapshot.
   * @throws QuorateError CANCELLED when the view is closed before, or what ended it
   */
  ready(): Promise<void> {
    if (this.reached > 0) return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(this.failure ?? cancelled('the view is closed'));
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** Calls the listener after every change of `current`. Returns what ends that. */
  onChange(listener: (change: ViewChange<Item>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stops following; `current` stays as it is. */
  close(): void {
    this.end(undefined);
  }

  private readonly onAbort = (): void => this.close();

  private onEvent(event: WatchEvent<Item, Changes>): void {
    this.reached = event.revision;
    if (isSnapshot(event)) this.onSnapshot(event);
    else if (event.kind === 'changes') this.onChanges(event);
  }

  private onSnapshot(event: SnapshotEvent<Item>): void {
    const updated: Item[] = [];
    const gone = new Map(this.items);
    for (const item of event.items) {
      const key = this.model.keyOf(item);
      gone.delete(key);
      if (this.items.get(key)?.revision === item.revision) continue;
      this.items.set(key, item);
      updated.push(item);
    }
    for (const key of gone.keys()) this.items.delete(key);
    this.state = 'live';
    for (const waiter of this.waiters.splice(0)) waiter.resolve();
    this.tell(event.revision, updated, [...gone.values()]);
    this.source.acknowledge(event.revision);
  }

  private onChanges(event: Changes): void {
    const removed: Item[] = [];
    for (const key of this.model.removed(event)) {
      const item = this.items.get(key);
      if (item) removed.push(item);
      this.items.delete(key);
    }
    const updated = this.model.updated(event);
    for (const item of updated) this.items.set(this.model.keyOf(item), item);
    this.tell(event.revision, updated, removed);
    this.source.acknowledge(event.revision);
  }

  private tell(revision: number, updated: readonly Item[], removed: readonly Item[]): void {
    if (updated.length === 0 && removed.length === 0) return;
    for (const listener of this.listeners) {
      try {
        listener({ revision, updated, removed });
      } catch (error) {
        // The listener's own fault must not stop the view for the others.
        this.log.error({ error: messageOf(error) }, 'a listener of a view failed');
      }
    }
  }

  private end(error: QuorateError | undefined): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.failure = error;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.source.close();
    this.listeners.clear();
    if (error) this.log.error({ reason: error.reason, error: error.message }, 'a view ended');
    for (const waiter of this.waiters.splice(0)) waiter.reject(error ?? cancelled('the view was closed'));
  }
}

function isSnapshot<Item, Changes extends ChangesEvent>(
  event: WatchEvent<Item, Changes>,
): event is SnapshotEvent<Item> {
  return event.kind === 'snapshot';
}
