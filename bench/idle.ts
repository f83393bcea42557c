/** CPU and memory of an idle cluster: three members, nobody calling, and a leader that beats its heart. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TestCluster } from '../test/support/cluster.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
/** Clock ticks a second of /proc (always 100 on Linux). */
const ticks = 100;

interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

async function usage(pid: number): Promise<Usage> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const residentKiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks, residentMiB: residentKiB / 1_024 };
}

const cluster = await TestCluster.start({ timers: 'default' });
try {
  const leader = await cluster.leader();
  const measure = () => Promise.all(cluster.members.map(({ name }) => usage(cluster.pid(name))));
  // The first seconds belong to the start: compilation, the election, the first connections.
  await delay(5_000);
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
