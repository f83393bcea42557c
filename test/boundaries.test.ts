/** How the folders of src may depend on each other (docs/architecture.md), proved from the sources. */
import { describe, expect, it } from 'vitest';
import { parseSource, resolveImport, type SourceFile, sourceFiles } from './support/source-files.js';

/** Which folders (or files) a folder may import. Nothing may import cli. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  proto: ['base'],
  raft: ['base'],
  machine: ['base'],
  settings: ['base'],
  log: ['base'],
  watch: ['base', 'proto', 'raft', 'machine'],
  storage: ['base', 'proto', 'raft', 'machine'],
  transport: ['base', 'proto', 'raft', 'machine'],
  replica: ['base', 'proto', 'raft', 'machine', 'watch', 'storage', 'transport'],
  api: ['base', 'proto', 'raft', 'machine', 'watch', 'storage', 'transport', 'replica'],
  health: ['base', 'proto', 'machine', 'watch', 'replica', 'api'],
  dns: ['base', 'proto', 'machine', 'watch', 'replica', 'api'],
  'member.ts': [
    'base',
    'proto',
    'raft',
    'machine',
    'watch',
    'storage',
    'transport',
    'replica',
    'api',
    'health',
    'dns',
    'settings',
    'log',
  ],
  snapshot: ['base', 'proto', 'raft', 'machine', 'settings', 'storage'],
  client: ['base', 'proto'],
  cli: ['base', 'proto', 'client', 'settings', 'log', 'snapshot', 'health', 'member.ts'],
};

/** The pure cores, and the packages that each may use. */
const pure: Readonly<Record<string, readonly string[]>> = { raft: [], machine: ['sorted-btree'] };

/** What reads a clock, draws chance, waits or does I/O. */
const impure =
  /\b(?:Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|process|console|fetch|crypto|require|globalThis|Promise|async|await)\b|\bMath\s*\.\s*random\b/g;

/** Ways around the type checker: in code, and in comments for the tools. */
const escapes = /\bas\s+any\b|[:<,|&]\s*any\b|\bany\s*\[|\bas\s+unknown\s+as\b/g;
const suppressions = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/g;

const files = sourceFiles('src');
const byPath = new Map(files.map((file) => [file.path, file]));

/** 'raft' of src/raft/log.ts, 'member.ts' of src/member.ts. */
function folderOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function importedFiles(file: SourceFile, alsoTypes: boolean): string[] {
  return file.imports.flatMap(({ specifier, typeOnly }) => {
    const target = resolveImport(file.path, specifier);
    return target === undefined || (typeOnly && !alsoTypes) ? [] : [target];
  });
}

function packagesOf(file: SourceFile): string[] {
  return file.imports.filter(({ specifier }) => !specifier.startsWith('.')).map(({ specifier }) => specifier);
}

/** Everything that is loaded with a file. */
function loadedWith(start: SourceFile): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = byPath.get(path);
    if (file) for (const next of importedFiles(file, false)) visit(next);
  };
  visit(start.path);
  return seen;
}

/** A cycle of imports as 'a -> b -> a', or undefined. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node].join(' -> ');
    if (done.has(node)) return undefined;
    trail.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('the reading of sources', () => {
  const sample = parseSource(
    'src/raft/sample.ts',
    [
      "import type { A } from './a.js';",
      "import { b,\n  type B } from '../base/b.js'; // import x from 'comment'",
      "import * as path from 'node:path';",
      "export type { C } from './c.js';",
      "export * from './d.js';",
      "import './e.js';",
      "const text = 'Date.now()'; /* import 'f'; Math.random() */",
      "const g = await import('./g.js');",
    ].join('\n'),
  );

  it('finds every import and tells which are for types only', () => {
    expect(sample.imports).toEqual([
      { specifier: './a.js', typeOnly: true },
      { specifier: '../base/b.js', typeOnly: false },
      { specifier: 'node:path', typeOnly: false },
      { specifier: './c.js', typeOnly: true },
      { specifier: './d.js', typeOnly: false },
      { specifier: './e.js', typeOnly: false },
      { specifier: './g.js', typeOnly: false },
    ]);
  });

  it('does not take text for code', () => {
    expect(sample.code.match(impure)).toEqual(['await']);
    expect(parseSource('x.ts', 'const t = Date.now() + Math.random();').code.match(impure)).toHaveLength(2);
    expect('let a: any = b as unknown as C;'.match(escapes)).toHaveLength(2);
    expect('// @ts-ignore'.match(suppressions)).toHaveLength(1);
  });

  it('finds a cycle', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(cycleIn(edges)).toBe('b -> c -> b');
  });

  it('covers the project', () => {
    expect(files.length).toBeGreaterThan(50);
    for (const folder of ['base', 'raft', 'machine']) {
      expect(files.some((file) => folderOf(file.path) === folder)).toBe(true);
    }
  });
});

describe('src', () => {
  it('has only folders whose place is known', () => {
    const unknown = files.map((file) => folderOf(file.path)).filter((folder) => !(folder in mayImport));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('imports in one direction only', () => {
    const wrong = files.flatMap((file) => {
      const from = folderOf(file.path);
      return file.imports.flatMap(({ specifier, typeOnly }) => {
        const target = resolveImport(file.path, specifier);
        if (target === undefined) return [];
        const to = folderOf(target);
        const typesOfTheOtherCore = typeOnly && from in pure && to in pure;
        return to === from || typesOfTheOtherCore || mayImport[from]?.includes(to)
          ? []
          : [`${file.path}: ${specifier}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it('has no cycle between files', () => {
    expect(cycleIn(new Map(files.map((file) => [file.path, importedFiles(file, false)])))).toBeUndefined();
  });

  it('never reaches up to an index of its own folder', () => {
    const wrong = files.filter((file) =>
      importedFiles(file, true).some(
        (target) => target.endsWith('/index.ts') && file.path.startsWith(target.replace(/index\.ts$/, '')),
      ),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('does not escape from its types', () => {
    const wrong = files.flatMap(({ path, code, text }) =>
      [...(code.match(escapes) ?? []), ...(text.match(suppressions) ?? [])].map((found) => `${path}: ${found}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe.each(Object.entries(pure))('src/%s is pure', (folder, packages) => {
  const own = files.filter((file) => folderOf(file.path) === folder);

  it('loads nothing but itself, base and its packages', () => {
    const loaded = new Set(own.flatMap((file) => [...loadedWith(file)]));
    const wrong = [...loaded].filter((path) => folderOf(path) !== folder && folderOf(path) !== 'base');
    expect(wrong).toEqual([]);
    const used = [...loaded].flatMap((path) => {
      const file = byPath.get(path);
      return file ? packagesOf(file).map((name) => ({ path, name })) : [];
    });
    expect(used.filter(({ name }) => !packages.includes(name))).toEqual([]);
  });

  it('reads no clock, draws no chance, waits for nothing and does no I/O', () => {
    const wrong = own.flatMap((file) => (file.code.match(impure) ?? []).map((found) => `${file.path}: ${found}`));
    expect(wrong).toEqual([]);
  });
});
