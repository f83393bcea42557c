/** npm run sim -- [--seed N] [--seeds N] [--from N] [--keep-going] [--verbose], or --mutants [--only name,…] (see mutants/main.ts) */
import { parseArgs } from 'node:util';
import { Simulation } from './simulation.js';

if (process.argv.includes('--mutants')) {
  await import('./mutants/main.js');
  process.exit();
}
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const from = Number(values.seed ?? values.from ?? Math.floor(Math.random() * 1e9));
const count = values.seed === undefined ? Number(values.seeds ?? 100) : 1;
let running = from;

process.on('unhandledRejection', (reason) => {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stdout.write(`${text}\nviolation: promises: a rejection that nobody handled (seed ${running})\n`);
  process.exit(1);
});

process.stdout.write(`seeds ${from} to ${from + count - 1}\n`);
const started = performance.now();
let simulatedMs = 0;
let events = 0;
let calls = 0;
let acknowledged = 0;
let violations = 0;
for (; running < from + count; running++) {
  if (values.seed !== undefined) process.stdout.write(`seed ${running}\n`);
  const report = await new Simulation(running, values.verbose).run();
  simulatedMs += report.simulatedMs;
  if (running > from && (running - from) % 500 === 0) process.stdout.write(`… seed ${running}\n`);
  events += report.events;
  calls += report.calls;
  acknowledged += report.acknowledged;
  if (report.violation) {
    const { checker, sentence } = report.violation;
    if (!values.verbose && !values['keep-going']) process.stdout.write(`${report.lastLines.join('\n')}\n`);
    process.stdout.write(`replay: npm run sim -- --seed ${running}\n`);
    process.stdout.write(`violation: ${checker}: ${sentence} (seed ${running})\n`);
    violations++;
    if (!values['keep-going']) process.exit(1);
  }
  if (values.seed !== undefined) process.stdout.write(`trace ${report.traceHash}, state ${report.stateHash}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
const seconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${count} seeds in ${seconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor): ${((count / seconds) * 60).toFixed(0)} seeds a minute, ` +
    `${(simulatedMs / 3_600_000 / (seconds / 3_600)).toFixed(0)} simulated hours an hour, ` +
    `${(events / count).toFixed(0)} events, ${(calls / count).toFixed(0)} calls and ${(acknowledged / count).toFixed(0)} acknowledged writes a seed\n`,
);
if (violations > 0) {
  process.stdout.write(`${violations} seeds with a violation\n`);
  process.exitCode = 1;
}
