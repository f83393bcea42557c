/**
 * Gathers what must reach the disk and writes it, one atomic batch at a time: while a batch is under way the next one fills, so that the cost of a
 * sync is shared by everything that waits. Machine writes alone are not urgent (the log can repeat them) and wait for company.
 */
import type { MachineMeta, Write } from '../machine/types.js';
import type { Entry, HardState, Membership, RaftMessage, Ready } from '../raft/types.js';
import type { AppliedWrites, Store } from '../storage/store.js';

/** Machine writes wait at most this long, or until there are so many, for a batch that has to be written anyway. */
const lazyMs = 50;
const lazyWrites = 2_000;

interface Gathered {
  entries: Entry[];
  hardState: HardState | undefined;
  syncHardState: boolean;
  applied: AppliedWrites[];
  appliedWrites: number;
  /** When the first of `applied` came. */
  appliedSince: number;
  token: number | undefined;
  messages: RaftMessage[];
}

export interface PersisterEvents {
  /** Everything of these Readies is on disk. */
  onPersisted(token: number | undefined, messages: readonly RaftMessage[]): void;
  /** The machine's writes up to this index can be read from the store. */
  onAppliedPersisted(meta: MachineMeta): void;
}

export class Persister {
  private next = gather();
  private writing: Gathered | undefined;
  private startedAt = 0;
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly store: Store,
    private readonly events: PersisterEvents,
  ) {}

  /** A batch is under way. */
  get busy(): boolean {
    return this.writing !== undefined;
  }

  /** Something is gathered that no batch under way will take care of. */
  get isWaiting(): boolean {
    return this.next.applied.length > 0 || this.next.entries.length > 0 || this.next.hardState !== undefined;
  }

  /** How long the batch under way has taken so far, ms. */
  busyFor(now: number): number {
    return this.writing ? now - this.startedAt : 0;
  }

  add(ready: Ready): void {
    const next = this.next;
    const first = ready.entries[0];
    if (first) {
      // A new leader's entries may replace some that have not even been written yet.
      let last = next.entries.at(-1);
      while (last && last.index >= first.index) {
        next.entries.pop();
        last = next.entries.at(-1);
      }
      for (const entry of ready.entries) next.entries.push(entry);
    }
    if (ready.hardState) {
      next.hardState = ready.hardState;
      if (!ready.hardStateOptional) next.syncHardState = true;
    }
    if (ready.persistToken !== undefined) next.token = ready.persistToken;
    for (const message of ready.messagesAfterPersist) next.messages.push(message);
  }

  addApplied(writes: readonly Write[], meta: MachineMeta, membership: Membership, now: number): void {
    const next = this.next;
    if (next.applied.length === 0) next.appliedSince = now;
    next.applied.push({ writes, meta, membership });
    next.appliedWrites += writes.length;
  }

  /** Starts the next write if there is reason to. `force`: also for lazy machine writes. */
  flush(now: number, force: boolean): void {
    if (this.writing) return;
    const batch = this.next;
    const urgent = batch.entries.length > 0 || batch.syncHardState;
    const lazy =
      batch.applied.length > 0 && (force || batch.appliedWrites >= lazyWrites || now - batch.appliedSince >= lazyMs);
    if (!urgent && !lazy) {
      if (batch.token !== undefined || batch.messages.length > 0) this.finishWithoutWrite(batch);
      return;
    }
    this.next = gather();
    this.writing = batch;
    this.startedAt = now;
    this.store.write(batch, () => this.onWritten(batch));
  }

  /** Nothing has to be on disk for these messages that is not there. */
  private finishWithoutWrite(batch: Gathered): void {
    const { token, messages } = batch;
    batch.token = undefined;
    batch.messages = [];
    this.events.onPersisted(token, messages);
  }

  private onWritten(batch: Gathered): void {
    this.writing = undefined;
    const applied = batch.applied.at(-1);
    if (applied) this.events.onAppliedPersisted(applied.meta);
    this.events.onPersisted(batch.token, batch.messages);
    if (this.writing) return;
    const waiting = this.whenIdle;
    this.whenIdle = [];
    for (const callback of waiting) callback();
  }

  /** Resolves when no batch is under way. */
  idle(): Promise<void> {
    if (!this.writing) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /**
   * An image replaces log and machine: what was gathered of the old ones is void. Its messages are dropped too, for they may acknowledge entries
   * that are not to be written any more; Raft repeats what matters.
   */
  dropForInstall(): void {
    this.next = gather();
  }
}

function gather(): Gathered {
  return {
    entries: [],
    hardState: undefined,
    syncHardState: false,
    applied: [],
    appliedWrites: 0,
    appliedSince: 0,
    token: undefined,
    messages: [],
  };
}
