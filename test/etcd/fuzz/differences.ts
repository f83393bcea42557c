/** The differences from etcd that docs/etcd-compatibility.md lists, as far as the fuzzer meets them. */
import type { Canonical } from './canonical.js';
import type { Step } from './steps.js';
import type { TestEvent, WatchRecord } from './watches.js';

/** Seconds by which the rest of a TTL may differ: two clocks, and rounding. */
const ttlTolerance = 3;

interface KnownDifference {
  readonly reason: string;
  readonly applies: (step: Step, path: string, a: Canonical, b: Canonical) => boolean;
}

const known: readonly KnownDifference[] = [
  {
    reason: 'the rest of a TTL is a time',
    applies: (step, path, a, b) =>
      step.kind === 'timeToLive' && path === '/TTL' && Math.abs(ttlOf(a) - ttlOf(b)) <= ttlTolerance,
  },
];

/** Whether two answers may differ at this place. */
export function allowed(step: Step, path: string, a: Canonical, b: Canonical): boolean {
  return known.some(({ applies }) => applies(step, path, a, b));
}

/**
 * The events of a watch that can be compared. One that starts at the compacted revision itself: etcd has forgotten what was deleted there and
 * drops it without a word (its issue 19179); ours tells it.
 */
export function withoutAllowed(record: Pick<WatchRecord, 'start' | 'compacted' | 'events'>): readonly TestEvent[] {
  if (record.start !== record.compacted) return record.events;
  return record.events.filter(({ revision, isDelete }) => !(isDelete && revision === record.compacted));
}

function ttlOf(answer: Canonical): number {
  return typeof answer === 'object' && 'TTL' in answer ? Number(answer.TTL) : 0;
}
