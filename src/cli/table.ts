/**
 * Columns padded to their widest cell, two spaces apart; numbers are aligned to the right.
 *
 * @param header column titles
 * @param rows one cell per column; undefined shows as "-"
 * @returns lines joined by newlines, without one at the end
 */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = rows.map((row) => header.map((_, column) => text(row[column])));
  const widths = header.map((title, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]?.length ?? 0), title.length),
  );
  const right = header.map(
    (_, column) =>
      rows.some((row) => typeof row[column] === 'number') &&
      rows.every((row) => typeof row[column] === 'number' || row[column] === undefined),
  );
  const pad = (line: readonly string[]) =>
    line
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [pad(header), ...lines.map(pad)].join('\n');
}

export type Cell = string | number | undefined;

/** A cell never breaks its line: control characters show as escapes. */
function text(cell: Cell): string {
  if (cell === undefined || cell === '') return '-';
  return escapeControls(String(cell));
}

/** Shows control characters (also those that would steer a terminal) as escapes. */
export function escapeControls(value: string): string {
  let result = '';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code === 10) result += '\\n';
    else if (code === 9) result += '\\t';
    else if (code < 32 || (code >= 127 && code < 160)) result += `\\x${code.toString(16).padStart(2, '0')}`;
    else result += character;
  }
  return result;
}

/** 1536 → "1.5 KiB". */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds since 1970 as "2026-03-01 09:30:00" in UTC; empty for 0. */
export function time(ms: number): string {
  return ms > 0 ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : '';
}
