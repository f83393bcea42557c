/** One picture of a live table of instances: lines that fit the terminal. */
import { formatAddress } from '../../base/address.js';
import { type Instance, isUsable } from '../../client/instance.js';
import { whyNotWell } from '../instance-shape.js';
import { escapeControls } from '../table.js';
import type { Board, BoardRow } from './board.js';
import { fitted, textWidth } from './text-width.js';

export interface FrameOptions {
  /** What is watched, such as prod/compute. */
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
  /** Milliseconds of the clock that the board goes by. */
  readonly now: number;
  /** Wall-clock milliseconds. */
  readonly wall: number;
  /** Name the service of each instance. */
  readonly withService: boolean;
}

interface Column {
  readonly title: string;
  /** Wide tables lose the columns with the highest number first; those without one stay. */
  readonly leaves?: number;
  /** Takes what is left, and may be cut down to this. */
  readonly shrinksTo?: number;
  readonly right?: boolean;
  text(row: BoardRow, wall: number): string;
}

/** A quiet cluster sends a sign of life every 2 s. */
const silenceMs = 5_000;
const gap = 2;

const style = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35 } as const;
type Style = keyof typeof style;

const service: Column = { title: 'SERVICE', text: ({ instance }) => instance.service };
const columns: readonly Column[] = [
  { title: 'INSTANCE', text: ({ instance }) => instance.id },
  { title: 'STATUS', text: ({ instance, gone }) => (gone ? 'gone' : instance.status) },
  { title: 'HEALTH', text: ({ instance, gone }) => (gone ? '' : instance.health) },
  {
    title: 'SINCE',
    leaves: 1,
    right: true,
    text: ({ instance, gone }, wall) => (gone ? '' : age(since(instance), wall)),
  },
  {
    title: 'ADDRESS',
    leaves: 2,
    text: ({ instance }) => formatAddress({ host: instance.address, port: instance.port }),
  },
  { title: 'ZONE', leaves: 4, text: ({ instance }) => instance.zone },
  { title: 'VERSION', leaves: 5, text: ({ instance }) => instance.version },
  { title: 'WEIGHT', leaves: 6, right: true, text: ({ instance }) => String(instance.weight) },
  { title: 'WHY', leaves: 3, shrinksTo: 12, text: ({ instance, gone }) => (gone ? '' : whyNotWell(instance)) },
];

/** At most `rows` lines, none wider than `columns`. */
export function frame(board: Board, options: FrameOptions): string[] {
  const { now, wall, rows, columns: width, colours } = options;
  const paint = (text: string, ...styles: readonly (Style | undefined)[]) => {
    const codes = styles.flatMap((name) => (name ? style[name] : []));
    return colours && codes.length > 0 ? `\u001b[${codes.join(';')}m${text}\u001b[0m` : text;
  };
  const all = board.rows(now);
  const head = [paint(cut(heading(board, all, options), width), 'bold'), ''];
  const silence = board.heardAt === undefined ? undefined : now - board.heardAt;
  if (silence !== undefined && silence > silenceMs)
    head.splice(
      1,
      0,
      paint(fitted(`nothing comes from the cluster since ${age(wall - silence, wall)}: this may be old`, width), 'red'),
    );
  if (all.length === 0)
    return [...head, board.heardAt === undefined ? 'waiting for the cluster' : 'no instances'].slice(0, rows);
  const shown = all.slice(0, Math.max(1, all.length > rows - head.length - 1 ? rows - head.length - 2 : all.length));
  const laidOut = layOut(options.withService ? [service, ...columns] : columns, all, width, wall);
  const line = (text: (column: Column) => string) =>
    laidOut
      .map(({ column, size }) => {
        const cell = text(column);
        return column.right ? fitted(' '.repeat(Math.max(0, size - textWidth(cell))) + cell, size) : fitted(cell, size);
      })
      .join(' '.repeat(gap));
  const lines = shown.map((row) => {
    const text = line((column) => cellText(column, row, wall));
    return paint(
      cut(text, width),
      row.gone ? 'dim' : colourOf(row.instance),
      row.fresh && !row.gone ? 'bold' : undefined,
    );
  });
  const more = all.length - shown.length;
  const title = paint(
    cut(
      line((column) => column.title),
      width,
    ),
    'dim',
  );
  return [...head, title, ...lines, ...(more > 0 ? [paint(`… and ${more} more`, 'dim')] : [])].slice(0, rows);
}

/** `prod/compute: 5 instances, 3 usable (4 UP, 1 DRAINING; 1 FAILING), revision 12`: what is as it should be is not listed. */
function heading(board: Board, all: readonly BoardRow[], { title }: FrameOptions): string {
  const there = all.filter(({ gone }) => !gone).map(({ instance }) => instance);
  const usable = there.filter(isUsable).length;
  const counts = [
    ...countsOf(there.map(({ status }) => status).filter((status) => status !== 'UP')),
    ...countsOf(there.map(({ health }) => health).filter((health) => health !== 'PASSING')),
  ];
  const number = `${there.length} ${there.length === 1 ? 'instance' : 'instances'}, ${usable} usable`;
  return `${title}: ${number}${counts.length > 0 ? ` (${counts.join(', ')})` : ''}, revision ${board.revision}`;
}

function countsOf(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${count} ${name}`);
}

/** Chooses the columns that fit, and how wide each is. */
function layOut(wanted: readonly Column[], rows: readonly BoardRow[], width: number, wall: number) {
  let sized = wanted
    .map((column) => {
      const texts = rows.map((row) => cellText(column, row, wall));
      const size = Math.max(textWidth(column.title), ...texts.map(textWidth));
      return { column, size, used: column.leaves === undefined || texts.some((text) => text !== '-') };
    })
    .filter(({ used }) => used);
  const needed = (of: typeof sized) =>
    of.reduce((sum, { column, size }) => sum + Math.min(size, column.shrinksTo ?? size) + gap, -gap);
  while (needed(sized) > width) {
    const last = sized.reduce((most, { column }) => Math.max(most, column.leaves ?? 0), 0);
    if (last === 0) break;
    sized = sized.filter(({ column }) => column.leaves !== last);
  }
  const spare = Math.max(0, width - needed(sized));
  return sized.map(({ column, size }) => ({
    column,
    size: column.shrinksTo === undefined ? size : Math.min(size, Math.min(size, column.shrinksTo) + spare),
  }));
}

function cellText(column: Column, row: BoardRow, wall: number): string {
  return escapeControls(column.text(row, wall)) || '-';
}

/** Lines that are too wide even without the columns that may go. */
function cut(line: string, width: number): string {
  return textWidth(line) > width ? fitted(line, width) : line.trimEnd();
}

/** What people should look at. */
function colourOf(instance: Instance): Style | undefined {
  if (instance.health === 'FAILING' || instance.status === 'DOWN') return 'red';
  if (instance.health === 'SUSPECT') return 'magenta';
  if (instance.health === 'UNCHECKED' || instance.status !== 'UP') return 'yellow';
  return 'green';
}

/** When it became as it is. */
function since(instance: Instance): number {
  return Math.max(instance.registeredAtMs, instance.healthChangedAtMs, instance.statusChangedAtMs);
}

/** `12s`, `3m`, `2h`, `5d`. */
export function age(sinceMs: number, wall: number): string {
  if (sinceMs <= 0) return '';
  const seconds = Math.max(0, Math.floor((wall - sinceMs) / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
