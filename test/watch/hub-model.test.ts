/** Random publishes, watchers that come, go, fill up and resume, compactions and images, against a list that is filtered. */
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.js';
import { inRange, prefixEnd } from '../../src/base/ranges.js';
import type { KeyRange, Watcher } from '../../src/watch/types.js';
import { at, change, Harness, keyNamed, RecordingSink } from './fixture.js';

const keys = ['a', 'a/1', 'a/2', 'ab', 'b', 'b/1', 'c', '\xff', '\xff\xff'];

interface Subject {
  readonly ranges: readonly KeyRange[];
  readonly after: number;
  readonly sink: RecordingSink;
  readonly watcher: Watcher;
  /** Compacted when it was made: it must hear so and get nothing. */
  readonly refused: boolean;
  cancelled: boolean;
}

class Model {
  readonly subjects: Subject[] = [];
  private readonly harness: Harness;
  private compacted = 0;

  constructor(private readonly random: Random) {
    const recentBytes = [1, 3_000, 1_000_000][this.below(3)] ?? 1;
    this.harness = new Harness({ recentBytes, sliceMs: 3 });
    this.harness.msPerLook = this.below(2);
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.step();
      this.checkAll();
    }
    for (const { sink, watcher } of this.subjects) {
      sink.room = true;
      watcher.resume();
    }
    await this.harness.settle();
    this.checkAll();
    for (const subject of this.subjects) if (this.ended(subject) === undefined) this.checkArrived(subject);
    expect(this.harness.errors).toEqual([]);
    expect(this.harness.hub.size).toBe(this.subjects.filter((each) => this.ended(each) === undefined).length);
  }

  private async step(): Promise<void> {
    const { harness } = this;
    const dice = this.below(100);
    const subject = this.subjects[this.below(this.subjects.length)];
    if (dice < 35) harness.publish(this.someRevisions(), this.below(3) > 0);
    else if (dice < 45) this.join();
    else if (dice < 60) await harness.turn();
    else if (dice < 75) harness.history.answer();
    else if (dice < 90 && subject) {
      subject.sink.room = this.below(4) > 0;
      if (this.below(5) === 0) subject.watcher.pause();
      else subject.watcher.resume();
    } else if (dice < 93 && subject) {
      subject.cancelled = true;
      subject.watcher.cancel();
    } else if (dice < 96) {
      harness.history.persisted = at(harness.revision);
      if (this.compacted < harness.revision) this.compacted += this.below(harness.revision - this.compacted + 1);
      harness.compact(this.compacted);
    } else if (dice < 97) this.install();
  }

  private join(): void {
    const after = Math.max(0, this.harness.revision + 5 - this.below(40));
    const ranges = Array.from({ length: 1 + this.below(3) }, () => this.someRange());
    const sink = new RecordingSink();
    sink.room = this.below(5) > 0;
    const watcher = this.harness.hub.watch(ranges, at(after), sink);
    this.subjects.push({ ranges, after, sink, watcher, refused: after + 1 < this.compacted, cancelled: false });
  }

  /** This member was behind and got an image: revisions that it never published. */
  private install(): void {
    const { harness } = this;
    for (const each of this.someRevisions()) harness.history.all.push(change(++harness.revision, ...each));
    harness.history.persisted = at(harness.revision);
    harness.hub.reset(at(harness.revision), at(this.compacted));
  }

  private someRevisions(): string[][] {
    return Array.from({ length: 1 + this.below(4) }, () => {
      const picked = keys.filter(() => this.below(5) === 0);
      return picked.length > 0 ? picked : ['a'];
    });
  }

  private someRange(): KeyRange {
    const key = keyNamed(keys[this.below(keys.length)] ?? 'a');
    const end = [undefined, prefixEnd(key), keyNamed(keys[this.below(keys.length)] ?? 'b'), keyNamed('\0')];
    return { key, end: end[this.below(4)] };
  }

  private expected({ ranges, after }: Subject): string[] {
    const lines: string[] = [];
    for (const { revision, changes } of this.harness.history.all) {
      if (revision <= after) continue;
      const mine = changes.filter(({ current }) => ranges.some(({ key, end }) => inRange(current.key, key, end)));
      if (mine.length > 0) lines.push(`${revision}:${mine.map(({ current }) => current.key).join(',')}`);
    }
    return lines;
  }

  private checkAll(): void {
    for (const subject of this.subjects) {
      const { sink, watcher } = subject;
      const expected = this.expected(subject);
      expect(sink.got, 'each once and in order').toEqual(expected.slice(0, sink.got.length));
      const next = Number(expected[sink.got.length]?.split(':')[0]);
      if (!Number.isNaN(next)) expect(watcher.deliveredRevision, 'progress runs ahead').toBeLessThan(next);
      const last = sink.revisions.at(-1);
      if (last !== undefined) expect(watcher.deliveredRevision, 'progress goes back').toBeGreaterThanOrEqual(last);
      if (watcher.live) this.checkArrived(subject);
    }
  }

  private checkArrived(subject: Subject): void {
    expect(subject.sink.got).toEqual(this.expected(subject));
    expect(subject.watcher.deliveredRevision).toBe(this.harness.revision);
  }

  private ended({ sink, cancelled, refused }: Subject): 'compacted' | 'cancelled' | undefined {
    if (refused && !cancelled) expect([sink.got, sink.compactedAt === undefined]).toEqual([[], false]);
    if (sink.compactedAt !== undefined) return 'compacted';
    return cancelled ? 'cancelled' : undefined;
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }
}

describe('hub against a model', () => {
  for (let seed = 1; seed <= 12; seed++)
    it(`seed ${seed}`, async () => {
      await new Model(seededRandom(seed)).run(200);
    });
});
