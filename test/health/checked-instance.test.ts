import { beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/health/check.js';
import { CheckedInstance } from '../../src/health/checked-instance.js';
import { Gate } from '../../src/health/gate.js';
import type { Verdict } from '../../src/health/tally.js';
import { FakeClock } from './fake-clock.js';
import { FakeProbe } from './fake-probe.js';

const check: Check = {
  kind: 'tcp',
  host: '127.0.0.1',
  port: 5_000,
  intervalMs: 1_000,
  timeoutMs: 400,
  rise: 2,
  fall: 3,
};

let clock: FakeClock;
let gate: Gate;
let probes: FakeProbe[];
/** What was told to the cluster. */
let told: string[];
/** The cluster answers nothing when this is set. */
let deaf: boolean;
let unable: number;

beforeEach(() => {
  clock = new FakeClock();
  gate = new Gate(10);
  probes = [];
  told = [];
  deaf = false;
  unable = 0;
});

function probe(i = 0): FakeProbe {
  const found = probes[i];
  if (!found) throw new Error(`there is no probe ${i}`);
  return found;
}

/** Begins to check an instance of which the cluster knows this; reports take effect at once. */
function begin(known: Verdict, checks: readonly Check[] = [check]): CheckedInstance {
  const instance = new CheckedInstance({
    checks,
    known,
    clock,
    gate,
    openProbe: () => {
      const made = new FakeProbe(clock);
      probes.push(made);
      return made;
    },
    report: (verdict, reason, done) => {
      told.push(`${clock.now()} ${verdict}${reason && `: ${reason}`}`);
      if (!deaf) instance.onKnown(verdict);
      done();
    },
    onUnable: () => unable++,
  });
  instance.start();
  return instance;
}

describe('an instance that is checked', () => {
  it('of which nothing is known is probed at once, and the first result decides', () => {
    begin('unknown');
    clock.advance(1);
    expect(told).toEqual(['1 passing']);
  });

  it('fails with the first result too', () => {
    begin('unknown');
    probe().state = 'down';
    clock.advance(1);
    expect(told).toEqual(['1 failing: tcp check on port 5000: connection refused']);
  });

  it('that passes and goes on passing is told to nobody', () => {
    begin('passing');
    clock.advance(60_000);
    expect(probe().begun.length).toBeGreaterThanOrEqual(59);
    expect(told).toEqual([]);
  });

  it('that stops answering fails within fall × interval + timeout', () => {
    for (const offset of [0, 250, 500, 750, 999]) {
      clock = new FakeClock();
      probes = [];
      told = [];
      begin('passing');
      clock.advance(5_000 + offset);
      probe().state = 'silent';
      clock.advance(20_000);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/failing: tcp check on port 5000: no answer within 400 ms$/);
      expect(Number.parseInt(told[0] ?? '', 10) - 5_000 - offset).toBeLessThanOrEqual(3 * 1_000 + 400);
    }
  });

  it('is probed an interval after the last begin, and never twice at once', () => {
    begin('passing', [{ ...check, timeoutMs: 3_000 }]);
    probe().state = 'silent';
    clock.advance(10_000);
    expect(probe().begun).toEqual([0, 3_000, 6_000, 9_000]);
    expect(probe().running).toBe(1);
  });

  it('is probed a little more often by chance, so that checks spread', () => {
    clock.chance = 0.5;
    begin('unknown');
    clock.advance(3_000);
    expect(probe().begun).toEqual([0, 950, 1_900, 2_850]);
  });

  it('that goes up and down with every probe changes nothing', () => {
    begin('passing');
    for (let i = 0; i < 50; i++) {
      probe().state = i % 2 === 0 ? 'down' : 'up';
      clock.advance(1_000);
    }
    expect(told).toEqual([]);
  });

  it('of several checks fails with one of them and passes with all', () => {
    begin('unknown', [check, { ...check, port: 5_001 }]);
    clock.advance(1);
    expect(told).toEqual(['1 passing']);
    probe(1).state = 'down';
    clock.advance(3_000);
    expect(told.slice(1)).toEqual(['3001 failing: tcp check on port 5001: connection refused']);
    probe(1).state = 'up';
    clock.advance(2_000);
    expect(told.slice(2)).toEqual(['5001 passing']);
  });

  it('is told again with the next result when the cluster did not hear it', () => {
    deaf = true;
    begin('unknown');
    clock.advance(2_001);
    deaf = false;
    clock.advance(5_000);
    expect(told).toEqual(['1 passing', '1001 passing', '2001 passing', '3001 passing']);
  });

  it('counts anew from what somebody else has found', () => {
    const instance = begin('passing');
    clock.advance(500);
    instance.onKnown('failing');
    clock.advance(1_000);
    expect(told).toEqual([]);
    clock.advance(1_000);
    expect(told).toEqual(['2001 passing']);
  });

  it('does not count anew when only something else of it changes', () => {
    const instance = begin('passing');
    probe().state = 'down';
    clock.advance(1_500);
    instance.onKnown('passing');
    clock.advance(1_000);
    expect(told).toEqual(['2001 failing: tcp check on port 5000: connection refused']);
  });

  it('is probed at once when it is registered anew', () => {
    const instance = begin('passing');
    clock.advance(500);
    instance.onKnown('unknown');
    clock.advance(1);
    expect(told).toEqual(['501 passing']);
  });

  it('is not judged by what this member could not do', () => {
    begin('passing');
    probe().state = 'unable';
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(unable).toBe(10);
  });

  it('is not judged by an answer that lies unread because this member stood still', () => {
    begin('passing', [{ ...check, fall: 1 }]);
    clock.advance(500);
    probe().answerMs = 5_050;
    clock.advance(500);
    expect(probe().begun).toEqual([0, 1_000]);
    expect(probe().running).toBe(1);
    clock.stall(4_980);
    probe().state = 'silent';
    clock.advance(70);
    expect(probe().begun).toEqual([0, 1_000, 6_050]);
    expect(told).toEqual([]);
    clock.stall(5_000);
    expect(told).toEqual([]);
    clock.advance(200);
    expect(told).toEqual(['11250 failing: tcp check on port 5000: no answer within 400 ms']);
  });

  it('leaves nothing behind when it is stopped, whatever it was doing', () => {
    for (const state of ['up', 'silent'] as const) {
      const instance = begin('unknown');
      const own = probes.at(-1);
      if (own) own.state = state;
      clock.advance(0);
      instance.stop();
      expect(own).toMatchObject({ running: 0, closed: 1 });
      expect(clock.waiting).toBe(0);
      expect(gate.busy).toBe(0);
    }
    const instance = begin('passing');
    clock.advance(500);
    instance.stop();
    expect(clock.waiting).toBe(0);
    expect(told).toEqual([]);
  });

  it('waits for its turn when too many are probed', () => {
    gate = new Gate(1);
    const first = begin('unknown');
    begin('unknown');
    probe(0).answerMs = 300;
    clock.advance(10);
    expect(probe(1).begun).toEqual([]);
    clock.advance(300);
    expect(probe(1).begun).toEqual([300]);
    first.stop();
  });
});
