/** What a run was, in numbers. */
import type { Fault, History } from './history.js';

export function reportOf(history: History): string[] {
  return [
    '',
    'calls:',
    ...callLines(history),
    '',
    'faults, and the longest time without an acknowledged write around each:',
    ...faultLines(history),
  ];
}

function callLines({ calls, watched, sightings }: History): string[] {
  const kinds = new Map<string, Map<string, number>>();
  for (const { request, outcome, reason } of calls) {
    const outcomes = kinds.get(request.kind) ?? new Map<string, number>();
    kinds.set(request.kind, outcomes);
    const name = reason === undefined ? outcome : `${outcome} ${reason}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  const lines = [...kinds].map(([kind, outcomes]) => {
    const told = [...outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
    return `  ${kind.padEnd(12)} ${told.join(', ')}`;
  });
  return [
    ...lines,
    `  ${calls.length} calls, ${watched.length} events of document watches, ${sightings.length} sightings of instances`,
  ];
}

function faultLines(history: History): string[] {
  const acknowledged = history.calls
    .filter(({ request, outcome }) => outcome === 'ok' && ['put', 'delete', 'publish'].includes(request.kind))
    .map(({ end }) => end)
    .sort((a, b) => a - b);
  const windows = new Map<string, number[]>();
  const faults = [...history.faults].sort((a, b) => a.begin - b.begin);
  faults.forEach((fault, i) => {
    const gap = longestGap(acknowledged, fault, faults[i + 1]?.begin ?? Number.POSITIVE_INFINITY);
    windows.set(fault.kind, [...(windows.get(fault.kind) ?? []), gap]);
  });
  const lines = [...windows].map(
    ([kind, gaps]) =>
      `  ${kind.padEnd(12)} ${String(gaps.length).padStart(3)} times, median ${ms(median(gaps))}, worst ${ms(Math.max(...gaps))}`,
  );
  const all = [...windows.values()].flat();
  return all.length === 0
    ? ['  none']
    : [
        ...lines,
        `  all          ${String(all.length).padStart(3)} times, median ${ms(median(all))}, worst ${ms(Math.max(...all))}`,
      ];
}

/** Longest time between two acknowledgements, of which the later falls between the beginning of a fault and that of the next. */
export function longestGap(acknowledged: readonly number[], { begin }: Pick<Fault, 'begin'>, next: number): number {
  let longest = 0;
  let last = begin;
  for (const at of acknowledged) {
    if (at < begin) {
      continue;
    }
    longest = Math.max(longest, at - last);
    last = at;
    if (at > next) break;
  }
  return longest;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function ms(time: number): string {
  return `${Math.round(time)} ms`;
}
