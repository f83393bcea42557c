/**
 * The key space as its rules say it, without any cleverness: every state that ever was is kept as a list of sorted pairs. It knows raw commands,
 * compaction and leases without expiry; what it answers must be what the machine answers.
 */
import type { Key, LeaseId } from '../../src/base/ids.js';
import { inRange } from '../../src/base/ranges.js';
import type {
  Command,
  Compare,
  DeleteRangeCommand,
  Operation,
  PutCommand,
  RangeQuery,
  TxnCommand,
} from '../../src/machine/types.js';

export interface Cell {
  readonly key: Key;
  readonly value: string;
  readonly create: number;
  readonly mod: number;
  readonly version: number;
  readonly lease: LeaseId;
}
type State = readonly Cell[];
export type Answer = unknown;

export class Model {
  /** By revision; 0 is unused and 1 the empty store. */
  private readonly states: State[] = [[], []];
  private now: State = [];
  compacted = 0;
  readonly leases = new Set<LeaseId>();

  get revision(): number {
    return this.states.length - 1;
  }

  /** Applies a command: the error's reason, or the answer in plain data. */
  apply(command: Command): Answer {
    const answer = this.run(command);
    if (typeof answer === 'string') this.now = this.states[this.revision] ?? [];
    else if (
      this.now.some((cell) => cell.mod > this.revision) ||
      this.now.length !== this.states[this.revision]?.length
    ) {
      this.states.push(this.now);
    }
    return answer;
  }

  private run(command: Command): Answer {
    switch (command.kind) {
      case 'put':
        return this.checkLease(command) ?? this.checkKeeps(command) ?? this.put(command);
      case 'deleteRange':
        return this.deleteRange(command);
      case 'txn': {
        const start = this.now;
        const path = this.path(command, start);
        return this.checkPath(path) ?? this.txn(command, start);
      }
      case 'compact':
        if (command.revision > this.revision) return 'REVISION_IN_FUTURE';
        if (command.revision <= this.compacted) return 'REVISION_COMPACTED';
        this.compacted = command.revision;
        return { compacted: command.revision };
      case 'leaseGrant':
        if (this.leases.has(command.id)) return 'LEASE_EXISTS';
        this.leases.add(command.id);
        return {};
      case 'leaseRevoke':
        if (!this.leases.delete(command.id)) return 'LEASE_NOT_FOUND';
        this.now = this.now.filter((cell) => cell.lease !== command.id);
        return {};
      default:
        throw new Error(`the model does not know ${command.kind}`);
    }
  }

  private find(key: Key, state = this.now): Cell | undefined {
    return state.find((cell) => cell.key === key);
  }

  private checkKeeps(command: PutCommand): string | undefined {
    return (command.ignoreValue || command.ignoreLease) && !this.find(command.key) ? 'KEY_NOT_FOUND' : undefined;
  }

  private checkLease(command: PutCommand): string | undefined {
    return command.lease && !command.ignoreLease && !this.leases.has(command.lease) ? 'LEASE_NOT_FOUND' : undefined;
  }

  private put(command: PutCommand): Answer {
    const before = this.find(command.key);
    const mod = this.revision + 1;
    const cell: Cell = {
      key: command.key,
      value: command.ignoreValue && before ? before.value : Buffer.from(command.value).toString(),
      create: before?.create ?? mod,
      mod,
      version: (before?.version ?? 0) + 1,
      lease: command.ignoreLease && before ? before.lease : command.lease,
    };
    const others = this.now.filter(({ key }) => key !== command.key);
    this.now = [...others, cell].sort((a, b) => (a.key < b.key ? -1 : 1));
    return { previous: command.prevKv ? before : undefined };
  }

  private deleteRange(command: DeleteRangeCommand): Answer {
    const gone = this.now.filter(({ key }) => inRange(key, command.key, command.end));
    this.now = this.now.filter((cell) => !gone.includes(cell));
    return { deleted: gone.length, previous: command.prevKv ? gone : [] };
  }

