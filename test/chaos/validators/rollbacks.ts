/** A rollback publishes what an older version has, or is refused because there is no such version. */
import type { Call } from '../history.js';
import { nameOf, type Timeline } from './timeline.js';

/** Returns how many there were to check. */
export function checkRollbacks(calls: readonly Call[], timeline: Timeline, violations: string[]): number {
  const acknowledged = acknowledgedAt(calls);
  let checked = 0;
  for (const { request, outcome, reason, caller, begin } of calls) {
    if (request.kind !== 'rollback') continue;
    checked++;
    const { key, toVersion, mark } = request;
    const target = timeline.version(key, toVersion);
    for (const made of timeline.ofSign.get(mark) ?? [])
      if (!target || target.deleted || target.value !== made.value || target.version >= made.version)
        violations.push(
          `${caller} rolled ${key} back to version ${toVersion} and made ${nameOf(made)} of ${target ? nameOf(target) : 'nothing'}`,
        );
    if (outcome !== 'refused' || reason !== 'VERSION_NOT_FOUND' || !target || target.deleted) continue;
    if ((acknowledged.get(`${key} ${toVersion}`) ?? Number.POSITIVE_INFINITY) < begin)
      violations.push(`${caller} was told that there is no ${nameOf(target)}`);
  }
  return checked;
}

/** When each version was acknowledged to its writer. */
function acknowledgedAt(calls: readonly Call[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { request, outcome, answer, end } of calls) {
    if (outcome !== 'ok') continue;
    const keys =
      request.kind === 'publish'
        ? request.changes.map(({ key }) => key)
        : request.kind === 'put' || request.kind === 'rollback'
          ? [request.key]
          : [];
    keys.forEach((key, i) => {
      times.set(`${key} ${answer?.versions?.[i]}`, end);
    });
  }
  return times;
}
