/**
 * What the etcd door costs beside the native one: puts and linearizable gets through both, through all members, and the call of an empty grpc-js server,
 * all by the same bare grpc-js client with messages that are encoded before. Rounds alternate, so that a noisy machine hurts all alike; medians are
 * printed, and what the etcd door does of the native door's rate in the same run.
 *
 *   npm run build && npx tsx bench/etcd.ts [--callers 200] [--seconds 5] [--rounds 3]
 */
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { kVService } from '../src/proto/etcd.js';
import { configService } from '../src/proto/quorate.js';
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
const names = Array.from({ length: keys }, (_, n) => `key-${n}`);
const bytes = (buffer: Buffer): Buffer => buffer;

const { put, get } = configService;
const { put: rawPut, range } = kVService;
const nativePuts = names.map((key) => put.request.encode({ namespace: 'bench', key, value }));
const nativeGets = names.map((key) => get.request.encode({ namespace: 'bench', key }));
const etcdPuts = names.map((key) => rawPut.request.encode({ key: Buffer.from(`bench/${key}`), value }));
const etcdGets = names.map((key) => range.request.encode({ key: Buffer.from(`bench/${key}`) }));

const cluster = await TestCluster.start({ timers: 'default' });
const empty = await startEmptyServer();
const clients = cluster.endpoints.map(
  (endpoint) => new Client(endpoint, credentials.createInsecure(), { 'grpc.enable_channelz': 0 }),
);

/** Sends one of the messages to the member of the caller. */
function calling(path: string, messages: readonly Buffer[]): (caller: number, n: number) => Promise<unknown> {
  return (caller, n) =>
    new Promise<void>((resolve, reject) => {
      const message = messages[(caller + n * callers) % keys] ?? Buffer.alloc(0);
      const client = clients[caller % clients.length];
      client?.makeUnaryRequest(path, bytes, bytes, message, (error) => (error ? reject(error) : resolve()));
    });
}

const emptyCall = 'empty grpc-js unary call';
const loads: Readonly<Record<string, (caller: number, n: number) => Promise<unknown>>> = {
  [emptyCall]: () => empty.call(value),
  'native put': calling(put.path, nativePuts),
  'etcd put': calling(rawPut.path, etcdPuts),
  'native linearizable get': calling(get.path, nativeGets),
  'etcd linearizable get': calling(range.path, etcdGets),
};
/** The etcd door's loads, each with the native one that does the same. */
const pairs = new Map([
  ['etcd put', 'native put'],
  ['etcd linearizable get', 'native linearizable get'],
]);

const rates = new Map<string, number[]>();
try {
  const fill = [calling(put.path, nativePuts), calling(rawPut.path, etcdPuts)];
  for (const write of fill)
    for (let n = 0; n < keys; n += callers)
      await Promise.all(Array.from({ length: callers }, (_, caller) => write(caller, n / callers)));
  for (let round = 0; round < rounds; round++)
    for (const [name, call] of Object.entries(loads)) {
      const { perSecond, failed } = await drive(callers, ms, call);
      if (failed > 0) throw new Error(`${failed} calls of "${name}" failed: this is not a result`);
      rates.set(name, [...(rates.get(name) ?? []), perSecond]);
    }
} finally {
  for (const client of clients) client.close();
  empty.stop();
  await cluster.stop();
}
const rateOf = (name: string) => median(rates.get(name) ?? []);
console.log(
  `${callers} callers over ${cluster.endpoints.length} members, values of ${value.length} bytes, median of ${rounds} rounds of ${ms / 1_000} s`,
);
for (const name of Object.keys(loads)) {
  const rate = rateOf(name);
  const native = pairs.get(name);
  const beside = native === undefined ? '' : `  ${(rate / rateOf(native)).toFixed(2)} × the ${native}`;
  console.log(
    `${name.padEnd(28)} ${Math.round(rate).toLocaleString('en').padStart(9)}/s  ${(rate / rateOf(emptyCall)).toFixed(2)} × the empty call${beside}`,
  );
}
