/**
 * The demo: a compute service on a cluster of three. While calls flow, the configuration changes, a provider is stopped in order, another one dies, a new
 * one comes, and the leader dies.
 * Ends with a table of what became of the requests; the exit code is 0 only if none of them failed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'quorate';
import { Cluster } from './cluster.js';
import { Consumer } from './consumer.js';
import { Load, type Phase } from './load.js';
import { ProviderRun } from './runs.js';

const begin = performance.now();
const ms = (duration: number) => `${Math.round(duration)} ms`;
const say = (text: string) => console.log(`${((performance.now() - begin) / 1_000).toFixed(1).padStart(5)} s  ${text}`);

/** Whatever happens, nothing of the demo stays behind. */
const cleanUps: (() => Promise<void>)[] = [];
async function cleanUp(): Promise<void> {
  for (const undo of cleanUps.splice(0).reverse()) await undo().catch((error: Error) => console.error(error.message));
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

try {
  process.exitCode = await story();
} finally {
  await cleanUp();
}

async function story(): Promise<number> {
  say('starting a cluster of three members');
  const cluster = await Cluster.start();
  cleanUps.push(() => cluster.stop());
  const quorate = connect({ endpoints: cluster.endpoints });
  cleanUps.push(async () => quorate.close());
  say(`the cluster is ready, ${await leader()} leads`);

  await quorate.config.put('demo/operation', 'multiply', { author: 'demo' });
  const [, p2, p3] = await Promise.all(['p1', 'p2', 'p3'].map(provider));
  const list = quorate.registry.view('demo', 'compute');
  await list.ready();
  say(`providers of demo/compute run under "quorate run": ${[...list.current.keys()].join(', ')}`);

  const consumer = new Consumer(quorate);
  await consumer.ready();
  const load = new Load(consumer, 200, 'all is well');
  cleanUps.push(() => load.stop());
  say(`a consumer calls quorate:///compute?namespace=demo ${load.perSecond} times a second to multiply`);
  await pause(3_000);

  load.phase('operation changed');
  const inForce = changeSeen(load);
  const published = performance.now();
  await quorate.config.put('demo/operation', 'add', { author: 'demo', comment: 'live change' });
  const acknowledgedMs = performance.now() - published;
  const changeMs = (await inForce) - published;
  say(`demo/operation was changed to add: acknowledged after ${ms(acknowledgedMs)}, first sum after ${ms(changeMs)}`);
  await pause(2_000);

  load.phase('provider stopped');
  const stopped = performance.now();
  const exitCode = await p3?.stop();
  const stopMs = performance.now() - stopped;
  say(`p3 was told to stop: drained, deregistered and ended with exit code ${exitCode} after ${ms(stopMs)}`);
  await pause(1_000);

  load.phase('provider killed');
  const gone = new Promise<void>((resolve) => {
    list.onChange(({ removed }) => removed.some(({ id }) => id === 'p2') && resolve());
  });
  p2?.kill();
  const providerKilled = performance.now();
  say('p2 and its "quorate run" were killed with -9; it keeps its place in the list until its lease of 2 s is over');
  await inTime('p2 to leave the list', gone);
  const goneMs = performance.now() - providerKilled;
  say(`p2 left the list ${ms(goneMs)} after its death`);

  load.phase('provider added');
  await provider('p4');
  say('p4 has come');
  await pause(1_000);

  load.phase('leader killed');
  const oldLeader = await leader();
  cluster.kill(oldLeader);
  const leaderKilled = performance.now();
  say(`the leader ${oldLeader} was killed with -9`);
  await quorate.config.put('demo/note', `${oldLeader} is dead`, { author: 'demo' });
  const writeMs = performance.now() - leaderKilled;
  say(`a write went through ${ms(writeMs)} after that; ${await leader()} leads now`);
  await pause(4_000);

  await load.stop();
  const registered = (await quorate.registry.listInstances('demo', 'compute')).map(({ id }) => id);
  const operation = (await quorate.config.get('demo/operation'))?.text();
  consumer.close();
  list.close();
  say(`at the end ${registered.join(' and ')} are registered and the operation is ${operation}`);

  console.log(`\n${report(load.phases)}\n`);
  console.log(`new configuration in force     ${ms(changeMs)} after it was sent`);
  console.log(`provider stopped               ${ms(stopMs)} after it was told to: drained first`);
  console.log(`dead provider out of the list  ${ms(goneMs)} after its death (lease: 2 s)`);
  console.log(`a write went through           ${ms(writeMs)} after the leader's death`);
  for (const failure of load.failures) console.log(`failed: ${failure}`);
  const well = load.failures.length === 0 && registered.join() === 'p1,p4' && operation === 'add';
  console.log(well ? '\nNothing failed.' : '\nSomething failed.');
  return well ? 0 : 1;

  async function leader(): Promise<string> {
    return (await quorate.cluster.status()).leaderName;
  }

  async function provider(id: string): Promise<ProviderRun> {
    const run = await ProviderRun.start(id, cluster.endpoints);
    cleanUps.push(async () => void (await run.stop()));
    return run;
  }
}

/** The moment at which the first answer to the new operation came. */
function changeSeen(load: Load): Promise<number> {
  const seen = new Promise<number>((resolve) => {
    load.onAnswer = ({ operation }) => {
      if (operation !== 'add') return;
      load.onAnswer = () => {};
      resolve(performance.now());
    };
  });
  return inTime('the new operation to be in force', seen);
}

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const late = pause(10_000, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`waited 10 s in vain for ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    patience.abort();
  }
}

function report(phases: readonly Phase[]): string {
  const sum = (count: (phase: Phase) => number) => phases.reduce((total, phase) => total + count(phase), 0);
  const total: Phase = {
    title: 'in all',
    asked: sum(({ asked }) => asked),
    answered: sum(({ answered }) => answered),
    retried: sum(({ retried }) => retried),
    failed: sum(({ failed }) => failed),
  };
  const line = (cells: readonly (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(15))).join('');
  return [
    line(['REQUESTS', 'ASKED', 'ANSWERED', 'BY A RETRY', 'FAILED']),
    ...[...phases, total].map(({ title, asked, answered, retried, failed }) =>
      line([title, asked, answered, retried, failed]),
    ),
  ].join('\n');
}
