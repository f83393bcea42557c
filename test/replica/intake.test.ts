import { describe, expect, it } from 'vitest';
import type { MemberId } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { Intake } from '../../src/replica/intake.js';

const member = 1 as MemberId;
const run = (incarnation: number, firstSequence: number, ...texts: string[]) => ({
  member,
  incarnation,
  firstSequence,
  commands: texts.map((text) => Buffer.from(text)),
});
const texts = (intake: Intake) =>
  intake.take().flatMap((group) => group.flatMap(({ commands }) => commands.map((command) => command.toString())));

describe('Intake', () => {
  it('lets each sequence pass once', () => {
    const intake = new Intake();
    intake.add(run(1, 1, 'a', 'b'));
    intake.add(run(1, 1, 'a', 'b', 'c'));
    expect(texts(intake)).toEqual(['a', 'b', 'c']);
    intake.add(run(1, 2, 'b', 'c'));
    expect(intake.isEmpty).toBe(true);
  });

  it('drops a run with a gap before it, so that the machine never sees one', () => {
    const intake = new Intake();
    intake.add(run(1, 2, 'b'));
    expect(intake.isEmpty).toBe(true);
    intake.note(member, 1, 1);
    intake.add(run(1, 2, 'b'));
    expect(texts(intake)).toEqual(['b']);
  });

  it('drops an older incarnation and begins anew with a newer one', () => {
    const intake = new Intake();
    intake.note(member, 5, 100);
    intake.add(run(4, 101, 'old'));
    intake.add(run(6, 1, 'new'));
    intake.add(run(5, 101, 'old'));
    expect(texts(intake)).toEqual(['new']);
  });

  it('knows after an election what log and machine hold', () => {
    const intake = new Intake();
    intake.add(run(1, 1, 'a'));
    intake.reset();
    intake.note(member, 1, 7);
    intake.note(member, 1, 5);
    intake.add(run(1, 6, 'f', 'g', 'h'));
    expect(texts(intake)).toEqual(['h']);
  });

  it('cuts what waits into entries of bounded size with the right sequences', () => {
    const intake = new Intake();
    const big = Buffer.alloc(limits.entryBytes / 2);
    intake.add({ member, incarnation: 1, firstSequence: 1, commands: [big, big, big, big, big] });
    const groups = intake.take();
    expect(groups.map((group) => group.map((part) => [part.firstSequence, part.commands.length]))).toEqual([
      [[1, 2]],
      [[3, 2]],
      [[5, 1]],
    ]);
  });
});
