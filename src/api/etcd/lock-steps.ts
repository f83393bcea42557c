import { present } from '../../base/assert.js';
import { Code, QuorateError } from '../../base/errors.js';
import { type Key, keyOf, type LeaseId, NO_LEASE, type Revision, revision as revisionOf } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import type {
  Command,
  Compare,
  KeyVersion,
  Operation,
  PutCommand,
  RangeQuery,
  Result,
  TxnResult,
} from '../../machine/types.js';
import type { Replica, Waiting } from '../../replica/types.js';
import type { KeyRange, Watcher } from '../../watch/types.js';
import type { Failure } from '../status.js';
import type { UnaryCall } from '../unary-call.js';
import { etcdError, etcdTextOf, otherEtcdError } from './errors.js';
import { leaseIdOf } from './int64.js';

/** Of a lease that a caller leaves to the member to grant (etcd). */
const sessionTtlMs = 60_000;

/** What a txn answered, and the store's revision after it. */
export interface Done<R extends Result> {
  readonly result: R;
  readonly revision: Revision;
}

/** A caller's own key among those of a lock or an election. */
export interface Claim {
  readonly key: Key;
  /** The claims before it are those with a smaller one. */
  readonly createRevision: Revision;
}

/** A handler that takes steps and answers with what they lead to. They end when the caller is gone. */
export function inSteps<Req, Res extends object>(
  replica: Replica,
  act: (replica: Replica, steps: Steps, request: Req) => Promise<Res>,
): (request: Req, call: UnaryCall<Res>) => void {
  return (request, call) => {
    const steps = new Steps(replica, () => call.waitUntil);
    const answer = act(replica, steps, request).catch((thrown: unknown) => {
      throw clientError(thrown);
    });
    call.settle(answer);
    call.wait(steps);
  };
}

/**
 * etcd's lock and election services are clients of its other services, so what these refuse arrives with its text but as "unknown". Anything else that
 * is thrown stays as it is.
 */
export function clientError(thrown: unknown): unknown {
  return thrown instanceof QuorateError ? otherEtcdError(Code.UNKNOWN, etcdTextOf(thrown).text) : thrown;
}

/** The key of a lease under a name: its id as Go prints it in hex, with a sign if it is negative. */
export function claimKey(prefix: Key, lease: string): Key {
  return `${prefix}${BigInt(lease).toString(16)}` as Key;
}

export function claimPrefix(name: Uint8Array): Key {
  return `${keyOf(name)}/` as Key;
}

export function putOf(key: Key, value: Uint8Array, lease: LeaseId): PutCommand {
  return { kind: 'put', key, value, lease, prevKv: false, ignoreValue: false, ignoreLease: false };
}

/** The oldest or newest key of a prefix, of those created at most at a revision (0: whenever). */
export function firstOf(prefix: Key, order: 'ascend' | 'descend', maxCreateRevision = revisionOf(0)): RangeQuery {
  return { ...rangeOf(prefix, prefixEnd(prefix)), limit: 1, sortOrder: order, sortTarget: 'create', maxCreateRevision };
}

export function rangeOf(key: Key, end?: Key): RangeQuery {
  const none = revisionOf(0);
  return {
    kind: 'range',
    key,
    end,
    limit: 0,
    revision: none,
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly: false,
    countOnly: false,
    minModRevision: none,
    maxModRevision: none,
    minCreateRevision: none,
    maxCreateRevision: none,
  };
}

/** The first key that a range of a txn found. */
export function foundIn({ responses }: TxnResult, position: number): KeyVersion | undefined {
  const response = responses[position];
  return response?.kind === 'range' ? response.items[0] : undefined;
}

/**
 * The steps of one call that locks, campaigns or observes, one after the other. cancel() ends a step that only waits; a command that is on its way is
 * seen to its end, so that what it wrote can be taken back.
 */
export class Steps implements Waiting {
  private waiting: { readonly running: Waiting; readonly reject: (error: QuorateError) => void } | undefined;
  private over = false;

  /** @param deadline until when a step may take, in performance.now() milliseconds */
  constructor(
    private readonly replica: Replica,
    private readonly deadline: () => number = stepDeadline,
  ) {}

