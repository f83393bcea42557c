/** The replicated state machine: batches in; results, changes and writes out. Equal batches make equal states, byte for byte (design §5). */
import { assert, unreachable } from '../base/assert.js';
import {
  clusterTime,
  type Index,
  index as indexOf,
  type Key,
  type LeaseId,
  type MemberId,
  type Revision,
  revision as revisionOf,
  type Term,
  term as termOf,
} from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { Bounds } from './bounds.js';
import { Compaction } from './compaction.js';
import { applyConfigPublish, applyConfigRollback } from './config.js';
import type { ConfigVersion } from './config-keys.js';
import { configAt, configHistory, configVersion } from './config-view.js';
import { deleteRange } from './delete-range.js';
import { DocumentVersions } from './document-versions.js';
import { asError, failure } from './failure.js';
import { expire } from './guard.js';
import { Journal } from './journal.js';
import { KeySpace } from './key-space.js';
import { applyLeaseGrant, applyLeaseKeepAlive, applyLeaseRevoke } from './lease-commands.js';
import { LeaseTable } from './leases.js';
import { RequestLedger } from './ledger.js';
import { OriginTable } from './origins.js';
import type { Parts } from './parts.js';
import { checkPut, put } from './put.js';
import { checkRevision, rangeOf } from './range.js';
import { applyDeregister, applyRegister, applySetHealth, applySetStatus } from './registry.js';
import { type AnyLive, RESERVED_ROOT, touchesReserved } from './reserved.js';
import { applyPutService } from './service.js';
import { type ServiceState, ServiceTable } from './services.js';
import { applyTxn, readTxn } from './txn.js';
import type {
  Applied,
  Batch,
  Command,
  KeyVersion,
  MachineMeta,
  MachineStatus,
  OriginState,
  Outcome,
  RangeQuery,
  RangeResult,
  Request,
  Result,
  Run,
  TxnCommand,
  TxnResult,
  VersionReader,
  VersionRef,
  Write,
} from './types.js';

/** Records of the machine's image. */
type ImageRecord = Exclude<Write, { kind: 'dropVersion' }>;

export interface MachineOptions {
  /** Reads versions whose writes were reported with persisted(). */
  readonly reader: VersionReader;
  /** Memory for newest values. */
  readonly cacheBytes: number;
  /** Only tests set them. */
  readonly bounds?: Bounds;
}

export class Machine {
  private readonly journal = new Journal();
  private readonly ledger: RequestLedger;
  private readonly origins = new OriginTable(this.journal);
  private readonly keys: KeySpace;
  private readonly compaction: Compaction;
  private readonly parts: Parts;
  private readonly anyLive: AnyLive;
  private appliedTerm: Term = termOf(0);
  private remembered = 0;

  constructor(options: MachineOptions) {
    const bounds = options.bounds ?? limits;
    const leases = new LeaseTable(this.journal);
    this.ledger = new RequestLedger(this.journal, bounds);
    const services = new ServiceTable(leases);
    this.keys = new KeySpace(options.reader, options.cacheBytes, leases, services, this.journal);
    this.compaction = new Compaction(this.keys, this.journal, bounds.scrubsPerEntry);
    this.parts = {
      keys: this.keys,
      leases,
      services,
      documents: new DocumentVersions(this.keys),
      bounds,
      clock: clusterTime(0),
      wallMs: 0,
      batchIndex: indexOf(0),
      chosenIds: 0,
    };
    this.anyLive = (from, bound) => this.keys.index.anyLive(from, bound);
  }

  get revision(): Revision {
    return this.keys.revision;
  }
  /** The oldest revision that can be read; 0: nothing was compacted. */
  get compactedRevision(): Revision {
    return this.keys.compactedRevision;
  }
  get clock(): Parts['clock'] {
    return this.parts.clock;
  }
  get appliedIndex(): Index {
    return this.parts.batchIndex;
  }

  /** Takes one record of an image into a new machine: versions in revision order, after all others. */
  load(record: ImageRecord): void {
    switch (record.kind) {
      case 'version':
        this.keys.load(record.version);
        this.parts.documents.load(record.version);
        return;
      case 'lease':
        if (record.lease !== undefined) this.parts.leases.load(record.id, record.lease);
        return;
      case 'request':
        if (record.record !== undefined) this.ledger.load(record.id, record.record);
        return;
      case 'origin':
        this.origins.load(record.member, record.state);
        return;
      default:
        unreachable(record);
    }
  }

