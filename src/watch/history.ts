/** Older changes than the hub keeps in memory, put together from the versions on disk. */
import { QuorateError } from '../base/errors.js';
import type { Key, Revision } from '../base/ids.js';
import type { Change, KeyVersion, RevisionChanges, VersionRef } from '../machine/types.js';
import type { HistoryReader } from './types.js';

export interface HistorySource {
  /** Written versions with after < revision ≤ upTo in order, ending at a revision's end once maxBytes are passed. */
  scan(after: Revision, upTo: Revision, maxBytes: number): Promise<readonly KeyVersion[]>;
  /** The live version of the key just before the revision, if it is still kept. */
  previous(key: Key, revision: Revision): VersionRef | undefined;
  compacted(): Revision;
}

/**
 * Whether changes after this revision have gaps. A compaction at C scrubs what came before C and keeps all that C itself changed, so a watch may begin at C
 * (as in etcd, which used to lose a deletion there: #18089, #19179).
 */
export function isCompacted(after: Revision, compactedRevision: Revision): boolean {
  return after + 1 < compactedRevision;
}

export class StoredHistory implements HistoryReader {
  constructor(private readonly source: HistorySource) {}

  async read(after: Revision, upTo: Revision, maxBytes: number): Promise<readonly RevisionChanges[]> {
    this.check(after);
    const versions = await this.source.scan(after, upTo, maxBytes);
    // What was scrubbed while the scan was under way may be missing from it.
    this.check(after);
    const revisions: RevisionChanges[] = [];
    let changes: Change[] = [];
    let last: Revision | undefined;
    for (const current of versions) {
      if (current.modRevision !== last) {
        last = current.modRevision;
        changes = [];
        revisions.push({ revision: last, changes });
      }
      changes.push({ current, previous: this.source.previous(current.key, current.modRevision) });
    }
    return revisions;
  }

  private check(after: Revision): void {
    const compacted = this.source.compacted();
    if (!isCompacted(after, compacted)) return;
    throw new QuorateError('REVISION_COMPACTED', `changes after revision ${after} are compacted (up to ${compacted})`, {
      compacted_revision: String(compacted),
    });
  }
}
