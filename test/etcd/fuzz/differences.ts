/** The differences from etcd that docs/etcd-compatibility.md lists, as far as the fuzzer meets them. */
import type { Canonical } from './canonical.js';
import { overlooksDuplicates } from './overlooked.js';
import type { Step } from './steps.js';
import type { Target } from './target.js';
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
  {
    reason:
      'requests over 2 MiB: refused by the gRPC library of etcd with its own words; ours measures only what a write would replicate',
    applies: (_step, _path, a) => tooLargeForGrpc.test(textOf(a)),
  },
];

/** Refused by gRPC itself, before etcd sees it: over 2 MiB. */
const tooLargeForGrpc = /^grpc: received message larger than max/;

/** Whether two answers may differ at this place. */
export function allowed(step: Step, path: string, a: Canonical, b: Canonical): boolean {
  return known.some(({ applies }) => applies(step, path, a, b));
}

/** Whether a step is left out, since it shows nothing but a known difference. */
export function avoided(step: Step, target: Target): boolean {
  if (step.kind === 'txn') return overlooksDuplicates(step.request);
  return step.kind === 'watch' && !!step.request.progress_request && hasFuture(step.stream, target);
}

/**
 * While a watch of the stream begins at a revision that is not there yet, nothing that progress could say is true: ours answers no request for it, as
 * later releases of etcd (its issue 20221).
 */
function hasFuture(stream: number, target: Target): boolean {
  const records = target.streams.get(stream)?.records ?? [];
  return records.some(({ refused, canceled, start }) => !refused && canceled === undefined && start > target.revision);
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

function textOf(answer: Canonical): string {
  return typeof answer === 'object' && 'text' in answer ? String(answer.text) : '';
}
