/** Reads the sources as text, for tests about how they hang together. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Import {
  /** As written: './log.js', 'node:fs', 'yaml'. */
  readonly specifier: string;
  /** `import type` or `export type`: nothing is loaded at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes: 'src/raft/log.ts'. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and with empty strings. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const root = path.resolve(import.meta.dirname, '../..');

/** All .ts files under `folder` except generated ones. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter((file) => !file.startsWith('src/proto/gen/'))
    .sort()
    .map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8')));
}

/** Splits a file into what the tests look at. */
export function parseSource(file: string, text: string): SourceFile {
  const uncommented = withoutComments(text);
  return { path: file, text, code: withoutStrings(uncommented), imports: importsOf(uncommented) };
}

/** Where a relative import leads: 'src/raft/log.ts'; undefined for a package. */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function importsOf(code: string): Import[] {
  const found: Import[] = [];
  for (const match of code.matchAll(/\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]*?\bfrom\s*)?['"]([^'"\n]+)['"]/g)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/\b(?:import|require)\s*\(\s*['"]([^'"\n]+)['"]/g)) {
    found.push({ specifier: match[1] ?? '', typeOnly: false });
  }
  return found;
}

/** Comments become nothing; strings and templates stay as they are. */
function withoutComments(text: string): string {
  return text.replace(
    /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:[!&|?{};\n]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/)/g,
    (_match, _comment, literal: string | undefined) => literal ?? '',
  );
}

function withoutStrings(code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
}
