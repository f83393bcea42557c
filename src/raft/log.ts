/**
 * The log as the core sees it. Disk holds (start, last]; memory holds the end of it, from `firstInMemory` on. The terms of all entries since
 * the restored tail stay known as runs, also when their data has been released, so that consistency checks seldom need the disk.
 *
 *   start    firstInMemory     persisted   handed    last
 *     |  on disk   | on disk and in memory |  being  |  to be
 *     |   only     |                       | written |  handed out
 *
 * Entries after max(commit, applied) are always in memory: nothing else could be compared with what a leader sends.
 */
import { assert } from '../base/assert.js';
import type { Index, Term } from '../base/ids.js';
import type { Entry, Restored } from './types.js';

/** The entries from `first` to the next run have this term. */
interface TermRun {
  readonly first: Index;
  readonly term: Term;
}

/** What an entry costs in memory beside its data; keeps a log of tiny entries within its bound. */
const entryOverheadBytes = 100;

const none: readonly Entry[] = [];

export class Log {
  startIndex: Index;
  startTerm: Term;
  last: Index;
  /** Everything up to here is on disk. Below `startIndex` only while an image is being installed. */
  persisted: Index;
  /** Everything up to here has been handed out to be persisted. */
  handed: Index;
  private entries: Entry[];
  private firstKept: Index;
  private keptBytes = 0;
  private runs: TermRun[] = [];
  /** The newest slice; several followers usually want the same one. */
  private recent: readonly Entry[] = none;
  private recentBudget = 0;
  private recentLast = 0;

  constructor(restored: Restored) {
    const { start, lastIndex, lastTerm, tail } = restored;
    this.startIndex = start.index;
    this.startTerm = start.term;
    this.last = lastIndex;
    this.persisted = lastIndex;
    this.handed = lastIndex;
    this.entries = tail.slice();
    this.firstKept = (lastIndex - tail.length + 1) as Index;
    assert(lastIndex >= start.index, 'the log ends before its start');
    for (const [position, entry] of tail.entries()) {
      assert(entry.index === this.firstKept + position, 'the restored tail has a gap or does not end at lastIndex');
      this.noteTerm(entry);
      this.keptBytes += cost(entry);
    }
    if (tail.length === 0 && lastIndex > start.index) this.runs.push({ first: lastIndex, term: lastTerm });
    assert(this.lastTerm === lastTerm, 'the restored tail ends with another term than lastTerm');
  }

  /** First entry whose data is in memory; last + 1 when there is none. */
  get firstInMemory(): Index {
    return this.firstKept;
  }

  get bytesInMemory(): number {
    return this.keptBytes;
  }

  get lastTerm(): Term {
    const run = this.runs[this.runs.length - 1];
    return run !== undefined && this.last > this.startIndex ? run.term : this.startTerm;
  }

  /** Term of the entry at `index`; undefined when it is outside the log or older than what is known. */
  termAt(index: Index): Term | undefined {
    if (index === this.startIndex) return this.startTerm;
    if (index > this.last || index < this.startIndex) return undefined;
    for (let at = this.runs.length - 1; at >= 0; at--) {
      const run = this.runs[at] as TermRun;
      if (run.first <= index) return run.term;
    }
    return undefined;
  }

  /** Raft §5.4.1: whether a log that ends with (lastIndex, lastTerm) holds at least what this one holds. */
  isUpToDate(lastIndex: Index, lastTerm: Term): boolean {
    const own = this.lastTerm;
    return lastTerm > own || (lastTerm === own && lastIndex >= this.last);
  }

  /**
   * The highest index ≤ `from` whose term is ≤ `term`: the furthest that a log with `term` at `from` can agree with this one (Raft §5.3,
   * the fast back-off; both sides use it). Where terms are not known any more it answers the highest of those places, and
   * never one before the start unless `from` is.
   */
  lastIndexWithin(from: Index, term: Term): Index {
    let upTo = Math.min(from, this.last);
    for (let at = this.runs.length - 1; at >= 0 && upTo > this.startIndex; at--) {
      const run = this.runs[at] as TermRun;
      if (run.first > upTo) continue;
      if (run.term <= term) return upTo as Index;
      upTo = run.first - 1;
    }
    return Math.max(upTo, Math.min(from, this.startIndex)) as Index;
  }

  /** Adds one entry to the end. */
  push(entry: Entry): void {
    assert(entry.index === this.last + 1, 'an appended entry leaves a gap');
    assert(entry.term >= this.lastTerm, 'an appended entry has an older term than the one before');
    this.entries.push(entry);
    this.keptBytes += cost(entry);
    this.last = entry.index;
    this.noteTerm(entry);
  }

