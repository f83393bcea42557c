/** What was applied, as the first member to apply it did: the one history that everything else is compared with. */
import type { Index, Key, MemberId, Revision, Term } from '../../src/base/ids.js';
import { parseHistoryKey } from '../../src/machine/config-keys.js';
import type { Applied, Batch, Change, KeyVersion } from '../../src/machine/types.js';
import type { KeyRange } from '../../src/watch/types.js';
import { hashOf } from './hash.js';

export interface AppliedEntry {
  readonly index: Index;
  readonly term: Term;
  /** Raft term of the member that applied it first: it was committed in this term or before. */
  readonly by: Term;
  readonly member: MemberId;
  readonly batchHash: number;
  readonly writesHash: number;
  readonly revision: Revision;
  readonly clock: number;
  readonly compacted: Revision;
}

export interface DocumentVersion {
  readonly version: number;
  readonly revision: Revision;
  readonly deleted: boolean;
  /** Of the operation that published it. */
  readonly tag: string;
}

export class History {
  /** By index; [0] is unused. */
  readonly entries: AppliedEntry[] = [];
  /** By revision. */
  readonly changes: (readonly Change[] | undefined)[] = [];
  readonly documents = new Map<string, DocumentVersion[]>();
  private readonly versions = new Map<Key, KeyVersion[]>();

  get revision(): Revision {
    return this.entries.at(-1)?.revision ?? (1 as Revision);
  }
  get lastIndex(): Index {
    return Math.max(0, this.entries.length - 1) as Index;
  }

  describe(member: MemberId, by: Term, batch: Batch, applied: Applied): AppliedEntry {
    const { meta } = applied;
    return {
      index: batch.index,
      term: batch.term,
      by,
      member,
      batchHash: hashOf([batch.term, batch.clock, batch.runs]),
      writesHash: hashOf([applied.writes, meta, applied.changes.length]),
      revision: meta.revision,
      clock: meta.clock,
      compacted: meta.compactedRevision,
    };
  }

  add(entry: AppliedEntry, applied: Applied): void {
    this.entries[entry.index] = entry;
    for (const { revision, changes } of applied.changes) {
      this.changes[revision] = changes;
      for (const { current } of changes) {
        let versions = this.versions.get(current.key);
        if (!versions) {
          versions = [];
          this.versions.set(current.key, versions);
        }
        versions.push(current);
        this.addDocument(current);
      }
    }
  }

  /** The live version of a key as of a revision. */
  at(key: Key, revision: Revision): KeyVersion | undefined {
    const versions = this.versions.get(key);
    if (!versions) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as KeyVersion;
      if (version.modRevision <= revision) return version.deleted ? undefined : version;
    }
    return undefined;
  }

  /** All live keys of a range as of a revision, in key order. */
  range(range: KeyRange, revision: Revision): KeyVersion[] {
    const found: KeyVersion[] = [];
    for (const key of this.versions.keys()) {
      if (!covers(range, key)) continue;
      const version = this.at(key, revision);
      if (version) found.push(version);
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  document(name: string, revision: Revision): DocumentVersion | undefined {
    return this.documents.get(name)?.findLast((version) => version.revision <= revision);
  }

  private addDocument({ key, value, deleted, modRevision }: KeyVersion): void {
    if (deleted) return;
    const parsed = parseHistoryKey(key);
    if (!parsed) return;
    const name = `${parsed.namespace}/${parsed.key}`;
    const known = this.documents.get(name) ?? [];
    this.documents.set(name, known);
    const head = Buffer.from(value).toString('latin1').split('\n', 1)[0] ?? '';
    known.push({
      version: parsed.version,
      revision: modRevision,
      deleted: head.includes('"deleted":true'),
      tag: /"author":"([^"]*)"/.exec(head)?.[1] ?? '',
    });
  }
}

export function covers({ key: from, end }: KeyRange, key: Key): boolean {
  if (end === undefined) return key === from;
  return key >= from && (end === '\0' || key < end);
}

export function sameVersion(a: KeyVersion, b: KeyVersion): boolean {
  if (a.key !== b.key || a.modRevision !== b.modRevision || a.sub !== b.sub || a.deleted !== b.deleted) return false;
  if (a.deleted) return true;
  return (
    a.version === b.version &&
    a.createRevision === b.createRevision &&
    a.lease === b.lease &&
    Buffer.compare(a.value, b.value) === 0
  );
}
