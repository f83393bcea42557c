/**
 * Puts and linearizable gets per second through all members, beside what an empty grpc-js unary server does with the same client and the same
 * message sizes on the same machine in the same run. Rounds alternate, so that a noisy machine hurts all alike; medians are printed.
 *
 *   npm run bench -- [--callers 200] [--seconds 5] [--rounds 3]
 */
import { parseArgs } from 'node:util';
import { connect } from '../src/client/index.js';
import { TestCluster } from '../test/support/cluster.js';
import { startEmptyServer } from './empty-server.js';
import { drive, median } from './load.js';

const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const callers = Number(values.callers);
const ms = Number(values.seconds) * 1_000;
const rounds = Number(values.rounds);
const keys = 1_000;
const value = Buffer.alloc(256, 'v');

const cluster = await TestCluster.start({ timers: 'default' });
const empty = await startEmptyServer();
const quorate = cluster.endpoints.map((endpoint) => connect({ endpoints: [endpoint] }));
const client = (caller: number) => quorate[caller % quorate.length] ?? connect({ endpoints: cluster.endpoints });
const key = (n: number) => `bench/key-${n % keys}`;

const loads: Record<string, (caller: number, n: number) => Promise<unknown>> = {
  'empty grpc-js unary call': () => empty.call(value),
  put: (caller, n) => client(caller).config.put(key(caller + n * callers), value),
  'linearizable get': (caller, n) => client(caller).config.get(key(caller + n * callers)),
};
const rates = new Map<string, number[]>();
try {
  for (let n = 0; n < keys; n++) await client(n).config.put(key(n), value);
  for (let round = 0; round < rounds; round++)
    for (const [name, call] of Object.entries(loads)) {
      const { perSecond, failed } = await drive(callers, ms, call);
      if (failed > 0) throw new Error(`${failed} calls of "${name}" failed: this is not a result`);
      rates.set(name, [...(rates.get(name) ?? []), perSecond]);
    }
} finally {
  await Promise.all(quorate.map((one) => one.close()));
  empty.stop();
  await cluster.stop();
}
const ceiling = median(rates.get('empty grpc-js unary call') ?? []);
console.log(
  `${callers} callers over ${cluster.endpoints.length} members, values of ${value.length} bytes, median of ${rounds} rounds of ${ms / 1_000} s`,
);
for (const [name, samples] of rates) {
  const rate = median(samples);
  console.log(
    `${name.padEnd(28)} ${Math.round(rate).toLocaleString('en').padStart(9)}/s  ${(rate / ceiling).toFixed(2)} × the empty call`,
  );
}
