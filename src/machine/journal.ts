/** Collects what a batch does: writes for storage and changes for watches, both in order. */
import type { Revision } from '../base/ids.js';
import type { Change, RevisionChanges, Write } from './types.js';

export class Journal {
  private writes: Write[] = [];
  private revisions: RevisionChanges[] = [];

  write(write: Write): void {
    this.writes.push(write);
  }

  changed(revision: Revision, changes: readonly Change[]): void {
    this.revisions.push({ revision, changes });
  }

  /** Hands out everything collected since the last call. */
  take(): { writes: readonly Write[]; changes: readonly RevisionChanges[] } {
    const taken = { writes: this.writes, changes: this.revisions };
    this.writes = [];
    this.revisions = [];
    return taken;
  }
}
