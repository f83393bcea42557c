import { describe, expect, it } from 'vitest';
import { Progress, Window } from '../../src/raft/progress.js';
import { at } from './harness.js';

const make = (next = 5): Progress => new Progress(at(next), 0, 3, 100);

describe('progress', () => {
  it('probes with one append at a time and repeats it until it is answered', () => {
    const progress = make();
    expect([progress.state, progress.ready]).toEqual(['probe', true]);
    progress.sent(at(7), 3, 30, at(0));
    expect([progress.ready, progress.next]).toEqual([false, 5]);
    progress.paused = false;
    expect([progress.ready, progress.next]).toEqual([true, 5]);
  });

  it('replicates optimistically until the window is full, by appends or by bytes', () => {
    const progress = make();
    progress.acknowledged(at(4));
    progress.becomeReplicate();
    progress.sent(at(6), 2, 10, at(0));
    progress.sent(at(7), 1, 10, at(0));
    expect([progress.next, progress.ready]).toEqual([8, true]);
    progress.sent(at(8), 1, 10, at(0));
    expect(progress.ready).toBe(false);
    expect(progress.acknowledged(at(6))).toBe(true);
    expect([progress.ready, progress.window.count, progress.match]).toEqual([true, 2, 6]);
    progress.sent(at(9), 1, 90, at(0));
    expect([progress.ready, progress.window.bytes]).toEqual([false, 110]);
    progress.acknowledged(at(9));
    expect([progress.window.count, progress.window.bytes]).toEqual([0, 0]);
  });

  it('an append without entries does not use the window', () => {
    const progress = make();
    progress.becomeReplicate();
    for (let count = 0; count < 10; count++) progress.sent(at(0), 0, 0, at(3));
    expect([progress.window.count, progress.sentCommit]).toEqual([0, 3]);
  });

  it('takes late and repeated acknowledgements as no news', () => {
    const progress = make();
    expect(progress.acknowledged(at(9))).toBe(true);
    expect(progress.acknowledged(at(9))).toBe(false);
    expect(progress.acknowledged(at(3))).toBe(false);
    expect([progress.match, progress.next]).toEqual([9, 10]);
  });

  it('never probes at or below what is known to match', () => {
    const progress = make();
    progress.acknowledged(at(9));
    progress.becomeProbe(at(2));
    expect(progress.next).toBe(10);
  });

  it('sends nothing while an image is on its way or entries are being loaded', () => {
    const progress = make();
    progress.becomeSnapshot();
    expect(progress.ready).toBe(false);
    progress.becomeProbe(at(20));
    expect([progress.ready, progress.next]).toEqual([true, 20]);
    progress.loading = { for: 'apply', first: at(1), last: at(2), maxBytes: 1 };
    expect(progress.ready).toBe(false);
  });

  it('relies on nothing that an earlier connection said', () => {
    const progress = make();
    progress.acknowledged(at(9));
    progress.becomeReplicate();
    progress.sent(at(12), 3, 10, at(0));
    progress.forget();
    expect([progress.state, progress.match, progress.next, progress.window.count]).toEqual(['probe', 0, 10, 0]);
  });

  it('the window goes round', () => {
    const window = new Window(2, 1000);
    for (let last = 1; last < 20; last++) {
      window.add(at(last), last);
      window.add(at(last), 1);
      expect(window.full).toBe(true);
      window.freeTo(at(last));
      expect([window.count, window.bytes]).toEqual([0, 0]);
    }
  });
});
