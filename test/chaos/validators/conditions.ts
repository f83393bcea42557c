/**
 * Publications under conditions, which concern several documents at once: one that was made found all of its conditions met at the revision before it, and
 * one that was refused found one of them unmet at some revision at which it may have been tried.
 */
import type { Call, Precondition } from '../history.js';
import type { Timeline } from './timeline.js';

/** Returns how many publications with conditions were checked. */
export function checkConditions(calls: readonly Call[], timeline: Timeline, violations: string[]): number {
  const revisionsAround = acknowledgedAround(calls);
  let checked = 0;
  for (const call of calls) {
    const { request, outcome, reason, answer, caller } = call;
    if (request.kind !== 'publish') continue;
    const conditions: Precondition[] = [...(request.preconditions ?? [])];
    for (const { key, ifVersion } of request.changes)
      if (ifVersion !== undefined) conditions.push({ key, version: ifVersion });
    const unmetAt = (revision: number) =>
      conditions.find(({ key, version }) => timeline.currentVersion(key, revision) !== version);
    if (outcome === 'ok' && answer?.revision !== undefined) {
      if (conditions.length > 0) checked++;
      const unmet = unmetAt(answer.revision - 1);
      if (unmet)
        violations.push(
          `revision ${answer.revision} was published by ${caller} on the condition that ${unmet.key} has version ${unmet.version}, but it had ${timeline.currentVersion(unmet.key, answer.revision - 1)}`,
        );
    } else if (outcome === 'refused' && reason === 'VERSION_MISMATCH') {
      checked++;
      const [from, to] = revisionsAround(call);
      const tried = [from, ...timeline.between(from, to).map(({ revision }) => revision)];
      if (tried.every((revision) => unmetAt(revision) === undefined))
        violations.push(
          `a publication of ${caller} was refused although its conditions held from revision ${from} to ${to}: ${JSON.stringify(conditions)}`,
        );
    }
  }
  return checked;
}

/** The highest revision acknowledged before a call began, and the lowest of those that were begun after it ended. */
function acknowledgedAround(calls: readonly Call[]): (call: Call) => readonly [number, number] {
  const writes = calls.flatMap(({ request, outcome, answer, begin, end }) =>
    outcome === 'ok' && request.kind !== 'get' && request.kind !== 'list' && answer?.revision !== undefined
      ? [{ begin, end, revision: answer.revision }]
      : [],
  );
  return ({ begin, end }) => {
    let [from, to] = [0, Number.POSITIVE_INFINITY];
    for (const write of writes) {
      if (write.end < begin) from = Math.max(from, write.revision);
      if (write.begin > end) to = Math.min(to, write.revision - 1);
    }
    return [from, to];
  };
}
