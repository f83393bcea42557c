/**
 * Sends the same random requests of KV, Lease and Watch to a real etcd and to ours, and compares every answer and event. Exits with 1 at the first
 * difference that is not documented, and with 2 when no etcd is installed.
 *
 *   npm run etcd:fuzz -- [--requests 100000] [--seed N] [--session N] [--members 3] [--against etcd]
 */
import { parseArgs } from 'node:util';
import { EtcdCluster, missingEtcd } from '../etcd-cluster.js';
import { startQuorate } from '../quorate-cluster.js';
import { fuzz } from './run.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    session: { type: 'string' },
    members: { type: 'string', default: '3' },
    /** `etcd`: a second etcd in the place of ours, which shows what the comparison cannot compare. */
    against: { type: 'string', default: 'quorate' },
  },
});

const missing = missingEtcd();
if (missing === undefined) process.exitCode = await run();
else {
  console.error(missing);
  process.exitCode = 2;
}

async function run(): Promise<number> {
  const { seed, session, requests, members, against } = values;
  console.log(`seed ${seed}`);
  const etcd = await EtcdCluster.start(1);
  try {
    const other = against === 'etcd' ? await EtcdCluster.start(1) : await startQuorate(Number(members));
    try {
      const { problems, requests: made } = await fuzz([etcd, other], {
        requests: Number(requests),
        seed: Number(seed),
        ...(session === undefined ? {} : { session: Number(session) }),
        tell: (line) => console.log(line),
        shrinking: true,
      });
      for (const line of problems) console.log(line);
      if (problems.length === 0) console.log(`${made} requests, no difference (seed ${seed})`);
      return problems.length === 0 ? 0 : 1;
    } finally {
      await other.stop();
    }
  } finally {
    await etcd.stop();
  }
}
