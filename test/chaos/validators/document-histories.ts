/** The calls on each document as the checker of linearizability takes them. */

import type { Call, Change, History, Rollback } from '../history.js';
import { checkHistory } from '../linearizability/checker.js';
import { configDocument } from '../linearizability/config-document.js';
import type { DocumentOperation } from '../linearizability/histories.js';
import type { Finding } from './finding.js';
import type { Timeline } from './timeline.js';

/** Checks the calls on each document, with or without linearizable reads. */
export function checkDocuments(history: History, timeline: Timeline, reads: boolean): Finding {
  const finding: Finding = { violations: [], checked: { operations: 0, documents: 0 } };
  const histories = new Map<string, DocumentOperation[]>();
  const add = (key: string, operation: DocumentOperation | undefined) => {
    if (!operation) return;
    const operations = histories.get(key);
    if (operations) operations.push(operation);
    else histories.set(key, [operation]);
  };
  for (const call of history.calls) {
    const { request } = call;
    if (request.kind === 'put' || request.kind === 'delete') add(request.key, writeOf(call, request, 0, timeline));
    else if (request.kind === 'rollback') add(request.key, rollbackOf(call, request, timeline));
    // Which of its conditions refused a publication is not said.
    else if (request.kind === 'publish' && call.outcome !== 'refused')
      request.changes.forEach((change, i) => {
        add(change.key, writeOf(call, change, i, timeline));
      });
    else if (request.kind === 'get' && reads && !request.serializable) add(request.key, readOf(call));
  }
  for (const [key, operations] of histories) {
    const verdict = checkHistory(configDocument, operations);
    finding.checked.documents = (finding.checked.documents ?? 0) + 1;
    finding.checked.operations = (finding.checked.operations ?? 0) + operations.length;
    if (verdict.kind !== 'linearizable')
      finding.violations.push(
        `${reads ? 'reads and writes' : 'writes'} of ${key}: ${verdict.kind}: ${verdict.problem}`,
      );
  }
  return finding;
}

/**
 * What became of a write without an answer is seen from the versions of the document where its value tells it; only deletions stay open. That the
 * versions themselves are right is checked apart.
 */
function writeOf(call: Call, change: Change, i: number, timeline: Timeline): DocumentOperation | undefined {
  const { value, ifVersion } = change;
  const input =
    value === undefined ? ({ kind: 'delete', ifVersion } as const) : ({ kind: 'put', value, ifVersion } as const);
  const version = call.answer?.versions?.[i];
  if (call.outcome === 'ok' && version !== undefined)
    return { input, output: { kind: 'written', version }, call: call.begin, return: call.end };
  if (call.outcome === 'refused') {
    const kind = call.reason === 'CONFIG_NOT_FOUND' ? 'absent' : 'mismatch';
    return { input, output: { kind }, call: call.begin, return: call.end };
  }
  if (value === undefined) return { input, output: undefined, call: call.begin, return: call.end };
  return seenLater(call, change.key, value, input, timeline);
}

/** A write of what the older version has; where that is not kept or a deletion, nothing happens, and that is checked apart. */
function rollbackOf(call: Call, request: Rollback, timeline: Timeline): DocumentOperation | undefined {
  const { key, toVersion, ifVersion, mark } = request;
  const value = timeline.version(key, toVersion)?.value;
  if (value === undefined || call.reason === 'VERSION_NOT_FOUND') return undefined;
  const input = { kind: 'put', value, ifVersion } as const;
  const version = call.answer?.versions?.[0];
  if (call.outcome === 'ok' && version !== undefined)
    return { input, output: { kind: 'written', version }, call: call.begin, return: call.end };
  if (call.outcome === 'refused') return { input, output: { kind: 'mismatch' }, call: call.begin, return: call.end };
  return seenLater(call, key, mark, input, timeline);
}

/** A write without an answer took effect some time, if its version is there. */
function seenLater(
  call: Call,
  key: string,
  sign: string,
  input: DocumentOperation['input'],
  timeline: Timeline,
): DocumentOperation | undefined {
  const made = timeline.ofSign.get(sign)?.find((version) => version.key === key);
  if (!made) return undefined;
  return {
    input,
    output: { kind: 'written', version: made.version },
    call: call.begin,
    return: Number.POSITIVE_INFINITY,
  };
}

function readOf({ outcome, answer, begin, end }: Call): DocumentOperation | undefined {
  if (outcome !== 'ok') return undefined;
  const found = answer?.documents?.[0];
  const output = found
    ? ({ kind: 'found', version: found.version, value: found.value } as const)
    : ({ kind: 'absent' } as const);
  return { input: { kind: 'get' }, output, call: begin, return: end };
}
