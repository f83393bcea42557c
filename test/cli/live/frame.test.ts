import { describe, expect, test } from 'vitest';
import { Board } from '../../../src/cli/live/board.js';
import { age, type FrameOptions, frame } from '../../../src/cli/live/frame.js';
import { fitted, textWidth } from '../../../src/cli/live/text-width.js';
import type { Instance } from '../../../src/client/instance.js';

const wall = Date.UTC(2026, 10, 23);

function instance(id: string, changes: Partial<Instance> = {}): Instance {
  return {
    namespace: 'prod',
    service: 'web',
    id,
    address: '10.0.0.5',
    port: 80,
    weight: 100,
    zone: 'eu-1',
    version: '1.2',
    metadata: {},
    status: 'UP',
    checks: [],
    ports: {},
    lease: 'a',
    createRevision: 1,
    revision: 1,
    registeredAtMs: wall - 90_000,
    health: 'PASSING',
    healthReason: '',
    healthChangedAtMs: 0,
    statusReason: '',
    statusChangedAtMs: 0,
    ...changes,
  };
}

const failing = instance('w2', {
  health: 'FAILING',
  healthReason: 'http check of /ready on port 80: answers 503',
  healthChangedAtMs: wall - 5_000,
});

function boardOf(...items: Instance[]): Board {
  const board = new Board();
  board.take({ kind: 'snapshot', revision: 7, resync: false, items }, 0);
  return board;
}

function shown(board: Board, options: Partial<FrameOptions> = {}): string[] {
  const size = { columns: 120, rows: 24, now: 1_000, wall, colours: false, withService: false };
  return frame(board, { title: 'prod/web', ...size, ...options });
}

describe('a picture of instances', () => {
  test('shows what is there, how it is, since when, and why it is not well', () => {
    expect(shown(boardOf(failing, instance('w1'))).map((line) => line.trimEnd())).toEqual([
      'prod/web: 2 instances, 1 usable (1 FAILING), revision 7',
      '',
      'INSTANCE  STATUS  HEALTH   SINCE  ADDRESS      ZONE  VERSION  WEIGHT  WHY',
      'w1        UP      PASSING     1m  10.0.0.5:80  eu-1  1.2         100  -',
      'w2        UP      FAILING     5s  10.0.0.5:80  eu-1  1.2         100  http check of /ready on port 80: answers 503',
    ]);
  });

  test.each([200, 120, 100, 80, 60, 40, 25, 10])('keeps within %d columns, and to what matters most', (columns) => {
    const lines = shown(boardOf(failing, instance('w1')), { columns });
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
    const text = lines.join('\n');
    expect(text).toContain('w2');
    if (columns >= 25) expect(text).toMatch(/w2 +UP +FAILING/);
    if (columns === 80) expect(text).toMatch(/ADDRESS .*WHY.*\n.*\n.*10\.0\.0\.5:80 .*http check of \/…?r?e?a?/);
  });

  test('keeps within the rows, and counts what it leaves out', () => {
    const board = boardOf(...Array.from({ length: 50 }, (_, i) => instance(`w${String(i).padStart(2, '0')}`)));
    const lines = shown(board, { rows: 10 });
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('… and 44 more');
    expect(shown(board, { rows: 53 })).toHaveLength(53);
    expect(shown(board, { rows: 53 }).at(-1)).toMatch(/^w49/);
    expect(shown(board, { rows: 2 })).toHaveLength(2);
  });

  test('names services when there may be several, and leaves out columns that say nothing', () => {
    const [, , title, row] = shown(boardOf(instance('w1', { zone: '', version: '' })), { withService: true });
    expect(title).toMatch(/^SERVICE {2}INSTANCE/);
    expect(title).not.toMatch(/ZONE|VERSION|WHY/);
    expect(row).toMatch(/^web {6}w1/);
  });

  test('says that there is nothing, or that nothing is known yet', () => {
    expect(shown(boardOf())).toContain('no instances');
    expect(shown(new Board())).toContain('waiting for the cluster');
  });

  test('says when nothing comes any more', () => {
    const board = boardOf(instance('w1'));
    expect(shown(board, { now: 4_000 }).join()).not.toContain('nothing comes');
    const silent = shown(board, { now: 8_000 });
    expect(silent[1]).toContain('nothing comes from the cluster since 8s');
    board.take({ kind: 'progress', revision: 9, leaderContactAgeMs: 0 }, 8_500);
    expect(shown(board, { now: 9_000 })[0]).toContain('revision 9');
    expect(shown(board, { now: 9_000 }).join()).not.toContain('nothing comes');
  });

  test('colours states, and lets changes stand out for a moment', () => {
    const board = boardOf(instance('w1'), failing, instance('w3', { status: 'DRAINING' }));
    const row = (id: string, now: number) => shown(board, { colours: true, now }).find((line) => line.includes(id));
    expect(row('w1', 1_000)).toContain('\u001b[32mw1');
    expect(row('w2', 1_000)).toContain('\u001b[31mw2');
    expect(row('w3', 1_000)).toContain('\u001b[33mw3');
    board.take(
      { kind: 'changes', revision: 8, updated: [instance('w1', { revision: 8 })], removed: [], conflated: false },
      2_000,
    );
    expect(row('w1', 2_000)).toContain('\u001b[32;1mw1');
    expect(row('w1', 7_000)).toContain('\u001b[32mw1');
  });

  test('lets what is gone stay for a moment, also when it was missed', () => {
    const board = boardOf(instance('w1'), instance('w2'));
    board.take({ kind: 'changes', revision: 8, updated: [], removed: [instance('w1')], conflated: false }, 2_000);
    board.take({ kind: 'snapshot', revision: 9, resync: true, items: [] }, 3_000);
    expect(shown(board, { now: 3_000 }).filter((line) => / gone /.test(line))).toHaveLength(2);
    expect(shown(board, { now: 3_000 })[0]).toContain('0 instances');
    expect(shown(board, { now: 6_500 }).filter((line) => / gone /.test(line))).toHaveLength(1);
    expect(shown(board, { now: 7_500 })).toContain('no instances');
  });

  test('lets nobody steer the terminal', () => {
    const lines = shown(boardOf(instance('w1', { zone: 'a\u001b[2Jb\nc' })));
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.join('|')).toContain('a\\x1b[2Jb\\nc');
  });
});

describe('text in columns', () => {
  test.each([
    ['abc', 5, 'abc  '],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日… '],
    ['e\u0301tat', 4, 'e\u0301tat'],
    ['a', 0, ''],
  ])('%j in %d columns is %j', (text, columns, result) => {
    expect(fitted(text, columns)).toBe(result);
    if (columns > 0) expect(textWidth(result)).toBe(columns);
  });

  test.each([
    [0, ''],
    [wall - 59_999, '59s'],
    [wall - 60_000, '1m'],
    [wall - 7_200_000, '2h'],
    [wall - 200_000_000, '2d'],
    [wall + 5_000, '0s'],
  ])('since %d is %j', (since, text) => expect(age(since, wall)).toBe(text));
});
