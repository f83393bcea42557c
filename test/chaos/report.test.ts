import { expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { processFaults } from './faults/processes.js';
import { plan } from './faults/schedule.js';
import { longestGap, reportOf } from './report.js';
import { sampleHistory } from './validators/sample.js';

it('a window of unavailability lies between two acknowledgements, or ends with the next fault', () => {
  expect(longestGap([10, 20, 90, 100], { begin: 25 }, 200)).toBe(65);
  expect(longestGap([10, 20, 90, 300], { begin: 25 }, 200)).toBe(110);
  expect(longestGap([10, 20], { begin: 5 }, 200)).toBe(10);
});

it('a report counts calls by kind and outcome, and faults by kind', () => {
  const lines = reportOf(sampleHistory()).join('\n');
  expect(lines).toMatch(/put +1 ok, 1 unknown NO_QUORUM, 1 refused VERSION_MISMATCH, 1 unknown UNREACHABLE/);
  expect(lines).toMatch(/kill +1 /);
  expect(lines).toMatch(/documents +7 changes, 1 of them conflated, 1 of progress, 1 resyncs, by 3 watches/);
  expect(lines).toMatch(/1 added, .*\n +0 removed/);
});

it('a seed decides the schedule, and every fault comes once before one comes again', () => {
  const kindsOf = (seed: number) => {
    const faults = plan(seededRandom(seed), processFaults);
    return Array.from({ length: 50 }, () => faults.next().value);
  };
  expect(kindsOf(7)).toEqual(kindsOf(7));
  expect(kindsOf(7)).not.toEqual(kindsOf(8));
  expect(
    new Set(
      kindsOf(7)
        .slice(0, processFaults.length)
        .map(({ fault }) => fault.kind),
    ).size,
  ).toBe(processFaults.length);
});
