/**
 * Kills the leader with -9 (or stops it gracefully) again and again while fifty callers write through the other two members, and prints the longest
 * pause between two acknowledged writes around each. Fails when a call fails, or when an acknowledged write is lost or applied twice.
 *
 *   npm run bench:failover -- [--rounds 10] [--callers 50] [--graceful]
 */
import { parseArgs } from 'node:util';
import { TestCluster } from '../test/support/cluster.js';
import { until } from '../test/support/until.js';
import { Workload } from '../test/support/workload.js';
import { median } from './load.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    callers: { type: 'string', default: '50' },
    graceful: { type: 'boolean', default: false },
  },
});
const pauses: number[] = [];
let acknowledged = 0;
let failures = 0;

const cluster = await TestCluster.start({ timers: 'default' });
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    const leader = await cluster.leader();
    const clients = cluster.others(leader).map((name) => cluster.client(name));
    const load = new Workload(clients, Number(values.callers), `round${round}`);
    await until('writes flow', () => load.acknowledged > 500);
    const at = performance.now();
    await cluster.signal(leader, values.graceful ? 'SIGTERM' : 'SIGKILL');
    const before = load.acknowledged;
    await until('writes flow again', () => load.acknowledged > before + 500);
    await load.stop();
    const pause = load.longestPause(at);
    pauses.push(pause);
    acknowledged += load.acknowledged;
    failures += load.failures.length;
    const wrong = await load.violations(cluster.client(...cluster.others(leader)));
    console.log(
      `${String(round).padStart(3)}: ${leader} gone, pause ${Math.round(pause)} ms, ${load.acknowledged} writes acknowledged, ${load.failures.length} failed`,
    );
    for (const sentence of [...load.failures.slice(0, 5), ...wrong]) console.log(`     ${sentence}`);
    if (wrong.length > 0) throw new Error('acknowledged writes are lost or applied twice');
    cluster.boot(leader);
    await cluster.leader();
  }
} finally {
  await cluster.stop();
}
console.log(
  `pause: median ${Math.round(median(pauses))} ms, worst ${Math.round(Math.max(...pauses))} ms over ${pauses.length} ${values.graceful ? 'graceful stops' : 'kills'}; ` +
    `${acknowledged} writes acknowledged, ${failures} calls failed, none lost, none applied twice`,
);
if (failures > 0) process.exitCode = 1;