  cancel(): void {
    this.over = true;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.running.cancel();
    waiting?.reject(cancelled());
  }

  get cancelled(): boolean {
    return this.over;
  }

  /** @throws QuorateError what the machine or the cluster refused */
  submit<Kind extends Command['kind']>(
    command: Command & { readonly kind: Kind },
  ): Promise<Done<Extract<Result, { readonly kind: Kind }>>> {
    return new Promise((resolve, reject) => {
      this.replica.submit(command, '', this.deadline(), (error, outcome) => {
        if (error) reject(error);
        else {
          const { result, revision } = present(outcome, 'either an error or an outcome');
          if (result.kind === 'error') reject(errorOf(result));
          else resolve({ result: result as Extract<Result, { readonly kind: Kind }>, revision });
        }
      });
    });
  }

  /** Then, if the key was created at this revision (0: is not there), else otherwise. */
  txn(
    { key, createRevision }: Claim,
    success: readonly Operation[],
    failure: readonly Operation[] = [],
  ): Promise<Done<TxnResult>> {
    const compare: Compare = {
      operator: 'equal',
      key,
      end: undefined,
      target: { kind: 'createRevision', value: createRevision },
    };
    return this.submit({ kind: 'txn', compares: [compare], success, failure });
  }

  /** The lease of a request; one that is granted now when it has none. */
  async lease(int64: string): Promise<LeaseId> {
    if (int64 !== '0') return leaseIdOf(int64);
    const granted = await this.submit({ kind: 'leaseGrant', id: NO_LEASE, ttlMs: sessionTtlMs });
    return granted.result.id;
  }

  /** Waits until this member is up to date. */
  upToDate(): Promise<void> {
    return this.wait((resolve, reject) =>
      this.replica.readBarrier(this.deadline(), (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  }

  /** Waits until `seen` answers true to a version written to the range after the revision, or a compaction makes it worth another look. */
  until(range: KeyRange, after: Revision, seen: (version: KeyVersion) => boolean): Promise<void> {
    return this.wait((resolve) => {
      const done = (): void => {
        watcher.cancel();
        resolve();
      };
      const watcher: Watcher = this.replica.hub.watch([range], after, {
        onChanges(_revision, changes) {
          if (changes.some(({ current }) => seen(current))) done();
          return true;
        },
        onCompacted: done,
      });
      return watcher;
    });
  }

  /** Waits until no claim of the prefix is older. */
  async turnOf(prefix: Key, claim: Claim): Promise<void> {
    const older = firstOf(prefix, 'descend', revisionOf(claim.createRevision - 1));
    for (;;) {
      await this.upToDate();
      const { machine } = this.replica;
      const [next] = machine.range({ ...older, keysOnly: true }).items;
      if (!next) return;
      await this.until({ key: next.key, end: undefined }, machine.revision, (version) => version.deleted);
    }
  }

  /** Takes a claim back, whatever became of the caller. If that fails, the claim ends with its lease. */
  async release(claim: Claim): Promise<void> {
    const remove: Operation = { kind: 'deleteRange', key: claim.key, end: undefined, prevKv: false };
    try {
      await new Steps(this.replica).txn(claim, [remove]);
    } catch (thrown) {
      if (!(thrown instanceof QuorateError)) throw thrown;
    }
  }

  private wait(start: (resolve: () => void, reject: (error: QuorateError) => void) => Waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.over) {
        reject(cancelled());
        return;
      }
      const running = start(
        () => {
          this.waiting = undefined;
          resolve();
        },
        (error) => {
          this.waiting = undefined;
          reject(error);
        },
      );
      this.waiting = { running, reject };
    });
  }
}

/** @throws QuorateError what etcd says to a key that is empty, or to more than fits in a request */
export function checkSize(key: Key, value: Uint8Array): void {
  if (key.length === 0) throw etcdError('EmptyKey');
  if (key.length + value.length > limits.commandBytes) throw etcdError('RequestTooLarge');
}

function stepDeadline(): number {
  return performance.now() + limits.etcdWaitMs;
}

function errorOf({ reason, message, metadata }: Failure): QuorateError {
  return new QuorateError(reason, message, metadata);
}

function cancelled(): QuorateError {
  return new QuorateError('CANCELLED', 'the caller is gone');
}