  /** First of the given entries that this log does not hold; entries.length when it holds all of them. */
  firstNew(entries: readonly Entry[]): number {
    const first = entries[0];
    if (first === undefined || first.index > this.last) return 0;
    let at = 0;
    while (at < entries.length) {
      const entry = entries[at] as Entry;
      if (this.termAt(entry.index) !== entry.term) break;
      at++;
    }
    return at;
  }

  /** Forgets the entries from `index` on; they conflict with the leader's. */
  truncateFrom(index: Index): void {
    assert(index > this.startIndex && index >= this.firstKept, 'cannot truncate entries that are not in memory');
    if (index > this.last) return;
    const kept = index - this.firstKept;
    for (let at = kept; at < this.entries.length; at++) this.keptBytes -= cost(this.entries[at] as Entry);
    this.entries.length = kept;
    this.last = (index - 1) as Index;
    while (this.runs.length > 0 && (this.runs[this.runs.length - 1] as TermRun).first >= index) this.runs.pop();
    if (this.persisted > this.last) this.persisted = this.last;
    if (this.handed > this.last) this.handed = this.last;
    this.recent = none;
  }

  /**
   * Entries from `first` (in memory) to `last`, ending when `maxBytes` of data are passed but at least one. Do not change the result: it may be
   * shared.
   */
  slice(first: Index, last: Index, maxBytes: number): readonly Entry[] {
    if (first > last) return none;
    assert(first >= this.firstKept && last <= this.last, 'a slice reaches beyond the entries in memory');
    if (this.recent[0]?.index === first && this.recentLast === last) {
      const whole = this.recent.length === last - first + 1;
      if (this.recentBudget === maxBytes || (whole && this.recentBudget < maxBytes)) return this.recent;
    }
    const from = first - this.firstKept;
    const end = last - this.firstKept + 1;
    let bytes = (this.entries[from] as Entry).data.length;
    let to = from + 1;
    while (to < end) {
      bytes += (this.entries[to] as Entry).data.length;
      if (bytes > maxBytes) break;
      to++;
    }
    this.recent = this.entries.slice(from, to);
    this.recentBudget = maxBytes;
    this.recentLast = last;
    return this.recent;
  }

  /** All entries that have not been handed out to be persisted; marks them as handed out. */
  handOut(): readonly Entry[] {
    if (this.handed === this.last) return none;
    const entries = this.slice((this.handed + 1) as Index, this.last, Number.POSITIVE_INFINITY);
    this.handed = this.last;
    return entries;
  }

  /** Entries after `after` that are in memory. */
  tailAfter(after: Index): readonly Entry[] {
    return this.entries.slice(Math.max(0, after + 1 - this.firstKept));
  }

  /**
   * Frees memory when more than `limit` bytes are held: first what every follower has (≤ matched), down to half the limit so that this
   * is rare; if that is not enough also what some follower lacks. Never an entry after `safe` (persisted and applied).
   */
  release(limit: number, safe: Index, matched: Index): void {
    if (this.keptBytes <= limit) return;
    this.dropWhile(limit / 2, Math.min(safe, matched));
    this.dropWhile(limit, safe);
  }

  private dropWhile(limit: number, upTo: number): void {
    let count = 0;
    while (this.keptBytes > limit && this.firstKept + count <= upTo && count < this.entries.length) {
      this.keptBytes -= cost(this.entries[count] as Entry);
      count++;
    }
    if (count > 0) this.dropFront(count);
  }

  private dropFront(count: number): void {
    this.entries = this.entries.slice(count);
    this.firstKept = (this.firstKept + count) as Index;
    this.recent = none;
  }

  /** The disk holds only entries after `index` now. */
  trim(index: Index, term: Term): void {
    if (index <= this.startIndex) return;
    assert(index <= this.last && index <= this.persisted, 'cannot trim entries that are not on disk');
    this.startIndex = index;
    this.startTerm = term;
    const count = Math.min(this.entries.length, Math.max(0, index + 1 - this.firstKept));
    for (let at = 0; at < count; at++) this.keptBytes -= cost(this.entries[at] as Entry);
    if (count > 0) this.dropFront(count);
    while (this.runs.length > 1 && (this.runs[1] as TermRun).first <= index + 1) this.runs.shift();
  }

  /** An image takes the place of the log: it begins and ends at (index, term), and nothing of it is on disk yet. */
  reset(index: Index, term: Term): void {
    this.startIndex = index;
    this.startTerm = term;
    this.last = index;
    this.handed = index;
    this.persisted = 0 as Index;
    this.entries = [];
    this.firstKept = (index + 1) as Index;
    this.keptBytes = 0;
    this.runs = [];
    this.recent = none;
  }

  private noteTerm(entry: Entry): void {
    const run = this.runs[this.runs.length - 1];
    if (run === undefined || run.term !== entry.term) this.runs.push({ first: entry.index, term: entry.term });
  }
}

function cost(entry: Entry): number {
  return entry.data.length + entryOverheadBytes;
}
