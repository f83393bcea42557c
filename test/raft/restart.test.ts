/** What a core makes of what it finds on disk, and what it keeps in memory (Raft figure 2: persistent state). */
import { describe, expect, it } from 'vitest';
import { at, Lone, logOf, meta, voters } from './harness.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('after a restart', () => {
  it('committed entries beyond the machine are loaded and handed out again, in order', () => {
    const log = logOf(1, 1, 1, 1, 1, 1);
    const lone = new Lone({ log, tail: log.slice(4), commit: 5, applied: 1 });
    const wanted = lone.take()[0]?.entriesWanted[0];
    expect(wanted).toMatchObject({ for: 'apply', first: 2, last: 4 });
    if (!wanted) throw new Error('nothing wanted');
    expect(lone.raft.hasReady()).toBe(false);
    lone.raft.entriesLoaded(wanted, log.slice(1, 3));
    const [ready, more] = lone.take();
    expect(ready?.committed.map((each) => each.index)).toEqual([2, 3]);
    expect(more?.entriesWanted).toMatchObject([{ for: 'apply', first: 4, last: 4 }]);
    const second = more?.entriesWanted[0];
    if (!second) throw new Error('nothing wanted');
    lone.raft.entriesLoaded(second, log.slice(3, 4));
    expect(lone.take().flatMap((each) => each.committed.map((one) => one.index))).toEqual([4, 5]);
  });

  it('the commit index on disk is only a hint and may be behind the machine', () => {
    const lone = new Lone({ log: logOf(1, 1, 1), commit: 0, applied: 2 });
    expect(lone.status.commit).toBe(2);
  });

  it.each([
    ['the log ends before the commit index', { log: logOf(1, 1), commit: 3 }],
    [
      'entries that may not be committed are not given',
      { log: logOf(1, 1, 1), tail: logOf(1, 1, 1).slice(2), commit: 1 },
    ],
    ['the machine is older than the log', { start: meta(3, 1), applied: 2 }],
    ['the log is ahead of the term', { log: logOf(1, 4), term: 3 }],
  ])('refuses to start when %s', (_, setup) => {
    expect(() => new Lone(setup)).toThrow();
  });
});

describe('memory', () => {
  it('is released once entries are on disk, applied and beyond the bound', () => {
    const lone = new Lone({ options: { logTailBytes: 1000 } });
    lone.lead(2);
    for (let count = 0; count < 50; count++) {
      const index = lone.raft.propose([bytes('x'.repeat(50))]) ?? 0;
      lone.flush();
      for (const from of [2, 3]) lone.step(lone.accept(from, index));
    }
    expect(lone.raft.state.log.bytesInMemory).toBeLessThanOrEqual(1000);
    expect(lone.raft.tailAfter(at(0)).length).toBeGreaterThan(0);
  });

  it('is not released for what is not applied, or not on disk', () => {
    const lone = new Lone({ membership: voters(1), options: { logTailBytes: 500 } });
    lone.lead();
    for (let count = 0; count < 20; count++) lone.raft.propose([bytes('x'.repeat(50))]);
    const readies = lone.take();
    expect(lone.raft.tailAfter(at(0))).toHaveLength(21);
    lone.raft.persisted(readies[0]?.persistToken ?? 0);
    lone.take();
    expect(lone.raft.tailAfter(at(0))).toHaveLength(20);
    lone.raft.applied(at(10));
    expect(lone.raft.tailAfter(at(0))[0]?.index).toBe(11);
  });
});
