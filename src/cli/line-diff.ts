/**
 * Line differences between two texts: the shortest edit script (Myers 1986, "An O(ND) Difference Algorithm"), shown as unified hunks.
 */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly line: string;
}

/** Beyond this many edits the rest is shown as replaced: cost and memory grow with the square of it. */
const maxEdits = 1_500;

/** Splits into lines; a newline at the very end does not begin another line. */
export function lines(text: string): string[] {
  if (text === '') return [];
  const parts = text.split('\n');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

/** Every line of both texts in order, with what happened to it. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, endBefore), after.slice(start, endAfter)),
    ...before.slice(endBefore).map(same),
  ];
}

const same = (line: string): DiffLine => ({ kind: 'same', line });
const removed = (line: string): DiffLine => ({ kind: 'removed', line });
const added = (line: string): DiffLine => ({ kind: 'added', line });

function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const trace = forward(before, after);
  if (!trace) return [...before.map(removed), ...after.map(added)];
  const result: DiffLine[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Int32Array();
    const k = x - y;
    const down = goesDown(furthest, edits, k);
    const previousK = down ? k + 1 : k - 1;
    const previousX = edits === 0 ? 0 : at(furthest, edits, previousK);
    const previousY = edits === 0 ? 0 : previousX - previousK;
    while (x > previousX && y > previousY) {
      result.push(same(before[--x] ?? ''));
      y--;
    }
    if (edits === 0) break;
    if (down) result.push(added(after[--y] ?? ''));
    else result.push(removed(before[--x] ?? ''));
  }
  return result.reverse();
}

/**
 * For every number of edits d, the furthest x reached on each diagonal with d - 1 edits (stored for k = -d..d at k + d); undefined when
 * more than `maxEdits` are needed.
 */
function forward(before: readonly string[], after: readonly string[]): Int32Array[] | undefined {
  const limit = Math.min(before.length + after.length, maxEdits);
  const trace: Int32Array[] = [];
  let furthest = new Int32Array(1);
  for (let edits = 0; edits <= limit; edits++) {
    trace.push(furthest);
    const next = new Int32Array(2 * (edits + 1) + 1);
    for (let k = -edits; k <= edits; k += 2) {
      let x = 0;
      if (edits > 0) x = goesDown(furthest, edits, k) ? at(furthest, edits, k + 1) : at(furthest, edits, k - 1) + 1;
      let y = x - k;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      next[k + edits + 1] = x;
      if (x >= before.length && y >= after.length) return trace;
    }
    furthest = next;
  }
  return undefined;
}

function at(furthest: Int32Array, edits: number, k: number): number {
  return furthest[k + edits] ?? 0;
}

/** Whether the path to diagonal k with this many edits ends with an insertion. */
function goesDown(furthest: Int32Array, edits: number, k: number): boolean {
  return k === -edits || (k !== edits && at(furthest, edits, k - 1) < at(furthest, edits, k + 1));
}

/** Unified hunks with `context` lines around each change; empty when nothing differs. */
export function unified(diff: readonly DiffLine[], context = 3): string[] {
  const output: string[] = [];
  let beforeLine = 1;
  let afterLine = 1;
  let position = 0;
  while (position < diff.length) {
    const change = nextChange(diff, position);
    if (change === diff.length) break;
    const begin = Math.max(position, change - context);
    beforeLine += begin - position;
    afterLine += begin - position;
    let end = change;
    for (let next = change; next < diff.length && next - end <= 2 * context; next = nextChange(diff, end))
      end = next + 1;
    end = Math.min(diff.length, end + context);
    const hunk = diff.slice(begin, end);
    const beforeCount = hunk.filter((line) => line.kind !== 'added').length;
    const afterCount = hunk.filter((line) => line.kind !== 'removed').length;
    output.push(`@@ -${range(beforeLine, beforeCount)} +${range(afterLine, afterCount)} @@`);
    for (const { kind, line } of hunk) output.push(`${kind === 'same' ? ' ' : kind === 'added' ? '+' : '-'}${line}`);
    beforeLine += beforeCount;
    afterLine += afterCount;
    position = end;
  }
  return output;
}

function nextChange(diff: readonly DiffLine[], from: number): number {
  for (let i = from; i < diff.length; i++) if (diff[i]?.kind !== 'same') return i;
  return diff.length;
}

/** As in unified diffs: an empty range names the line before it. */
function range(start: number, length: number): string {
  return length === 1 ? String(start) : `${length === 0 ? start - 1 : start},${length}`;
}
