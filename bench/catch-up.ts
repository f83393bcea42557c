/**
 * A member is stopped while many writes pass and the log is trimmed; then it comes back while writes go on. Prints how long it took until its state
 * was equal to the others', and fails when it never is.
 *
 *   npm run bench:catch-up -- [--writes 200000]
 */
import { parseArgs } from 'node:util';
import { TestCluster } from '../test/support/cluster.js';
import { until } from '../test/support/until.js';

const { values } = parseArgs({ options: { writes: { type: 'string', default: '200000' } } });
const writes = Number(values.writes);
const value = Buffer.alloc(100, 'v');

const cluster = await TestCluster.start({ timers: 'default', settings: 'retention: { log: 8MiB }' });
try {
  const away = cluster.others(await cluster.leader())[0] as string;
  await cluster.kill(away);
  const clients = cluster.others(away).map((name) => cluster.client(name));
  let written = 0;
  let writing = true;
  const callers = Array.from({ length: 200 }, async (_, caller) => {
    for (let n = 0; writing; n++) {
      await clients[caller % 2]?.config.put(`bench/${caller}-${n % 50}`, value, { timeoutMs: 60_000 });
      written++;
    }
  });
  await until(`${writes} writes passed`, () => written >= writes, 600_000);
  const { firstIndex } = (await clients[0]?.cluster.status()) ?? { firstIndex: 0 };
  console.log(`${written} writes passed without ${away}; the log begins at index ${firstIndex}`);
  const start = performance.now();
  cluster.boot(away);
  await until('the image is installed', () => cluster.output(away).includes('caught up by an image'), 120_000);
  console.log(`image installed after ${Math.round(performance.now() - start)} ms, ${written} writes so far`);
  writing = false;
  await Promise.all(callers);
  const all = cluster.members.map(({ name }) => cluster.client(name));
  const hashes = await until(
    'all members have applied the same',
    async () => {
      const states = await Promise.all(
        all.map((one) => one.cluster.status({ withStateHash: true, timeoutMs: 60_000 })),
      );
      const indexes = new Set(states.map(({ stateHashIndex }) => stateHashIndex));
      return indexes.size === 1 ? new Set(states.map(({ stateHash }) => stateHash)) : undefined;
    },
    120_000,
  );
  console.log(hashes.size === 1 ? `state hashes equal: ${[...hashes][0]}` : 'STATE HASHES DIFFER');
  if (hashes.size !== 1) process.exitCode = 1;
} finally {
  await cluster.stop();
}
