/** CPU and memory of an idle cluster: three members, nobody calling, and a leader that beats its heart. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TestCluster } from '../test/support/cluster.js';
import { usage } from './usage.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });

const cluster = await TestCluster.start({ timers: 'default' });
try {
  const leader = await cluster.leader();
  const measure = () => Promise.all(cluster.members.map(({ name }) => usage(cluster.pid(name))));
  // The first half minute belongs to the start: compilation, the election, and the engine giving back memory that only that needed.
  await delay(45_000);
  const before = await measure();
  await delay(Number(values.seconds) * 1_000);
  const after = await measure();
  let total = 0;
  for (const [i, { name }] of cluster.members.entries()) {
    const share = (((after[i]?.cpuSeconds ?? 0) - (before[i]?.cpuSeconds ?? 0)) / Number(values.seconds)) * 100;
    total += share;
    const role = name === leader ? 'leader' : 'follower';
    console.log(`${name} (${role}): ${share.toFixed(2)} % of a core, ${after[i]?.residentMiB.toFixed(0)} MiB resident`);
  }
  console.log(`all members: ${total.toFixed(2)} % of a core over ${values.seconds} s`);
} finally {
  await cluster.stop();
}
