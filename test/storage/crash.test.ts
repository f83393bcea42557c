/** kill -9 at random points of a write load: what was acknowledged is there, and the machine stands at exactly one index (design §6). */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { Directories } from './directories.js';

const child = fileURLToPath(new URL('./crash-child.mjs', import.meta.url));
const directories = new Directories();
afterEach(() => directories.remove());

interface Round {
  /** The store must be in one of these: the last state that was acknowledged, or what was being written then. */
  readonly allowed: readonly string[];
  readonly acknowledged: number;
  readonly output: string;
}

/** Runs the child until it has said `lines` things, and kills it. */
async function runAndKill(directory: string, seed: number, allowed: readonly string[], lines: number): Promise<Round> {
  const process = fork(child, [directory, String(seed), `[${allowed.join(',')}]`], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = process;
  if (!stdout || !stderr) throw new Error('the child has no output');
  let output = '';
  let done = '';
  let tried = '';
  let acknowledged = 0;
  let said = 0;
  stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => process.once('exit', (_, signal) => resolve(signal)));
  for await (const line of createInterface({ input: stdout })) {
    const [word, state] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    if (word === 'try') tried = state;
    else done = state;
    if (word === 'done') acknowledged++;
    if (++said >= lines) process.kill('SIGKILL');
  }
  expect(await exited, output).toBe('SIGKILL');
  return { allowed: tried ? [done, tried] : [done], acknowledged, output };
}

const rounds = Number(process.env.CRASH_ROUNDS ?? 10);

test(`${rounds} kills`, { timeout: 30_000 + rounds * 2_000 }, async () => {
  const directory = await directories.make();
  const random = seededRandom(Number(process.env.CRASH_SEED ?? 7));
  let allowed: readonly string[] = ['{"last":0,"lastTerm":0,"start":0,"applied":0,"term":0}'];
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    const result = await runAndKill(directory, round, allowed, 1 + Math.floor(random() * 120));
    allowed = result.allowed;
    acknowledged += result.acknowledged;
  }
  expect(acknowledged).toBeGreaterThan(rounds * 5);
});
