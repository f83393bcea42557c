/** Watches are ordered, unique, complete, atomic per revision and resumable; what a watch says of its progress is never ahead of what it gave. */
import type { MemberId, Revision } from '../../../src/base/ids.js';
import type { Change } from '../../../src/machine/types.js';
import type { KeyRange } from '../../../src/watch/types.js';
import { covers, type History, sameVersion } from '../history.js';
import type { World } from '../world.js';

export class WatchChecker {
  /** All changes up to here were given, on one member or several. */
  position = 1 as Revision;
  delivered = 0;

  constructor(
    private readonly world: World,
    private readonly history: History,
    readonly ranges: readonly KeyRange[],
    readonly name: string,
  ) {}

  /** Another watch, from somewhere else. */
  beginAfter(position: Revision): void {
    this.position = position;
  }

  onChanges(member: MemberId, revision: Revision, changes: readonly Change[]): void {
    this.delivered++;
    if (revision <= this.position) {
      this.wrong(member, `gives revision ${revision} after ${this.position}`);
      return;
    }
    this.expectNothing(member, (revision - 1) as Revision);
    const expected = this.concerned(revision);
    const same =
      expected.length === changes.length &&
      changes.every(({ current }, i) => {
        const wanted = expected[i]?.current;
        return wanted !== undefined && sameVersion(current, wanted);
      });
    if (!same)
      this.wrong(member, `gives ${changes.length} changes of revision ${revision} that are not its ${expected.length}`);
    this.position = revision;
  }

  /** @param applied revision of the member that says it */
  onProgress(member: MemberId, revision: Revision, applied: Revision): void {
    if (revision > applied) {
      this.wrong(member, `says it has given all up to ${revision}, its member is at ${applied}`);
      return;
    }
    if (revision <= this.position) return;
    if (revision > this.history.revision) {
      this.wrong(member, `says it has given all up to ${revision}, which is not there yet`);
      return;
    }
    this.expectNothing(member, revision);
    this.position = revision;
  }

  /** A resync: the state at `revision` is taken as a whole, but never an older one. */
  onCompacted(member: MemberId, compacted: Revision, revision: Revision): void {
    // A watch may begin at the compacted revision itself.
    if (compacted <= this.position + 1) this.wrong(member, `says ${this.position} is compacted, ${compacted} is`);
    if (revision > this.position) this.position = revision;
  }

  private expectNothing(member: MemberId, upTo: Revision): void {
    for (let missed = this.position + 1; missed <= upTo; missed++)
      if (this.concerned(missed).length > 0) {
        this.wrong(member, `passes over revision ${missed} on the way from ${this.position} to ${upTo}`);
        return;
      }
  }

  private concerned(revision: number): readonly Change[] {
    const changes = this.history.changes[revision];
    if (!changes) return [];
    return changes.filter(({ current }) => this.ranges.some((range) => covers(range, current.key)));
  }

  private wrong(member: MemberId, sentence: string): void {
    this.world.violated('watches', `${this.name} on member ${member} ${sentence}`);
  }
}
