/** Finds the place in the file that a complaint is about. */
import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Line and column (from 1) of the field at `path`: of its value, of its key when `atKey`, or of the innermost part of the path that exists.
 */
export function positionOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
  atKey: boolean,
): Position {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  path.forEach((step, i) => {
    const last = i === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      node = pair?.value;
      offset = (last && atKey ? undefined : offsetOf(node)) ?? offsetOf(pair?.key) ?? offset;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = offsetOf(node) ?? offset;
    } else {
      node = undefined;
    }
  });
  return at(lines, offset);
}

/** Line and column of an offset in the text. */
export function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
