/** Plants each bug in a copy of the project and runs a minute of chaos on it. Prints what found it, and fails when nothing does. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Copy } from '../../sim/mutants/plant.js';
import { bugs, type PlantedBug } from './bugs.js';

/** A run that takes longer is stuck, and has found nothing. */
const limitMs = 10 * 60_000;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** True when all were found. */
export async function huntAll(only: readonly string[] = bugs.map(({ name }) => name)): Promise<boolean> {
  const chosen = bugs.filter(({ name }) => only.includes(name));
  const width = Math.max(...bugs.map(({ name }) => name.length)) + 2;
  let found = 0;
  for (const bug of chosen) {
    const started = performance.now();
    const { isFound, sentence } = await hunt(bug);
    const seconds = ((performance.now() - started) / 1_000).toFixed(0).padStart(5);
    console.log(`${bug.name.padEnd(width)}${seconds} s   ${sentence}`);
    if (isFound) found++;
  }
  console.log(`${found} of ${chosen.length} planted bugs found`);
  return found === chosen.length;
}

interface Verdict {
  readonly isFound: boolean;
  readonly sentence: string;
}

/** Tells the first violation. */
async function hunt(bug: PlantedBug): Promise<Verdict> {
  const copy = new Copy();
  try {
    copy.plant(bug);
    const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noUnusedLocals', 'false'];
    const built = await node(copy, compiler);
    if (built.code !== 0) return { isFound: false, sentence: `DOES NOT COMPILE: ${built.output}` };
    const run = ['--import', 'tsx', 'test/chaos/main.ts', '--minutes', '1', '--seed', `${bug.seed}`];
    const { code, output } = await node(copy, run);
    const [, violation] = /VIOLATION (.*)/.exec(output) ?? [];
    if (violation !== undefined) return { isFound: true, sentence: violation };
    return { isFound: false, sentence: code === 0 ? 'SURVIVED' : `DOES NOT RUN: ${output.slice(-2_000)}` };
  } finally {
    copy.remove();
  }
}

function node(copy: Copy, args: readonly string[]): Promise<Ended> {
  // Histories that are kept go with the copy.
  const temporary = path.join(copy.directory, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: copy.directory,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
