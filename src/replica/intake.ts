/**
 * The leader's queue of commands that wait for a place in the log. It lets each origin's sequence pass once and without gaps, as the machine will: so a
 * member that sends everything again after an election does not fill the log with repeats.
 */
import type { MemberId } from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { EncodedRun } from './batch-codec.js';

interface Origin {
  incarnation: number;
  lastSequence: number;
}

export class Intake {
  private runs: EncodedRun[] = [];
  private readonly origins = new Map<MemberId, Origin>();

  get isEmpty(): boolean {
    return this.runs.length === 0;
  }

  /** A new leadership begins: nothing is queued and nothing is known of the origins. */
  reset(): void {
    this.runs = [];
    this.origins.clear();
  }

  /** What the machine or an entry of the log already holds of an origin. */
  note(member: MemberId, incarnation: number, lastSequence: number): void {
    const known = this.origins.get(member);
    if (!known || incarnation > known.incarnation) this.origins.set(member, { incarnation, lastSequence });
    else if (incarnation === known.incarnation && lastSequence > known.lastSequence) known.lastSequence = lastSequence;
  }

  /** Queues what is new of a run; a run of an older incarnation, or one with a gap before it, is dropped and will be sent again. */
  add(run: EncodedRun): void {
    let known = this.origins.get(run.member);
    if (!known || run.incarnation > known.incarnation) {
      known = { incarnation: run.incarnation, lastSequence: 0 };
      this.origins.set(run.member, known);
    }
    if (run.incarnation < known.incarnation || run.firstSequence > known.lastSequence + 1) return;
    const repeated = known.lastSequence + 1 - run.firstSequence;
    if (repeated >= run.commands.length) return;
    known.lastSequence = run.firstSequence + run.commands.length - 1;
    this.runs.push(
      repeated === 0
        ? run
        : { ...run, firstSequence: run.firstSequence + repeated, commands: run.commands.slice(repeated) },
    );
  }

  /** Takes everything out, cut into groups that each make one entry of about `limits.entryBytes`. */
  take(): EncodedRun[][] {
    const groups: EncodedRun[][] = [];
    let group: EncodedRun[] = [];
    let bytes = 0;
    for (const run of this.runs) {
      let from = 0;
      for (let i = 0; i < run.commands.length; i++) {
        bytes += (run.commands[i] as Uint8Array).length + 4;
        if (bytes < limits.entryBytes) continue;
        group.push(part(run, from, i + 1));
        groups.push(group);
        group = [];
        bytes = 0;
        from = i + 1;
      }
      if (from < run.commands.length) group.push(part(run, from, run.commands.length));
    }
    if (group.length > 0) groups.push(group);
    this.runs = [];
    return groups;
  }
}

function part(run: EncodedRun, from: number, to: number): EncodedRun {
  if (from === 0 && to === run.commands.length) return run;
  return { ...run, firstSequence: run.firstSequence + from, commands: run.commands.slice(from, to) };
}
