/** The differences from etcd that docs/etcd-compatibility.md lists, as far as the fuzzer meets them. */
import type { WatchRequestIn } from '../../../src/proto/etcd.js';
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
  if (step.kind !== 'watch') return false;
  if (step.request.progress_request) return hasFuture(step.stream, target);
  return meetsCompacted(step.stream, step.request, target);
}

/**
 * A watch that etcd cancels because its start is compacted lives on in its stream: it is cancelled a second time when asked, and its id cannot be
 * chosen again. Ours is gone.
 */
function meetsCompacted(stream: number, { create_request, cancel_request }: WatchRequestIn, target: Target): boolean {
  const id = String(create_request?.watch_id ?? cancel_request?.watch_id ?? 0);
  if (create_request && id === '0') return false;
  return target.streams.get(stream)?.wasCompacted(id) ?? false;
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
