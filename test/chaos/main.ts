/**
 * Chaos on real processes: faults by a seeded schedule while traffic of every kind goes through every member; what callers saw is then held against
 * docs/guarantees.md. Exits with 1 when anything is violated, and keeps the history then.
 *
 *   npm run chaos -- [--minutes 1] [--seed N] [--members 3] [--keep]
 *   npm run chaos -- --check DIRECTORY      judges the files of an earlier run again
 *   npm run chaos -- --planted [--only name,…]      plants bugs in copies of the project, each of which a minute must find
 */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.js';
import { until } from '../support/until.js';
import { damage } from './faults/damage.js';
import { fullDisk, mountDisk } from './faults/full-disk.js';
import { linkFaults } from './faults/links.js';
import { adding, removing, replacing } from './faults/membership.js';
import { processFaults } from './faults/processes.js';
import { plan, strikeUntil } from './faults/schedule.js';
import { type MemberChange, Recorder, readHistory } from './history.js';
import { huntAll } from './planted/hunt.js';
import { reportOf } from './report.js';
import { Traffic } from './traffic/traffic.js';
import { validators } from './validators/index.js';
import { World } from './world.js';

/** Without faults at the end: longer than the last leases take to end and be missed. */
const calmMs = 7_000;
/** Sentences printed of each validator. */
const mostTold = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    members: { type: 'string', default: '3' },
    check: { type: 'string' },
    keep: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

if (values.planted) process.exitCode = (await huntAll(values.only?.split(','))) ? 0 : 1;
else if (values.check === undefined) await run();
else process.exitCode = (await judge(values.check, [])) ? 0 : 1;

async function run(): Promise<void> {
  const { seed, minutes, members } = values;
  const replay = `npm run chaos -- --minutes ${minutes} --seed ${seed} --members ${members}`;
  console.log(`seed ${seed}: ${replay}`);
  const directory = await mkdtemp(path.join(tmpdir(), 'quorate-chaos-'));
  const problems = await record(directory, Number(seed), Number(minutes) * 60_000, Number(members));
  const isGreen = await judge(directory, problems);
  if (isGreen) console.log(`\nnothing violated (seed ${seed})`);
  if (isGreen && !values.keep) {
    await rm(directory, { recursive: true });
    return;
  }
  console.log(
    `\nhistory kept in ${directory}\nsame schedule again: ${replay}\nsame history judged again: npm run chaos -- --check ${directory}`,
  );
  if (!isGreen) process.exitCode = 1;
}

/** Runs a cluster under faults and writes its history; returns what went wrong meanwhile. */
async function record(directory: string, seed: number, durationMs: number, members: number): Promise<string[]> {
  const recorder = new Recorder(directory);
  const world = await World.prepare(seededRandom(seed + 1), members);
  let started = performance.now();
  const tell = (sentence: string) =>
    console.log(`${((performance.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${sentence}`);
  let unmount: (() => Promise<unknown>) | undefined;
  const calls = new AbortController();
  // Every caller waits for it.
  setMaxListeners(0, calls.signal);
  try {
    const diskMember = world.names.at(-1) ?? '';
    unmount = await mountDisk(world, diskMember);
    if (unmount) world.stays.add(diskMember);
    for (const name of world.names) await world.boot(name);
    await world.whole();
    started = performance.now();
    const traffic = new Traffic(world, { recorder, random: world.random, signal: calls.signal });
    await traffic.start();
    const change = (made: MemberChange) => recorder.add('memberChanges', made);
    const changes = [adding, removing, replacing].map((make) => make(change));
    const disks = [damage, ...(unmount ? [fullDisk(diskMember)] : [])];
    const faults = [...processFaults, ...linkFaults, ...disks, ...changes];
    await strikeUntil(started + durationMs - calmMs, world, plan(seededRandom(seed), faults), recorder, tell);
    if (world.problems.length === 0) await delay(calmMs, undefined, { signal: world.signal }).catch(() => undefined);
    calls.abort();
    await traffic.finish();
    if (world.problems.length === 0) {
      await traffic.settle();
      await recordFinalStates(world, recorder);
    }
    await traffic.stopWatches();
    tell(`on disk: ${await world.diskUse()}`);
    if (world.problems.length > 0 || values.keep)
      for (const name of world.cluster.started)
        await writeFile(path.join(directory, `${name}.log`), world.cluster.output(name));
    return world.problems;
  } finally {
    calls.abort();
    for (const name of world.cluster.started) world.expectEnd(name);
    await Promise.all(world.cluster.started.map((name) => world.cluster.kill(name)));
    await unmount?.();
    await world.close();
    await recorder.close();
  }
}

async function recordFinalStates(world: World, recorder: Recorder): Promise<void> {
  const states = await until(
    'all members have applied the same',
    async () => {
      const found = (await world.statuses(true)).filter((state) => state !== undefined);
      const indexes = new Set(found.map(({ stateHashIndex }) => stateHashIndex));
      return found.length === world.names.length && indexes.size === 1 ? found : undefined;
    },
    60_000,
  ).catch(() => {
    world.problem('the members do not come to rest at one index');
    return [];
  });
  for (const { name, stateHashIndex, stateHash } of states)
    recorder.add('finals', { member: name, index: stateHashIndex, hash: stateHash });
}

/** Prints what was done and found. A run that ended early cannot be judged: how it ended in truth is not known. */
async function judge(directory: string, problems: readonly string[]): Promise<boolean> {
  const history = await readHistory(directory);
  for (const line of reportOf(history)) console.log(line);
  console.log('\nvalidators:');
  let violations = problems.length;
  if (problems.length === 0) {
    for (const [name, validate] of Object.entries(validators)) {
      const finding = validate(history);
      const checked = Object.entries(finding.checked).map(([what, count]) => `${count} ${what}`);
      console.log(`  ${name.padEnd(8)} ${finding.violations.length} violations; checked ${checked.join(', ')}`);
      for (const sentence of finding.violations.slice(0, mostTold)) console.log(`    VIOLATION ${sentence}`);
      violations += finding.violations.length;
    }
  } else console.log('  not run: the run ended early');
  for (const sentence of problems) console.log(`  VIOLATION ${sentence}`);
  return violations === 0;
}
