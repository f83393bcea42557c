/** "Writes" of docs/guarantees.md: durable once acknowledged, applied at most once, atomic, in one order that respects time. */
import type { Call, Change, History, Version } from '../history.js';
import { checkConditions } from './conditions.js';
import { checkDocuments } from './document-histories.js';
import type { Finding } from './finding.js';
import { checkRollbacks } from './rollbacks.js';
import { nameOf, signOf, Timeline } from './timeline.js';

export function validateWrites(history: History): Finding {
  const timeline = new Timeline(history.versions);
  const finding = checkDocuments(history, timeline, false);
  const { violations, checked } = finding;
  checkVersions(timeline, violations);
  const writes = history.calls.flatMap((call): Write[] => {
    const { request } = call;
    if (request.kind === 'put' || request.kind === 'delete') return [{ call, changes: [request] }];
    // To be recognized by its mark; its value is looked at apart.
    if (request.kind === 'rollback') return [{ call, changes: [{ ...request, value: request.mark }] }];
    return request.kind === 'publish' ? [{ call, changes: request.changes }] : [];
  });
  checked.writes = writes.length;
  checked.acknowledged = writes.filter(({ call }) => call.outcome === 'ok').length;
  checkAcknowledged(writes, timeline, violations);
  checkOrigins(writes, timeline, violations);
  checkAtomic(writes, timeline, violations);
  checked.rollbacks = checkRollbacks(history.calls, timeline, violations);
  checked.conditions = checkConditions(history.calls, timeline, violations);
  checkOrder(history.calls, violations);
  return finding;
}

interface Write {
  readonly call: Call;
  readonly changes: readonly Change[];
}

/** Versions of a document count from one without a gap, their revisions grow. */
function checkVersions(timeline: Timeline, violations: string[]): void {
  for (const versions of timeline.ofKey.values()) {
    versions.forEach((version, i) => {
      if (version.version !== i + 1) violations.push(`${nameOf(version)} is number ${i + 1} in the order of revisions`);
      if (version.revision === versions[i - 1]?.revision)
        violations.push(`${nameOf(version)} shares its revision with the one before`);
    });
  }
}

/** What was acknowledged is there, as it was acknowledged. */
function checkAcknowledged(writes: readonly Write[], timeline: Timeline, violations: string[]): void {
  for (const { call, changes } of writes) {
    if (call.outcome !== 'ok') continue;
    changes.forEach(({ key, value }, i) => {
      const version = call.answer?.versions?.[i] ?? 0;
      const found = timeline.version(key, version);
      const told = `${key} version ${version} (${value ?? 'deleted'}, revision ${call.answer?.revision})`;
      if (!found) violations.push(`${told} was acknowledged to ${call.caller} and is lost`);
      else if (
        found.revision !== call.answer?.revision ||
        found.deleted !== (value === undefined) ||
        (value !== undefined && value !== signOf(found))
      )
        violations.push(`${told} was acknowledged to ${call.caller}, but there is ${nameOf(found)}`);
    });
  }
}

/** Every version comes from one call that may have made it, and no call made two of one document. */
function checkOrigins(writes: readonly Write[], timeline: Timeline, violations: string[]): void {
  const called = new Set<string>();
  const refused = new Set<string>();
  const deletions = new Map<string, number>();
  for (const { call, changes } of writes) {
    for (const { key, value } of changes) {
      if (value === undefined) {
        if (call.outcome !== 'refused') deletions.set(key, (deletions.get(key) ?? 0) + 1);
      } else (call.outcome === 'refused' ? refused : called).add(`${key} ${value}`);
    }
  }
  for (const [value, versions] of timeline.ofSign) {
    if (versions.length > 1) violations.push(`applied more than once: ${versions.map(nameOf).join(', ')}`);
    for (const version of versions) {
      const origin = `${version.key} ${value}`;
      if (refused.has(origin)) violations.push(`${nameOf(version)} is there although the call was refused`);
      else if (!called.has(origin)) violations.push(`${nameOf(version)} was never written by anybody`);
    }
  }
  for (const [key, versions] of timeline.ofKey) {
    const deleted = versions.filter((version) => version.deleted).length;
    const most = deletions.get(key) ?? 0;
    if (deleted > most) violations.push(`${key} was deleted ${deleted} times by ${most} calls`);
  }
}

/** All changes of a publication have one revision or none is there; a revision has the changes of one call. */
function checkAtomic(writes: readonly Write[], timeline: Timeline, violations: string[]): void {
  const makers = new Map<string, Write>();
  for (const write of writes) {
    const { call, changes } = write;
    for (const { value } of changes) if (value !== undefined) makers.set(value, write);
    if (call.request.kind !== 'publish') continue;
    const signed = changes.map(({ key, value }) =>
      value === undefined ? undefined : timeline.ofSign.get(value)?.find((version) => version.key === key),
    );
    const revision = signed.find((version) => version !== undefined)?.revision;
    const made = changes.map(({ key, value }, i) =>
      value === undefined
        ? timeline.ofRevision.get(revision ?? 0)?.find((version) => version.key === key && version.deleted)
        : signed[i],
    );
    if (revision !== undefined && made.some((version) => version?.revision !== revision))
      violations.push(
        `a publication of ${call.caller} is torn: ${made.map((version) => (version ? nameOf(version) : 'nothing')).join(', ')}`,
      );
  }
  for (const { revision, versions } of timeline.revisions) {
    if (versions.length === 1) continue;
    const signed = versions.find(({ deleted }) => !deleted);
    const maker = signed && makers.get(signOf(signed));
    const isOfMaker = (version: Version) =>
      version.deleted
        ? maker?.changes.some(({ key, value }) => key === version.key && value === undefined)
        : makers.get(signOf(version)) === maker;
    if (!versions.every(isOfMaker))
      violations.push(`revision ${revision} has changes of several calls: ${versions.map(nameOf).join(', ')}`);
  }
}

/** A write that began after another was acknowledged has the later revision. Holds for registrations too: there is one key space. */
function checkOrder(calls: readonly Call[], violations: string[]): void {
  const acknowledged = calls.flatMap(({ begin, end, outcome, answer, caller, request }) => {
    const revision = answer?.revision;
    const mutates = request.kind !== 'get' && request.kind !== 'list' && request.kind !== 'instances';
    return outcome === 'ok' && mutates && revision !== undefined ? [{ begin, end, revision, caller }] : [];
  });
  const byEnd = [...acknowledged].sort((a, b) => a.end - b.end);
  let highest: (typeof acknowledged)[number] | undefined;
  let i = 0;
  for (const write of acknowledged.sort((a, b) => a.begin - b.begin)) {
    for (let next = byEnd[i]; next !== undefined && next.end < write.begin; next = byEnd[++i])
      if (!highest || next.revision > highest.revision) highest = next;
    if (highest && highest.revision >= write.revision)
      violations.push(
        `revision ${write.revision} was given to ${write.caller}, whose call began after revision ${highest.revision} was acknowledged to ${highest.caller}`,
      );
  }
}