  private takes(txn: TxnCommand, start: State): boolean {
    return txn.compares.every((compare) => this.holds(compare, start));
  }

  private holds({ key, end, target, operator }: Compare, start: State): boolean {
    const cells = start.filter((cell) => inRange(cell.key, key, end));
    if (cells.length === 0 && target.kind === 'value') return false;
    const missing = { value: '', create: 0, mod: 0, version: 0, lease: '' };
    return (cells.length > 0 ? cells : [missing]).every((cell) => {
      const [have, want] = sides(cell, target);
      if (operator === 'equal') return have === want;
      if (operator === 'notEqual') return have !== want;
      return operator === 'less' ? have < want : have > want;
    });
  }

  /** The operations that will run, without the txns around them. */
  private path(txn: TxnCommand, start: State): Operation[] {
    const operations = this.takes(txn, start) ? txn.success : txn.failure;
    return operations.flatMap((operation) => (operation.kind === 'txn' ? this.path(operation, start) : [operation]));
  }

  private checkPath(path: readonly Operation[]): string | undefined {
    const puts = path.map((put) => (put.kind === 'put' ? (this.checkKeeps(put) ?? this.checkLease(put)) : undefined));
    const reads = path.map((read) => (read.kind === 'range' ? this.checkRevision(read.revision) : undefined));
    return [...puts, ...reads].find((refused) => refused !== undefined);
  }

  private checkRevision(revision: number): string | undefined {
    if (revision > this.revision) return 'REVISION_IN_FUTURE';
    return revision > 0 && revision < this.compacted ? 'REVISION_COMPACTED' : undefined;
  }

  private txn(txn: TxnCommand, start: State): Answer {
    const succeeded = this.takes(txn, start);
    const operations: readonly Operation[] = succeeded ? txn.success : txn.failure;
    const responses = operations.map((operation) => {
      if (operation.kind === 'range') return this.select(operation);
      if (operation.kind === 'put') return this.put(operation);
      return operation.kind === 'txn' ? this.txn(operation, start) : this.deleteRange(operation);
    });
    return { succeeded, responses };
  }

  range(query: RangeQuery): Answer {
    return this.checkRevision(query.revision) ?? this.select(query);
  }

  private select(query: RangeQuery): Answer {
    const state = query.revision === 0 ? this.now : (this.states[query.revision] ?? []);
    const all = state.filter(({ key }) => inRange(key, query.key, query.end));
    if (query.countOnly) return { count: all.length, more: false, items: [] };
    const passing = all.filter(
      ({ mod, create }) =>
        mod >= query.minModRevision &&
        mod <= (query.maxModRevision || mod) &&
        create >= query.minCreateRevision &&
        create <= (query.maxCreateRevision || create),
    );
    const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = query;
    const filtered = minModRevision || maxModRevision || minCreateRevision || maxCreateRevision;
    if (query.sortOrder === 'none' && query.limit > 0 && !filtered) passing.splice(query.limit + 1);
    const sign = query.sortOrder === 'descend' ? -1 : 1;
    const ordered = passing.sort((a, b) => {
      const [left, right] = [a[query.sortTarget], b[query.sortTarget]];
      return left === right ? 0 : left < right ? -sign : sign;
    });
    const items = ordered.slice(0, query.limit || undefined);
    const shown = query.keysOnly ? items.map((cell) => ({ ...cell, value: '' })) : items;
    return { count: all.length, more: items.length < ordered.length, items: shown };
  }
}

function sides(
  cell: Omit<Cell, 'key' | 'lease'> & { lease: string },
  target: Compare['target'],
): [number | string, number | string] {
  switch (target.kind) {
    case 'version':
      return [cell.version, target.value];
    case 'createRevision':
      return [cell.create, target.value];
    case 'modRevision':
      return [cell.mod, target.value];
    case 'value':
      return [cell.value, Buffer.from(target.value).toString()];
    case 'lease':
      return [Number.parseInt(cell.lease || '0', 16), Number.parseInt(target.value || '0', 16)];
  }
}
