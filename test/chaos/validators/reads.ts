/** "Reads" of docs/guarantees.md: linearizable ones reflect all that was acknowledged before, serializable ones some earlier state, lists one revision. */
import type { Call, History, Version } from '../history.js';
import { checkDocuments } from './document-histories.js';
import type { Finding } from './finding.js';
import { nameOf, signOf, Timeline } from './timeline.js';

export function validateReads(history: History): Finding {
  const timeline = new Timeline(history.versions);
  const finding = checkDocuments(history, timeline, true);
  const { violations, checked } = finding;
  const begins = beginsOf(history.calls);
  const acknowledged = acknowledgedRevisions(history.calls);
  checked.serializable = 0;
  checked.lists = 0;
  for (const call of history.calls) {
    if (call.outcome !== 'ok') continue;
    if (call.request.kind === 'get') {
      if (call.request.serializable) checked.serializable++;
      for (const problem of problemsOfGet(call, timeline, begins)) violations.push(problem);
    } else if (call.request.kind === 'list') {
      checked.lists++;
      for (const problem of problemsOfList(call, timeline, acknowledged(call.begin))) violations.push(problem);
    }
  }
  return finding;
}

/** When each write was called, by its sign. */
function beginsOf(calls: readonly Call[]): ReadonlyMap<string, number> {
  const begins = new Map<string, number>();
  for (const { request, begin } of calls) {
    if (request.kind === 'put') begins.set(request.value, begin);
    if (request.kind === 'rollback') begins.set(request.mark, begin);
    if (request.kind === 'publish')
      for (const { value } of request.changes) if (value !== undefined) begins.set(value, begin);
  }
  return begins;
}

/** The highest revision that was acknowledged before a time; times must be asked for in any order. */
function acknowledgedRevisions(calls: readonly Call[]): (before: number) => number {
  const ends: number[] = [];
  const highest: number[] = [];
  for (const { end, revision } of calls
    .flatMap(({ end, outcome, answer, request }) =>
      outcome === 'ok' && request.kind !== 'get' && answer?.revision !== undefined
        ? [{ end, revision: answer.revision }]
        : [],
    )
    .sort((a, b) => a.end - b.end)) {
    ends.push(end);
    highest.push(Math.max(revision, highest[highest.length - 1] ?? 0));
  }
  return (before) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < before) low = middle + 1;
      else high = middle;
    }
    return highest[low - 1] ?? 0;
  };
}

/** Of any read of one document; that linearizable ones are fresh is the checker's part. */
function problemsOfGet(
  { request, answer, end, caller }: Call,
  timeline: Timeline,
  begins: ReadonlyMap<string, number>,
): string[] {
  if (request.kind !== 'get') return [];
  const { key, minRevision } = request;
  const [read] = answer?.documents ?? [];
  if (!read) {
    const least = minRevision === undefined ? undefined : timeline.at(key, minRevision);
    const absentLater = timeline.ofKey
      .get(key)
      ?.some(({ deleted, revision }) => deleted && revision >= (least?.revision ?? 0));
    return least === undefined || absentLater === true
      ? []
      : [`${caller} asked for revision ${minRevision} and did not find ${nameOf(least)}`];
  }
  if (!isThere(read, timeline)) return [`${caller} read ${nameOf(read)}, which never was`];
  const begin = begins.get(signOf(read));
  if (begin === undefined || begin > end) return [`${caller} read ${nameOf(read)} before it was written`];
  const least = minRevision === undefined ? undefined : timeline.at(key, minRevision);
  return least && least.version > read.version
    ? [`${caller} asked for revision ${minRevision} and read ${nameOf(read)}, older than ${nameOf(least)}`]
    : [];
}

function isThere(read: Version, timeline: Timeline): boolean {
  const kept = timeline.version(read.key, read.version);
  return kept !== undefined && !kept.deleted && kept.value === read.value && kept.revision === read.revision;
}

/** All pages together show the documents of one revision, and none older than what was acknowledged before. */
function problemsOfList({ request, answer, caller }: Call, timeline: Timeline, least: number): string[] {
  if (request.kind !== 'list') return [];
  const revision = answer?.revision ?? 0;
  const problems =
    revision < least ? [`${caller} listed revision ${revision} after revision ${least} was acknowledged`] : [];
  const listed = new Map((answer?.documents ?? []).map((document) => [document.key, document]));
  for (const key of timeline.ofKey.keys()) {
    if (!key.startsWith(request.prefix)) continue;
    const expected = timeline.at(key, revision);
    const found = listed.get(key);
    listed.delete(key);
    const isLive = expected !== undefined && !expected.deleted;
    if (isLive !== (found !== undefined) || (found && found.version !== expected?.version))
      problems.push(
        `${caller} listed revision ${revision} with ${found ? nameOf(found) : `no ${key}`} where ${expected ? nameOf(expected) : 'nothing'} belongs`,
      );
  }
  for (const phantom of listed.values()) problems.push(`${caller} listed ${nameOf(phantom)}, which never was`);
  return problems;
}
