import { describe, expect, it } from 'vitest';
import type { Revision } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import type { Outcome } from '../../src/machine/types.js';
import { Outbox } from '../../src/replica/outbox.js';

const outcome: Outcome = { result: { kind: 'leaseRevoke' }, revision: 2 as Revision };
const bytes = (text: string) => Buffer.from(text);

describe('Outbox', () => {
  it('hands out each command once, numbered from 1', () => {
    const outbox = new Outbox();
    for (const text of ['a', 'b']) outbox.add(bytes(text), 100, () => {});
    expect(outbox.take(0)).toEqual({ firstSequence: 1, commands: [bytes('a'), bytes('b')] });
    expect(outbox.take(0)).toBeUndefined();
    outbox.add(bytes('c'), 100, () => {});
    expect(outbox.take(0)).toEqual({ firstSequence: 3, commands: [bytes('c')] });
  });

  it('sends all that is not applied again, in order, after a change of leader', () => {
    const outbox = new Outbox();
    for (const text of ['a', 'b', 'c']) outbox.add(bytes(text), 100, () => {});
    outbox.take(0);
    outbox.settle(1, outcome);
    outbox.sendAgain();
    expect(outbox.take(0)).toEqual({ firstSequence: 2, commands: [bytes('b'), bytes('c')] });
  });

  it('has only so many bytes on their way at once, or they would crowd out the messages of Raft', () => {
    const outbox = new Outbox();
    const half = Buffer.alloc(limits.forwardBytes / 2);
    for (let i = 0; i < 4; i++) outbox.add(half, 100, () => {});
    const taken = () => {
      const sequences: number[] = [];
      for (let run = outbox.take(0); run; run = outbox.take(0)) sequences.push(run.firstSequence);
      return sequences;
    };
    expect([taken(), outbox.hasUnsent]).toEqual([[1, 2], true]);
    outbox.settle(1, outcome);
    expect(taken()).toEqual([3]);
    outbox.sendAgain();
    outbox.settle(2, outcome);
    expect(taken()).toEqual([3, 4]);
  });

  it('is overdue when nothing is applied for a while, however much is sent meanwhile', () => {
    const outbox = new Outbox();
    const send = (now: number) => {
      outbox.add(bytes('x'), 1_000, () => {});
      outbox.take(now);
    };
    expect(outbox.isOverdue(1_000, 100)).toBe(false);
    send(1_000);
    send(1_090);
    expect([outbox.isOverdue(1_100, 100), outbox.isOverdue(1_101, 100)]).toEqual([false, true]);
    outbox.settle(1, outcome);
    expect([outbox.isOverdue(1_110, 100), outbox.isOverdue(1_210, 100)]).toEqual([false, false]);
    expect(outbox.isOverdue(1_211, 100)).toBe(true);
    outbox.sendAgain();
    expect(outbox.isOverdue(1_300, 100)).toBe(false);
    outbox.take(1_300);
    expect([outbox.isOverdue(1_400, 100), outbox.isOverdue(1_401, 100)]).toEqual([false, true]);
  });

  it('answers a caller once and forgets one that cancelled', () => {
    const outbox = new Outbox();
    const answers: string[] = [];
    outbox.add(bytes('a'), 100, () => answers.push('a'));
    outbox.add(bytes('b'), 100, () => answers.push('b')).cancel();
    outbox.settle(1, outcome);
    outbox.settle(2, outcome);
    expect(answers).toEqual(['a']);
    expect(outbox.size).toBe(0);
  });

  it('makes a command void once its caller was told NO_QUORUM, and keeps its place in the sequence', () => {
    const outbox = new Outbox();
    let reason: string | undefined;
    outbox.add(bytes('late'), 100, (error) => {
      reason = error?.reason;
    });
    outbox.add(bytes('b'), 1_000, () => {});
    outbox.take(0);
    outbox.expire(100);
    expect(reason).toBe('NO_QUORUM');
    outbox.sendAgain();
    expect(outbox.take(0)).toEqual({ firstSequence: 1, commands: [bytes(''), bytes('b')] });
  });

  it('forgets commands that no leader was ever given once their callers are gone, so that a long time without one does not fill it', () => {
    const outbox = new Outbox();
    const reasons: (string | undefined)[] = [];
    outbox.add(bytes('sent'), 100, () => {});
    outbox.take(0);
    for (let i = 1; i < limits.pendingCommands; i++)
      outbox.add(bytes('x'), 100, (error) => reasons.push(error?.reason));
    outbox.expire(100);
    expect(new Set(reasons)).toEqual(new Set(['NO_QUORUM']));
    expect(outbox.size).toBe(1);
    const answers: number[] = [];
    for (const text of ['a', 'b']) outbox.add(bytes(text), 1_000, () => answers.push(answers.length));
    expect(outbox.take(100)).toEqual({ firstSequence: 2, commands: [bytes('a'), bytes('b')] });
    for (const sequence of [1, 2, 3]) outbox.settle(sequence, outcome);
    expect(answers).toEqual([0, 1]);
  });

  it('makes a command void when its caller cancels', () => {
    const outbox = new Outbox();
    outbox.add(bytes('unwanted'), 100, () => {}).cancel();
    expect(outbox.take(0)).toEqual({ firstSequence: 1, commands: [bytes('')] });
  });

  it('refuses with OVERLOADED beyond its limit and goes on when there is room', () => {
    const outbox = new Outbox();
    const big = Buffer.alloc(limits.pendingBytes / 2);
    const reasons: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) outbox.add(big, 100, (error) => reasons.push(error?.reason));
    expect(reasons).toEqual(['OVERLOADED']);
    outbox.settle(1, outcome);
    outbox.add(big, 100, (error) => reasons.push(error?.reason));
    expect(reasons).toEqual(['OVERLOADED', undefined]);
  });

  it('counts the bytes of a command once, also when its caller cancels after the answer', () => {
    const outbox = new Outbox();
    const big = Buffer.alloc(limits.pendingBytes);
    const waiting = outbox.add(big, 100, () => {});
    outbox.take(0);
    outbox.settle(1, outcome);
    waiting.cancel();
    const reasons: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) outbox.add(big, 100, (error) => reasons.push(error?.reason));
    expect(reasons).toEqual(['OVERLOADED']);
  });

  it('tells callers whose commands an installed image contains that their outcome is unknown', () => {
    const outbox = new Outbox();
    const reasons: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) outbox.add(bytes('x'), 100, (error) => reasons.push(error?.reason));
    outbox.settleUnknown(2);
    expect(reasons).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    expect(outbox.take(0)?.firstSequence).toBe(3);
  });

  it('keeps its numbering over thousands of settled commands', () => {
    const outbox = new Outbox();
    for (let i = 1; i <= 5_000; i++) {
      outbox.add(bytes(String(i)), 100, () => {});
      if (i > 10) outbox.settle(i - 10, outcome);
    }
    outbox.sendAgain();
    expect(outbox.take(0)?.commands[0]).toEqual(bytes('4991'));
  });
});
