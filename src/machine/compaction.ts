/** Forgetting old revisions: at once for readers, a few keys with each entry on disk and in memory. */
import { type Key, revision as revisionOf } from '../base/ids.js';
import { ABOVE_ALL_KEYS } from '../base/ranges.js';
import { failure } from './failure.js';
import type { Journal } from './journal.js';
import type { KeySpace } from './key-space.js';
import type { CompactCommand, Result } from './types.js';

const FIRST_KEY = '' as Key;

export class Compaction {
  /** The next key to scrub; undefined: none in progress. */
  cursor: Key | undefined;

  constructor(
    private readonly keys: KeySpace,
    private readonly journal: Journal,
    /** Most keys visited, and most versions dropped, with one entry. */
    private readonly most: number,
  ) {}

  /**
   * Makes a revision (0: the current one) the oldest that can be read. One that was compacted before is refused, and so is one in the future (etcd). The
   * scrub begins; if one is under way it starts over, because keys that it has passed have more to forget now.
   */
  apply(command: CompactCommand): Result {
    const { keys } = this;
    const wanted = command.revision === 0 ? keys.revision : command.revision;
    if (wanted > keys.revision) {
      return failure('REVISION_IN_FUTURE', `revision ${wanted} is in the future, the current one is ${keys.revision}`, {
        revision: String(wanted),
        current: String(keys.revision),
      });
    }
    if (wanted <= keys.compactedRevision) {
      return failure('REVISION_COMPACTED', `revision ${wanted} is compacted already`, {
        revision: String(wanted),
        compacted: String(keys.compactedRevision),
      });
    }
    keys.compactedRevision = revisionOf(wanted);
    this.cursor = FIRST_KEY;
    return { kind: 'compact', compactedRevision: keys.compactedRevision };
  }

  /** Scrubs on from the cursor for one entry. Versions at and above the compacted revision, and the newest below it of a key that lived there, stay. */
  scrub(): void {
    if (this.cursor === undefined) return;
    const { compactedRevision, index } = this.keys;
    let visited = 0;
    let dropped = 0;
    let stoppedAt: Key | undefined;
    const ghosts: Key[] = [];
    index.scan(this.cursor, ABOVE_ALL_KEYS, (key, entry) => {
      if (visited >= this.most || dropped >= this.most) {
        stoppedAt = key;
        return false;
      }
      visited++;
      const done = entry.forget(compactedRevision, this.most - dropped, (revision, sub) => {
        dropped++;
        this.journal.write({ kind: 'dropVersion', ref: { revision, sub } });
      });
      if (!done) {
        stoppedAt = key;
        return false;
      }
      if (entry.isGhost(compactedRevision)) {
        dropped++;
        this.journal.write({ kind: 'dropVersion', ref: { revision: entry.modRevision, sub: entry.sub } });
        ghosts.push(key);
      }
      return true;
    });
    for (const key of ghosts) index.remove(key);
    this.cursor = stoppedAt;
  }
}
