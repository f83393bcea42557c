/** Puts a planted bug into a copy of the tree. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { present } from '../../../src/base/assert.js';
import type { Edit, Mutant } from './mutant.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What a run needs. */
const parts = ['src', 'test', 'proto', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/** The edit does not fit the code any more. */
export class DoesNotApply extends Error {
  override readonly name = 'DoesNotApply';
}

/** A copy of the project under the temporary directory, with packages linked. remove() it. */
export class Copy {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorate-mutant-'));

  constructor() {
    for (const part of parts) cpSync(join(root, part), join(this.directory, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'), 'dir');
  }

  plant(mutant: Pick<Mutant, 'name' | 'edits'>): void {
    for (const [file, text] of planted(mutant)) writeFileSync(join(this.directory, file), text);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * The changed files of a mutant, by name.
 * @throws DoesNotApply where a text is missing or occurs more than once
 */
export function planted(mutant: Pick<Mutant, 'name' | 'edits'>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const edit of mutant.edits) {
    if (!texts.has(edit.file)) texts.set(edit.file, readFileSync(join(root, edit.file), 'utf8'));
    texts.set(edit.file, applied(mutant.name, edit, present(texts.get(edit.file), 'the file was read')));
  }
  return texts;
}

function applied(name: string, { file, find, replace }: Edit, text: string): string {
  const at = text.indexOf(find);
  if (at < 0) throw new DoesNotApply(`${name}: ${file} does not contain: ${find.trim()}`);
  if (text.includes(find, at + 1)) throw new DoesNotApply(`${name}: ${file} contains more than once: ${find.trim()}`);
  if (find === replace) throw new DoesNotApply(`${name}: the edit of ${file} changes nothing`);
  return text.slice(0, at) + replace + text.slice(at + find.length);
}
