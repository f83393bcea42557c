/**
 * Callers that wait for this member's applied state: linearizable reads, which share quorum rounds (dissertation §6.4: all that arrive while a round is
 * under way share the next), and reads that wait for a revision.
 */
import { QuorateError } from '../base/errors.js';
import type { Index, Revision } from '../base/ids.js';
import type { Waiting } from './types.js';

export type ReadCallback = (error: QuorateError | undefined) => void;

class Reader implements Waiting {
  constructor(
    readonly deadline: number,
    public done: ReadCallback | undefined,
  ) {}
  cancel(): void {
    this.done = undefined;
  }
  finish(error: QuorateError | undefined): void {
    const done = this.done;
    this.done = undefined;
    done?.(error);
  }
}

/**
 * Rounds of reads between one incarnation and the next, which is a millisecond later at least. The tokens of a run begin after those of earlier ones, or a
 * late answer of the leader to a run that is gone could pass for one of today's.
 */
const roundsPerIncarnation = 1_024;

export class Reads {
  private arriving: Reader[] = [];
  private asked: { token: number; readers: Reader[] } | undefined;
  /** Rounds whose index is confirmed but not applied yet. */
  private confirmed: { index: Index; readers: Reader[] }[] = [];
  private forRevision: { revision: Revision; reader: Reader }[] = [];

  /** @param nextToken first of the tokens that rounds get; an answer to an earlier run of this member must not name one of them */
  constructor(private nextToken = 1) {}

  /** Those of a member's run. */
  static ofRun(incarnation: number): Reads {
    return new Reads(incarnation * roundsPerIncarnation);
  }

  /** A new linearizable read. */
  add(deadline: number, done: ReadCallback): Waiting {
    const reader = new Reader(deadline, done);
    this.arriving.push(reader);
    return reader;
  }

  addForRevision(revision: Revision, deadline: number, done: ReadCallback): Waiting {
    const reader = new Reader(deadline, done);
    this.forRevision.push({ revision, reader });
    return reader;
  }

  /** Token of the next round to ask Raft for; undefined when none is wanted or one is under way. */
  nextRound(): number | undefined {
    if (this.asked || this.arriving.length === 0) return undefined;
    this.asked = { token: this.nextToken++, readers: this.arriving };
    this.arriving = [];
    return this.asked.token;
  }

  /** Raft's answer to a round. A failed round is asked again with whoever has arrived meanwhile. */
  onReadState(token: number, at: Index, failed: boolean, applied: Index): void {
    const round = this.asked;
    if (round?.token !== token) return;
    this.asked = undefined;
    if (failed) this.arriving = round.readers.concat(this.arriving);
    else if (at <= applied) finishAll(round.readers);
    else this.confirmed.push({ index: at, readers: round.readers });
  }

  /** The machine has applied up to here. */
  onApplied(applied: Index, revision: Revision): void {
    if (this.confirmed.length > 0) {
      const ready = this.confirmed.filter((round) => round.index <= applied);
      if (ready.length > 0) {
        this.confirmed = this.confirmed.filter((round) => round.index > applied);
        for (const round of ready) finishAll(round.readers);
      }
    }
    if (this.forRevision.length > 0) {
      const ready = this.forRevision.filter((waiting) => waiting.revision <= revision);
      if (ready.length > 0) {
        this.forRevision = this.forRevision.filter((waiting) => waiting.revision > revision);
        for (const { reader } of ready) reader.finish(undefined);
      }
    }
  }

  expire(now: number): void {
    this.arriving = expired(this.arriving, now);
    if (this.asked) this.asked = { token: this.asked.token, readers: expired(this.asked.readers, now) };
    if (this.confirmed.length > 0) {
      for (const round of this.confirmed) for (const reader of round.readers) expireOne(reader, now);
      this.confirmed = this.confirmed.filter(({ readers }) => readers.some(({ done }) => done !== undefined));
    }
    if (this.forRevision.length > 0) {
      for (const { revision, reader } of this.forRevision)
        expireOne(reader, now, `this member has not reached revision ${revision} before the deadline`);
      this.forRevision = this.forRevision.filter(({ reader }) => reader.done !== undefined);
    }
  }

  failAll(error: QuorateError): void {
    const readers = [...this.arriving, ...(this.asked?.readers ?? [])];
    for (const round of this.confirmed) readers.push(...round.readers);
    for (const { reader } of this.forRevision) readers.push(reader);
    this.arriving = [];
    this.asked = undefined;
    this.confirmed = [];
    this.forRevision = [];
    for (const reader of readers) reader.finish(error);
  }
}

function finishAll(readers: readonly Reader[]): void {
  for (const reader of readers) reader.finish(undefined);
}

function expireOne(
  reader: Reader,
  now: number,
  why = 'no quorum of members confirmed the read before the deadline',
): void {
  if (reader.done !== undefined && reader.deadline <= now) reader.finish(new QuorateError('NO_QUORUM', why));
}

function expired(readers: Reader[], now: number): Reader[] {
  if (readers.length === 0) return readers;
  for (const reader of readers) expireOne(reader, now);
  return readers.filter((reader) => reader.done !== undefined);
}
