/**
 * Runs the whole script of etcdctl commands against a real etcd and against ours, three members each, and compares the outputs. Exits with 1 when one
 * differs, and with 2 when no etcd is installed.
 *
 *   npm run etcd:compare -- [--members 3] [--against etcd] [--short]
 */
import { parseArgs } from 'node:util';
import { EtcdCluster, missingEtcd } from '../etcd-cluster.js';
import { startQuorate } from '../quorate-cluster.js';
import { compareCommands } from './compare.js';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '3' },
    /** `etcd`: a second etcd in the place of ours, which shows what cannot be compared. */
    against: { type: 'string', default: 'quorate' },
    short: { type: 'boolean', default: false },
  },
});

const missing = missingEtcd();
if (missing === undefined) process.exitCode = await run(Number(values.members));
else {
  console.error(missing);
  process.exitCode = 2;
}

async function run(members: number): Promise<number> {
  const etcd = await EtcdCluster.start(members);
  try {
    const other = values.against === 'etcd' ? await EtcdCluster.start(members) : await startQuorate(members);
    try {
      const tell = (line: string) => console.log(line);
      const { commands, differences } = await compareCommands([etcd, other], { whole: !values.short, tell });
      console.log(`${commands} commands, ${differences.length} with other output`);
      return differences.length === 0 ? 0 : 1;
    } finally {
      await other.stop();
    }
  } finally {
    await etcd.stop();
  }
}
