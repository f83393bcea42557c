/** What a run was, in numbers. */
import type { Fault, History, Watched } from './history.js';

export function reportOf(history: History): string[] {
  return [
    '',
    'calls:',
    ...callLines(history),
    '',
    'faults, the longest time without an acknowledged write around each, and the time until the cluster was whole again (ms):',
    row('', 'times', 'median', 'worst', 'whole: median', 'worst'),
    ...faultLines(history),
    '',
    'members:',
    ...memberLines(history),
    '',
    'watches:',
    ...watchLines(history),
  ];
}

function callLines({ calls }: History): string[] {
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
  return [...lines, `  ${calls.length} calls`];
}

function memberLines({ memberChanges }: History): string[] {
  return (['added', 'removed', 'replaced'] as const).map((kind) => {
    const made = memberChanges.filter((change) => change.kind === kind);
    const told = made.length === 0 ? '' : `, each within ${spread(made.map(({ begin, end }) => end - begin))}`;
    return `  ${String(made.length).padStart(3)} ${kind}${told}`;
  });
}

function watchLines({ watched, watchedRegistry, sightings }: History): string[] {
  const line = (what: string, events: readonly Pick<Watched, 'watcher' | 'kind' | 'conflated' | 'resync'>[]) => {
    const of = (is: (event: (typeof events)[number]) => boolean) => events.filter(is).length;
    return (
      `  ${what.padEnd(12)} ${of(({ kind }) => kind === 'changes')} changes, ${of(({ conflated }) => conflated)} of them conflated, ` +
      `${of(({ kind }) => kind === 'progress')} of progress, ${of(({ resync }) => resync)} resyncs, by ${new Set(events.map(({ watcher }) => watcher)).size} watches`
    );
  };
  return [
    line('documents', watched),
    line('instances', watchedRegistry),
    `  ${sightings.length} sightings of instances`,
  ];
}

function faultLines(history: History): string[] {
  const acknowledged = history.calls
    .filter(
      ({ request, outcome }) => outcome === 'ok' && ['put', 'delete', 'rollback', 'publish'].includes(request.kind),
    )
    .map(({ end }) => end)
    .sort((a, b) => a - b);
  const faults = [...history.faults].sort((a, b) => a.begin - b.begin);
  const rows = faults.map((fault, i) => ({
    kind: fault.kind,
    window: longestGap(acknowledged, fault, faults[i + 1]?.begin ?? Number.POSITIVE_INFINITY),
    recovery: fault.end - fault.healed,
  }));
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const line = (name: string, chosen: typeof rows) => {
    const windows = chosen.map(({ window }) => window);
    const recoveries = chosen.map(({ recovery }) => recovery);
    const times = [median(windows), Math.max(0, ...windows), median(recoveries), Math.max(0, ...recoveries)];
    return row(name, String(chosen.length), ...times.map((time) => String(Math.round(time))));
  };
  return [
    ...kinds.map((kind) =>
      line(
        kind,
        rows.filter((row) => row.kind === kind),
      ),
    ),
    line('all', rows),
  ];
}

/** Longest time without an acknowledgement between the beginning of a fault and that of the next. */
export function longestGap(acknowledged: readonly number[], { begin }: Pick<Fault, 'begin'>, next: number): number {
  let longest = 0;
  let last = begin;
  for (const at of acknowledged) {
    if (at < begin) continue;
    longest = Math.max(longest, Math.min(at, next) - last);
    last = at;
    if (at > next) break;
  }
  return longest;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [6, 8, 8, 15, 8];
  return `  ${name.padEnd(12)}${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('')}`;
}

function spread(times: readonly number[]): string {
  return `median ${ms(median(times))}, worst ${ms(Math.max(0, ...times))}`;
}

function ms(time: number): string {
  return `${Math.round(time)} ms`;
}