  /** Ends loading. Undefined: there was no image, the machine is empty. */
  finishLoad(meta: MachineMeta | undefined): void {
    this.ledger.finishLoad();
    this.parts.services.finishLoad();
    if (meta === undefined) return;
    this.keys.revision = meta.revision;
    this.keys.compactedRevision = meta.compactedRevision;
    this.compaction.cursor = meta.compactionCursor;
    this.parts.clock = meta.clock;
    this.parts.batchIndex = meta.appliedIndex;
    this.appliedTerm = meta.appliedTerm;
  }

  /**
   * Applies a committed entry: moves the clock, runs the commands (so a keep-alive in the entry wins over its clock), then expires leases
   * that are due and scrubs on, both a bounded number.
   * @param own whether callers of this origin wait here: only then are outcomes made
   */
  apply(batch: Batch, own: (member: MemberId, incarnation: number) => boolean): Applied {
    const { parts } = this;
    assert(batch.index === parts.batchIndex + 1, `entry ${batch.index} is applied after ${parts.batchIndex}`);
    parts.batchIndex = batch.index;
    parts.chosenIds = 0;
    this.appliedTerm = batch.term;
    this.remembered = 0;
    if (batch.clock > parts.clock) parts.clock = batch.clock;
    parts.wallMs = batch.wallMs;
    this.ledger.expire(parts.clock);
    const outcomes: { sequence: number; outcome: Outcome }[] = [];
    for (const run of batch.runs) this.applyRun(run, own(run.member, run.incarnation) ? outcomes : undefined);
    expire(parts);
    this.compaction.scrub();
    this.keys.pending.endBatch(batch.index);
    const { writes, changes } = this.journal.take();
    return { meta: this.meta(), outcomes, changes, writes };
  }

  private applyRun(run: Run, outcomes: { sequence: number; outcome: Outcome }[] | undefined): void {
    const { requests } = run;
    for (let i = this.origins.accept(run); i < requests.length; i++) {
      const request = requests[i];
      if (request === undefined) continue;
      if (request.requestId !== '' && request.command.kind !== 'leaseKeepAlive') {
        const outcome = this.applyOnce(request);
        outcomes?.push({ sequence: run.firstSequence + i, outcome });
      } else {
        const result = this.run(request.command, outcomes !== undefined);
        outcomes?.push({ sequence: run.firstSequence + i, outcome: { result, revision: this.revision } });
      }
    }
  }

  /** Runs a request with an id, unless it was run before: then its outcome is the same again. */
  private applyOnce({ requestId, command }: Request): Outcome {
    const known = this.ledger.find(requestId);
    if (known !== undefined) {
      if (known.command === command.kind) return known.outcome;
      const result = failure('REQUEST_ID_REUSED', `request id ${requestId} was used for another request`, {
        requestId,
      });
      return { result, revision: this.revision };
    }
    const result = this.run(command, true);
    const outcome = { result, revision: this.revision };
    this.ledger.remember(requestId, {
      index: this.parts.batchIndex,
      position: this.remembered++,
      appliedAt: this.parts.clock,
      command: command.kind,
      outcome,
    });
    return outcome;
  }

  /** A command that fails changes nothing. `detail`: somebody wants the whole result. */
  private run(command: Command, detail: boolean): Result {
    const { parts } = this;
    switch (command.kind) {
      case 'put':
      case 'deleteRange':
      case 'txn':
        return this.runRaw(command, detail);
      case 'compact':
        return this.compaction.apply(command);
      case 'leaseGrant':
        return applyLeaseGrant(parts, command);
      case 'leaseRevoke':
        return applyLeaseRevoke(parts, command);
      case 'leaseKeepAlive':
        return applyLeaseKeepAlive(parts, command);
      case 'configPublish':
        return applyConfigPublish(parts, command);
      case 'configRollback':
        return applyConfigRollback(parts, command);
      case 'register':
        return applyRegister(parts, command);
      case 'deregister':
        return applyDeregister(parts, command);
      case 'setStatus':
        return applySetStatus(parts, command);
      case 'setHealth':
        return applySetHealth(parts, command);
      case 'putService':
        return applyPutService(parts, command);
      default:
        return unreachable(command);
    }
  }

  private runRaw(command: Extract<Command, { kind: 'put' | 'deleteRange' | 'txn' }>, detail: boolean): Result {
    const { parts } = this;
    if (touchesReserved(command, this.anyLive)) {
      return failure(
        'RESERVED_KEY',
        `keys under ${RESERVED_ROOT} are written through the config and registry services`,
      );
    }
    switch (command.kind) {
      case 'put': {
        const refused = checkPut(parts, command);
        if (refused !== undefined) return refused;
        const result = put(parts, command, detail);
        this.keys.commit();
        return result;
      }
      case 'deleteRange': {
        const result = deleteRange(parts, command, detail);
        this.keys.commit();
        return result;
      }
      case 'txn':
        return applyTxn(parts, command, detail);
      default:
        return unreachable(command);
    }
  }

