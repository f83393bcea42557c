/** What a run of chaos leaves behind: one file of JSON lines for each list. Validators know nothing else of the run. Times are milliseconds of one clock. */

import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { RawCall, RawFinal, RawWatched } from './etcd-history.js';

/** One version of a document. */
export interface Version {
  readonly key: string;
  readonly version: number;
  readonly revision: number;
  /** Empty for a deletion; otherwise no two writes of a run have the same, but for rollbacks. */
  readonly value: string;
  readonly deleted: boolean;
  /** The mark of the rollback that made this version. */
  readonly rollback?: string;
}

export interface Change {
  readonly key: string;
  /** Absent: delete. */
  readonly value?: string;
  readonly ifVersion?: number;
}

/** On a document that the call does not change; version 0: there is none. */
export interface Precondition {
  readonly key: string;
  readonly version: number;
}

export interface Rollback {
  readonly kind: 'rollback';
  readonly key: string;
  readonly toVersion: number;
  readonly ifVersion?: number;
  /** No two rollbacks of a run have the same. */
  readonly mark: string;
}

/** What was asked. */
export type Request =
  | { readonly kind: 'get'; readonly key: string; readonly serializable: boolean; readonly minRevision?: number }
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly ifVersion?: number }
  | { readonly kind: 'delete'; readonly key: string; readonly ifVersion?: number }
  | { readonly kind: 'publish'; readonly changes: readonly Change[]; readonly preconditions?: readonly Precondition[] }
  | Rollback
  | { readonly kind: 'list'; readonly prefix: string }
  | { readonly kind: 'register'; readonly service: string; readonly id: string; readonly ttlMs: number }
  | { readonly kind: 'deregister'; readonly service: string; readonly id: string; readonly lease: string }
  | { readonly kind: 'status'; readonly service: string; readonly id: string; readonly status: string }
  | { readonly kind: 'instances'; readonly service: string }
  | { readonly kind: 'compact' }
  | { readonly kind: 'transfer' };

/** What was answered. */
export interface Answer {
  /** New versions, in the order of the changes. */
  readonly versions?: readonly number[];
  readonly revision?: number;
  /** Of a get, with at most one, and of a list. */
  readonly documents?: readonly Version[];
  readonly lease?: string;
  readonly ids?: readonly string[];
}

export interface Call {
  readonly caller: string;
  readonly begin: number;
  readonly end: number;
  readonly request: Request;
  /**
   * ok: `answer` is there · refused: it changed nothing, for this reason · unknown: a mutation may take effect later or never, and a read was not
   * answered.
   */
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly reason?: string;
  readonly answer?: Answer;
}

/** One event that a watch of the documents yielded. */
export interface Watched {
  readonly watcher: string;
  /** Asked to resume after this revision with a new watch before this event. */
  readonly resumedAfter?: number;
  readonly at: number;
  /** end: of a watch that was given up before the run was over. */
  readonly kind: 'snapshot' | 'changes' | 'progress' | 'end';
  readonly revision: number;
  readonly resync: boolean;
  readonly conflated: boolean;
  readonly items: readonly Version[];
}

/** An instance as a watch of the registry tells it. */
export interface InstanceState {
  readonly id: string;
  readonly lease: string;
  readonly status: string;
  /** In which it came to be so. */
  readonly revision: number;
}

/** One event that a watch of the registry yielded. */
export interface WatchedRegistry {
  readonly watcher: string;
  readonly kind: 'snapshot' | 'changes' | 'progress';
  readonly revision: number;
  readonly resync: boolean;
  readonly conflated: boolean;
  readonly updated: readonly InstanceState[];
  /** Ids. */
  readonly removed: readonly string[];
}

/** An instance that a watch of the registry saw come or go. */
export interface Sighting {
  readonly watcher: string;
  readonly at: number;
  readonly id: string;
  readonly lease: string;
  readonly kind: 'there' | 'gone';
}

/** A registration that the client keeps alive changed its state. */
export interface Kept {
  readonly id: string;
  readonly at: number;
  readonly state: string;
}

export interface Fault {
  readonly kind: string;
  readonly victim: string;
  readonly begin: number;
  /** Nothing is in the way of recovery any more: processes are started, links are open. */
  readonly healed: number;
  /** The cluster is whole again. */
  readonly end: number;
}

/** An operator changed who the members are, and it counts. */
export interface MemberChange {
  readonly kind: 'added' | 'removed' | 'replaced';
  readonly member: string;
  /** What it was, or what struck meanwhile. */
  readonly how: string;
  readonly begin: number;
  readonly end: number;
}

/** The state of a member when all was over. */
export interface FinalState {
  readonly member: string;
  readonly index: number;
  readonly hash: string;
}

export interface History {
  readonly calls: Call[];
  readonly watched: Watched[];
  readonly watchedRegistry: WatchedRegistry[];
  readonly sightings: Sighting[];
  readonly kept: Kept[];
  readonly faults: Fault[];
  readonly memberChanges: MemberChange[];
  /** All versions of all documents, as read when all was over. */
  readonly versions: Version[];
  readonly finals: FinalState[];
  readonly etcdCalls: RawCall[];
  readonly etcdWatched: RawWatched[];
  /** All raw keys, as read when all was over. */
  readonly etcdFinals: RawFinal[];
}
export type ListName = keyof History;

export function emptyHistory(): History {
  return {
    calls: [],
    watched: [],
    watchedRegistry: [],
    sightings: [],
    kept: [],
    faults: [],
    memberChanges: [],
    versions: [],
    finals: [],
    etcdCalls: [],
    etcdWatched: [],
    etcdFinals: [],
  };
}

const names = Object.keys(emptyHistory()) as readonly ListName[];

/** Writes the files of a history. */
export class Recorder {
  private readonly streams: ReadonlyMap<ListName, WriteStream>;

  constructor(directory: string) {
    this.streams = new Map(names.map((name) => [name, createWriteStream(fileOf(directory, name))]));
  }

  add<Name extends ListName>(name: Name, line: History[Name][number]): void {
    this.streams.get(name)?.write(`${JSON.stringify(line)}\n`);
  }

  async close(): Promise<void> {
    for (const stream of this.streams.values()) {
      stream.end();
      await once(stream, 'close');
    }
  }
}

/** Reads the files of a history. */
export async function readHistory(directory: string): Promise<History> {
  const history = emptyHistory();
  for (const name of names) {
    const lines: unknown[] = history[name];
    for await (const line of createInterface({ input: createReadStream(fileOf(directory, name)) }))
      lines.push(JSON.parse(line));
  }
  return history;
}

function fileOf(directory: string, name: ListName): string {
  return path.join(directory, `${name}.jsonl`);
}
