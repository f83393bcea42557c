import { describe, expect, it } from 'vitest';
import type { Key, Revision } from '../../src/base/ids.js';
import type { KeyVersion } from '../../src/machine/types.js';
import { StoredHistory } from '../../src/watch/history.js';
import { at, version } from './fixture.js';

function source(versions: readonly KeyVersion[]) {
  return {
    compactedRevision: at(0),
    duringScan: () => {},
    async scan(after: Revision, upTo: Revision): Promise<readonly KeyVersion[]> {
      await Promise.resolve();
      this.duringScan();
      return versions.filter(({ modRevision }) => modRevision > after && modRevision <= upTo);
    },
    previous: (key: Key, revision: Revision) => (key === 'b' ? { revision: at(revision - 1), sub: 7 } : undefined),
    compacted(): Revision {
      return this.compactedRevision;
    },
  };
}

describe('stored history', () => {
  const versions = [version('a', 2), version('a', 3), version('b', 3, 1, true), version('c', 4)];

  it('puts versions together to revisions with what they replaced', async () => {
    const [first, second, ...others] = await new StoredHistory(source(versions)).read(at(1), at(3), 1_000);
    expect(first).toEqual({ revision: 2, changes: [{ current: versions[0], previous: undefined }] });
    expect(second).toEqual({
      revision: 3,
      changes: [
        { current: versions[1], previous: undefined },
        { current: versions[2], previous: { revision: 2, sub: 7 } },
      ],
    });
    expect(others).toEqual([]);
  });

  it('fails when the revision is compacted, before or during the read', async () => {
    const compacted = source(versions);
    compacted.compactedRevision = at(3);
    await expect(new StoredHistory(compacted).read(at(1), at(4), 1)).rejects.toMatchObject({
      reason: 'REVISION_COMPACTED',
      metadata: { compacted_revision: '3' },
    });
    const overtaken = source(versions);
    overtaken.duringScan = () => {
      overtaken.compactedRevision = at(4);
    };
    await expect(new StoredHistory(overtaken).read(at(1), at(4), 1)).rejects.toMatchObject({
      reason: 'REVISION_COMPACTED',
    });
    await expect(new StoredHistory(overtaken).read(at(4), at(4), 1)).resolves.toEqual([]);
    await expect(new StoredHistory(overtaken).read(at(3), at(4), 1)).resolves.toMatchObject([{ revision: 4 }]);
  });
});