  private meta(): MachineMeta {
    return {
      appliedIndex: this.parts.batchIndex,
      appliedTerm: this.appliedTerm,
      revision: this.keys.revision,
      compactedRevision: this.keys.compactedRevision,
      compactionCursor: this.compaction.cursor,
      clock: this.parts.clock,
    };
  }

  /** The writes of batches up to `upTo` can now be read through the VersionReader. */
  persisted(upTo: Index): void {
    this.keys.pending.persisted(upTo);
  }

  /**
   * Answers a range query with all of etcd's options.
   * @param maxBytes bounds the keys and values returned (at least one item); `more` tells that it did
   * @param counting false: `count` need not go past the page, which spares a walk over the rest of the range
   * @throws QuorateError REVISION_COMPACTED, REVISION_IN_FUTURE
   */
  range(query: RangeQuery, maxBytes: number = Number.POSITIVE_INFINITY, counting = true): RangeResult {
    this.mustBeReadable(query.revision);
    return rangeOf(this.keys, query, maxBytes, counting);
  }

  /**
   * Answers a txn that changes nothing.
   * @throws QuorateError TOO_MANY_CHANGES, REVISION_COMPACTED, REVISION_IN_FUTURE
   */
  readTxn(txn: TxnCommand): TxnResult {
    const result = readTxn(this.parts, txn);
    if (result.kind === 'error') throw asError(result);
    return result;
  }

  /**
   * A version by name, such as the previous one of a Change: sure to be there in the turn in which the change came out, and as long as
   * no compaction has passed it.
   */
  read(ref: VersionRef): KeyVersion {
    return this.keys.read(ref);
  }

  /** The live version of `key` just before `revision`, if it is still kept (prev_kv of a history event). */
  versionBefore(key: Key, revision: Revision): VersionRef | undefined {
    const before = revisionOf(revision - 1);
    if (before < this.keys.compactedRevision) return undefined;
    return this.keys.index.get(key)?.liveAt(before);
  }

  lease(id: LeaseId): { ttlMs: number; remainingMs: number; keys: readonly Key[] } | undefined {
    const lease = this.parts.leases.get(id);
    if (lease === undefined) return undefined;
    const remainingMs = Math.max(0, lease.deadline - this.clock);
    return { ttlMs: lease.ttlMs, remainingMs, keys: [...lease.keys].sort() };
  }

  /** How many instances of a service the guard remembers and holds; undefined: there is nothing of the service. */
  service(namespace: string, name: string): Pick<ServiceState, 'listed' | 'suspects' | 'ended'> | undefined {
    return this.parts.services.get(`${namespace}/${name}`);
  }

  leaseIds(): readonly LeaseId[] {
    return this.parts.leases.ids();
  }

  /** The ids of all leases, the one that expires first before the others. */
  leaseIdsByDeadline(): readonly LeaseId[] {
    return this.parts.leases.idsByDeadline();
  }

  /** A compaction has more to forget. */
  get compacting(): boolean {
    return this.compaction.cursor !== undefined;
  }

  originState(member: MemberId): OriginState | undefined {
    return this.origins.get(member);
  }

  status(): MachineStatus {
    const { leases, services } = this.parts;
    const next = leases.next?.deadline;
    return {
      keys: this.keys.index.live,
      leases: leases.size,
      nextDeadline: next,
      backlog: this.compacting || services.nextPending !== undefined || (next !== undefined && next <= this.clock),
    };
  }

  /**
   * The document as of `revision` (0 = current); undefined when it did not exist then.
   * @throws QuorateError REVISION_COMPACTED, REVISION_IN_FUTURE
   */
  config(namespace: string, key: string, revision: Revision = revisionOf(0)): ConfigVersion | undefined {
    this.mustBeReadable(revision);
    return configAt(this.keys, this.parts.documents, namespace, key, revision);
  }

  /** One kept version of a document, which may be a deletion. */
  configVersion(namespace: string, key: string, version: number): ConfigVersion | undefined {
    return configVersion(this.keys, namespace, key, version);
  }

  /** Kept versions below `beforeVersion` (0 = from the newest), newest first. */
  configHistory(namespace: string, key: string, beforeVersion: number, limit: number): readonly ConfigVersion[] {
    return configHistory(this.keys, this.parts.documents, namespace, key, beforeVersion, limit);
  }

  private mustBeReadable(revision: Revision): void {
    const refused = checkRevision(this.keys, revision);
    if (refused !== undefined) throw asError(refused);
  }
}
