/** CPU and memory of an idle cluster: three members, nobody calling, and a leader that beats its heart. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TestCluster } from '../test/support/cluster.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });

interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/**
 * CPU time by the scheduler's own count of each thread, in nanoseconds. The times in /proc/PID/stat are samples of the 100 Hz clock tick, and a process
 * that wakes by timers is awake at just those moments.
 */
async function usage(pid: number): Promise<Usage> {
  let nanoseconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const [onCpu] = (await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')).split(' ');
    nanoseconds += Number(onCpu);
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return { cpuSeconds: nanoseconds / 1e9, residentMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024 };
}

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
