/**
 * Reads and writes are linearizable. Revisions order everything, so the check is direct and exact: what a call sees or makes lies after all that was
 * answered before it was called, every answer fits the one history at its revision, and no two writes share a place.
 */
import { QuorateError } from '../../../src/base/errors.js';
import type { MemberId, Revision } from '../../../src/base/ids.js';
import type { Machine } from '../../../src/machine/machine.js';
import type { RangeQuery } from '../../../src/machine/types.js';
import type { KeyRange } from '../../../src/watch/types.js';
import { type History, sameVersion } from '../history.js';
import type { World } from '../world.js';

export class Linearizable {
  /** The newest revision that anybody was told of. */
  floor = 1 as Revision;
  reads = 0;

  constructor(
    private readonly world: World,
    private readonly history: History,
  ) {}

  /**
   * @param floor when it was called
   * @param changed it made a revision of its own
   * @param repeatable its answer may be that of an earlier try
   */
  onWritten(tag: string, floor: Revision, revision: Revision, changed: boolean, repeatable: boolean): void {
    const before = repeatable ? false : changed ? revision <= floor : revision < floor;
    if (before) this.world.violated('linearizable', `${tag} has revision ${revision}, ${floor} was known before it`);
    this.saw(revision);
  }

  onRead(member: MemberId, floor: Revision, revision: Revision): void {
    this.reads++;
    if (revision < floor)
      this.world.violated('linearizable', `member ${member} reads at revision ${revision}, ${floor} was known before`);
    this.saw(revision);
  }

  /** Compares a range with the history. `at` 0: the machine's revision. */
  checkRange(member: MemberId, machine: Machine, range: KeyRange, at: Revision): void {
    let found: ReturnType<Machine['range']>;
    try {
      found = machine.range({ ...everything, ...range, revision: at });
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      const right =
        error.reason === 'REVISION_COMPACTED'
          ? at !== 0 && at < machine.compactedRevision
          : error.reason === 'REVISION_IN_FUTURE' && at > machine.revision;
      if (!right) this.world.violated('linearizable', `member ${member} refuses a read at ${at}: ${error.message}`);
      return;
    }
    if (at !== 0 && at < machine.compactedRevision)
      this.world.violated(
        'linearizable',
        `member ${member} reads at ${at}, compacted up to ${machine.compactedRevision}`,
      );
    const expected = this.history.range(range, at === 0 ? machine.revision : at);
    const same =
      found.items.length === expected.length && found.items.every((item, i) => sameVersion(item, expected[i] ?? item));
    if (!same)
      this.world.violated(
        'linearizable',
        `member ${member} reads ${found.items.length} keys from ${range.key} at ${at || machine.revision} that differ from the ${expected.length} of the history`,
      );
  }

  checkDocument(member: MemberId, machine: Machine, namespace: string, key: string): void {
    const found = machine.config(namespace, key);
    const expected = this.history.document(`${namespace}/${key}`, machine.revision);
    const version = expected?.deleted ? undefined : expected?.version;
    if (found?.version !== version || (found && found.author !== expected?.tag))
      this.world.violated(
        'linearizable',
        `member ${member} has version ${found?.version} of ${key} by ${found?.author} at ${machine.revision}, the history ${version} by ${expected?.tag}`,
      );
  }

  private saw(revision: Revision): void {
    if (revision > this.floor) this.floor = revision;
  }
}

export const everything: RangeQuery = {
  kind: 'range',
  key: '' as RangeQuery['key'],
  end: undefined,
  limit: 0,
  revision: 0 as Revision,
  sortOrder: 'none',
  sortTarget: 'key',
  keysOnly: false,
  countOnly: false,
  minModRevision: 0 as Revision,
  maxModRevision: 0 as Revision,
  minCreateRevision: 0 as Revision,
  maxCreateRevision: 0 as Revision,
};
