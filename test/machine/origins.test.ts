/** Design §5: each sequence of an origin is applied once and in order, so a member may send again what it is not sure about. */
import { expect, test } from 'vitest';
import { clusterTime, index, type MemberId, term } from '../../src/base/ids.js';
import { Driver } from './driver.js';
import { put } from './words.js';

const ORIGIN = 5 as MemberId;

class Sender {
  private readonly driver = new Driver();

  /** Sends requests with these sequences; gives the sequences that were applied. */
  send(incarnation: number, firstSequence: number, count: number): number[] {
    const requests = Array.from({ length: count }, () => ({ command: put('a', '1'), requestId: '' }));
    const { machine } = this.driver;
    const run = { member: ORIGIN, incarnation, firstSequence, requests };
    const batch = {
      index: index(machine.appliedIndex + 1),
      term: term(1),
      clock: clusterTime(0),
      wallMs: 0,
      runs: [run],
    };
    const { outcomes } = machine.apply(batch, (member, started) => member === ORIGIN && started === incarnation);
    return outcomes.map(({ sequence }) => sequence);
  }

  get state() {
    return this.driver.machine.originState(ORIGIN);
  }
  get revision() {
    return this.driver.machine.revision;
  }
}

test('sequences go on from run to run', () => {
  const sender = new Sender();
  expect(sender.state).toBeUndefined();
  expect(sender.send(1, 1, 2)).toEqual([1, 2]);
  expect(sender.send(1, 3, 1)).toEqual([3]);
  expect(sender.state).toEqual({ incarnation: 1, lastSequence: 3 });
});

test('repeats are passed over, what is new in the same run is applied', () => {
  const sender = new Sender();
  sender.send(1, 1, 3);
  expect(sender.send(1, 1, 3)).toEqual([]);
  expect(sender.send(1, 2, 4)).toEqual([4, 5]);
  expect(sender.revision).toBe(6);
});

test('a run after a gap is not applied', () => {
  const sender = new Sender();
  sender.send(1, 1, 1);
  expect(sender.send(1, 3, 1)).toEqual([]);
  expect(sender.state).toEqual({ incarnation: 1, lastSequence: 1 });
  expect(sender.send(1, 2, 2)).toEqual([2, 3]);
});

test('a newer incarnation begins at 1; an older one is over', () => {
  const sender = new Sender();
  sender.send(3, 1, 2);
  expect(sender.send(4, 2, 1), 'its first is missing').toEqual([]);
  expect(sender.send(3, 3, 1), 'the old one still lives').toEqual([3]);
  expect(sender.send(4, 1, 1)).toEqual([1]);
  expect(sender.send(3, 4, 1)).toEqual([]);
  expect(sender.state).toEqual({ incarnation: 4, lastSequence: 1 });
});

test('an origin that is new to the cluster begins at 1 too', () => {
  const sender = new Sender();
  expect(sender.send(1, 2, 1)).toEqual([]);
  expect(sender.state).toBeUndefined();
});
