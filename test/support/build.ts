/** Compiles src into dist once before the tests: some of them start real processes, and Node runs only JavaScript. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Exit code of the compiler when nothing was written. Type errors alone do not stop it from writing; `npm run check` is for those. */
const NOTHING_WRITTEN = 1;

export default function build(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, encoding: 'utf8' });
  if (run.error) throw run.error;
  if (run.status === null || run.status === NOTHING_WRITTEN)
    throw new Error(`src could not be compiled:\n${run.stdout}${run.stderr}`);
}
