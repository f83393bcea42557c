/** "Leases and registrations" of docs/guarantees.md: never early, and not late while the cluster is healthy. */
import type { Call, History, Sighting } from '../history.js';
import type { Finding } from './finding.js';

/** An owner that stops is gone between its TTL and so much later. */
const promisedLateMs = 3_000;
/** On its way to a watcher, on a machine that also runs the load. */
const tellingMs = 1_000;
/** The clock of the cluster counts whole milliseconds. */
const roundingMs = 5;

interface Granted {
  readonly id: string;
  readonly lease: string;
  readonly ttlMs: number;
  /** The lease was granted between these times. */
  readonly begin: number;
  readonly end: number;
  /** When its owner first asked to remove it. */
  readonly removed: number;
}

export function validateLeases(history: History, keptTtlMs: number): Finding {
  const violations: string[] = [];
  const checked = { leases: 0, sightings: history.sightings.length, ends: 0, lists: 0, kept: 0 };
  const granted = grantsOf(history.calls);
  checked.leases = granted.length;
  const sightings = new Map<string, Sighting[]>();
  for (const sighting of history.sightings) {
    const list = sightings.get(sighting.lease);
    if (list) list.push(sighting);
    else sightings.set(sighting.lease, [sighting]);
  }
  const over = history.calls.reduce((last, { end }) => Math.max(last, end), 0);
  const isHealthy = (from: number, to: number) =>
    to <= over && history.faults.every(({ begin, end }) => end < from || begin > to);
  for (const grant of granted) {
    const { id, lease, ttlMs, begin, end, removed } = grant;
    const seen = sightings.get(lease) ?? [];
    for (const { watcher, at, kind } of seen) {
      if (kind === 'gone' && at < begin + ttlMs - roundingMs && removed > at)
        violations.push(
          `${id} was gone ${ms(at - begin)} after it was registered for ${ms(ttlMs)}, says watch ${watcher}`,
        );
    }
    const latest = end + ttlMs + promisedLateMs + tellingMs;
    if (removed !== Number.POSITIVE_INFINITY || !isHealthy(begin, latest)) continue;
    const came = new Set(seen.filter(({ kind }) => kind === 'there').map(({ watcher }) => watcher));
    for (const watcher of came) {
      checked.ends++;
      const gone = seen.find((sighting) => sighting.watcher === watcher && sighting.kind === 'gone');
      if (!gone || gone.at > latest)
        violations.push(
          `${id}, registered for ${ms(ttlMs)} and forgotten, was ${gone ? `gone after ${ms(gone.at - end)}` : 'never gone'} on a healthy cluster, says watch ${watcher}`,
        );
    }
  }
  checked.lists = checkLists(history.calls, granted, violations);
  for (const { id, at, state } of history.kept) {
    checked.kept++;
    if (state === 'lost' && isHealthy(at - keptTtlMs - tellingMs, at))
      violations.push(`the registration ${id} was kept alive and lost its lease on a healthy cluster`);
  }
  return { violations, checked };
}

function grantsOf(calls: readonly Call[]): Granted[] {
  const removed = new Map<string, number>();
  for (const { request, begin } of calls) if (request.kind === 'deregister') removed.set(request.id, begin);
  return calls.flatMap(({ request, outcome, answer, begin, end }) => {
    const lease = answer?.lease;
    if (request.kind !== 'register' || outcome !== 'ok' || lease === undefined) return [];
    const { id, ttlMs } = request;
    return [{ id, lease, ttlMs, begin, end, removed: removed.get(id) ?? Number.POSITIVE_INFINITY }];
  });
}

/** An instance whose lease cannot have ended is in every list that was asked for after it was registered. */
function checkLists(calls: readonly Call[], granted: readonly Granted[], violations: string[]): number {
  let checked = 0;
  for (const { request, outcome, answer, begin, end, caller } of calls) {
    if (request.kind !== 'instances' || outcome !== 'ok') continue;
    const ids = new Set(answer?.ids);
    for (const grant of granted) {
      if (grant.end >= begin || end >= grant.begin + grant.ttlMs - roundingMs || grant.removed <= end) continue;
      checked++;
      if (!ids.has(grant.id))
        violations.push(`${grant.id} was registered and is not in a list that ${caller} asked for later`);
    }
  }
  return checked;
}

function ms(time: number): string {
  return `${Math.round(time)} ms`;
}
