/** The request ledger: what each recent request id came to, so that a repeat gets the same answer and nothing happens twice (design §5). */
import type { ClusterTime } from '../base/ids.js';
import type { Bounds } from './bounds.js';
import { Fifo } from './fifo.js';
import type { Journal } from './journal.js';
import type { KeyVersion, OperationResult, RequestState, Result } from './types.js';

/** What a remembered request takes besides its id and its result. */
const OVERHEAD_BYTES = 200;

export class RequestLedger {
  private readonly requests = new Map<string, RequestState>();
  /** Ids, oldest first. */
  private readonly ages = new Fifo<string>();
  private bytes = 0;

  constructor(
    private readonly journal: Journal,
    private readonly bounds: Bounds,
  ) {}

  get size(): number {
    return this.requests.size;
  }

  find(id: string): RequestState | undefined {
    return this.requests.get(id);
  }

  /** Remembers a new request; the oldest go when there are too many or their results are too large. */
  remember(id: string, record: RequestState): void {
    this.insert(id, record);
    this.journal.write({ kind: 'request', id, record });
    while (this.requests.size > this.bounds.requestsKept || this.bytes > this.bounds.requestResultBytes)
      this.forgetOldest();
  }

  /** Forgets requests that are older than the retention by the cluster clock; a bounded number with each entry. */
  expire(now: ClusterTime): void {
    for (let forgotten = 0; forgotten < this.bounds.requestsForgottenPerEntry; forgotten++) {
      const id = this.ages.at(0);
      const oldest = id === undefined ? undefined : this.requests.get(id);
      if (oldest === undefined || oldest.appliedAt + this.bounds.requestRetentionMs > now) return;
      this.forgetOldest();
    }
  }

  /** Puts back a request of an image; in any order, finishLoad() ends it. */
  load(id: string, record: RequestState): void {
    this.requests.set(id, record);
  }

  finishLoad(): void {
    const loaded = [...this.requests].sort(([, a], [, b]) => a.index - b.index || a.position - b.position);
    this.requests.clear();
    for (const [id, record] of loaded) this.insert(id, record);
  }

  private insert(id: string, record: RequestState): void {
    this.requests.set(id, record);
    this.ages.push(id);
    this.bytes += bytesOf(id, record);
  }

  private forgetOldest(): void {
    const id = this.ages.shift();
    const record = id === undefined ? undefined : this.requests.get(id);
    if (id === undefined || record === undefined) return;
    this.requests.delete(id);
    this.bytes -= bytesOf(id, record);
    this.journal.write({ kind: 'request', id, record: undefined });
  }
}

/** Counted from the content alone, so that all members forget at the same point. */
function bytesOf(id: string, record: RequestState): number {
  return OVERHEAD_BYTES + id.length + resultBytes(record.outcome.result);
}

function resultBytes(result: Result): number {
  switch (result.kind) {
    case 'put':
      return result.previous === undefined ? 0 : versionBytes(result.previous);
    case 'deleteRange':
      return sum(result.previous, versionBytes);
    case 'range':
      return sum(result.items, versionBytes);
    case 'txn':
      return sum(result.responses, (response: OperationResult) => 16 + resultBytes(response));
    case 'configPublish':
      return 8 * result.versions.length;
    case 'error':
      return result.message.length;
    default:
      return 0;
  }
}

function versionBytes(version: KeyVersion): number {
  return 64 + version.key.length + version.value.byteLength;
}

function sum<T>(items: readonly T[], bytes: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += bytes(item);
  return total;
}
